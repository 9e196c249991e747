#include "engine/base/plain_vector.h"

#include <cstddef>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/random.h"

namespace weir {
namespace {

TEST(PlainVector, AgreesWithAVector) {
  Random random = Random::FromEnvironment(1);
  SCOPED_TRACE(random.seed_text());
  PlainVector<int> values;
  std::vector<int> expected;
  for (int i = 0; i < 20000; ++i) {
    if (random.OneIn(2000)) {
      values.clear();
      expected.clear();
    } else if (random.OneIn(4) && !expected.empty()) {
      values.pop_back();
      expected.pop_back();
    } else {
      values.push_back(i);
      expected.push_back(i);
    }
    if (random.OneIn(500)) {
      values.Reserve(random.Below(5000));
    }
    ASSERT_EQ(values.size(), expected.size());
    ASSERT_EQ(values.empty(), expected.empty());
    if (!expected.empty()) {
      const size_t place = random.Below(expected.size());
      ASSERT_EQ(values[place], expected[place]);
      ASSERT_EQ(values.front(), expected.front());
      ASSERT_EQ(values.back(), expected.back());
    }
  }
  EXPECT_EQ(std::vector<int>(values.begin(), values.end()), expected);
}

TEST(PlainVector, LeavesNothingBehindWhereItIsMovedFrom) {
  PlainVector<int> values;
  values.push_back(7);
  PlainVector<int> moved = std::move(values);
  EXPECT_EQ(moved.size(), 1U);
  EXPECT_EQ(moved.front(), 7);
  // NOLINTNEXTLINE(bugprone-use-after-move)
  EXPECT_TRUE(values.empty());
  values.push_back(8);
  EXPECT_EQ(values.front(), 8);
  EXPECT_EQ(moved.front(), 7);
}

}  // namespace
}  // namespace weir
