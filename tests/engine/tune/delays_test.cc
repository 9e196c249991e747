// Goal: a quantile is never too small, and too large by no more than one part in 32.
// Method: random delays over all magnitudes, against the sorted list of them.

#include "engine/tune/delays.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "gtest/gtest.h"

#include "tests/support/random.h"

namespace weir {
namespace {

TEST(Delays, QuantilesAreThoseOfTheSortedListRoundedUp) {
  Random random = Random::FromEnvironment(1);
  SCOPED_TRACE(random.seed_text());
  for (int round = 0; round < Rounds(200); ++round) {
    std::vector<int64_t> all;
    Delays delays;
    Delays part;
    for (uint64_t i = 1 + random.Below(300); i > 0; --i) {
      all.push_back(static_cast<int64_t>(random.Next() >> (20 + random.Below(44))));
      (random.OneIn(2) ? delays : part).Add(DurationMs{all.back()});
    }
    delays.Add(part);
    std::sort(all.begin(), all.end());
    ASSERT_EQ(delays.count(), all.size());
    ASSERT_EQ(delays.worst().value, all.back());
    for (const double share : {0.001, 0.5, 0.95, 0.99, 1.0}) {
      const auto rank = static_cast<size_t>(std::ceil(share * static_cast<double>(all.size())));
      const int64_t exact = all[rank - 1];
      const int64_t given = delays.Quantile(share).value;
      ASSERT_GE(given, exact);
      ASSERT_LE(given, exact + exact / 32);
      ASSERT_EQ(given, std::min(Delays::RoundUp(DurationMs{exact}).value, all.back()));
    }
  }
}

TEST(Delays, OfNoneThereIsNone) {
  EXPECT_EQ(Delays().Quantile(0.5), DurationMs{0});
  EXPECT_EQ(Delays().worst(), DurationMs{0});
}

}  // namespace
}  // namespace weir
