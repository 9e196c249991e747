#include "engine/base/chunked_queue.h"

#include <algorithm>
#include <cstddef>
#include <deque>

#include <gtest/gtest.h>

#include "tests/support/random.h"

namespace weir {
namespace {

TEST(ChunkedQueue, AgreesWithADeque) {
  Random random = Random::FromEnvironment(1);
  SCOPED_TRACE(random.seed_text());
  ChunkedQueue<int> queue;
  std::deque<int> expected;
  int next = 0;
  // Now it grows, now it shrinks, over several chunks.
  for (const size_t wanted : {20000U, 9000U, 30000U, 1U, 5000U, 0U, 8192U, 4096U}) {
    while (expected.size() != wanted) {
      if (expected.size() < wanted) {
        queue.push_back(next);
        expected.push_back(next++);
      } else if (random.Below(8) != 0) {
        queue.pop_front();
        expected.pop_front();
      } else {
        const size_t less = std::min<size_t>(random.Below(100), expected.size());
        const size_t left = std::max(wanted, expected.size() - less);
        queue.Truncate(left);
        expected.resize(left);
      }
      ASSERT_EQ(queue.size(), expected.size());
      ASSERT_EQ(queue.empty(), expected.empty());
      if (!expected.empty()) {
        const size_t place = random.Below(expected.size());
        ASSERT_EQ(queue.front(), expected.front());
        ASSERT_EQ(queue.back(), expected.back());
        ASSERT_EQ(queue[place], expected[place]);
      }
    }
  }
}

}  // namespace
}  // namespace weir
