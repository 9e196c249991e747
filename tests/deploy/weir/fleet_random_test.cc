// Goal: the random numbers of a fleet have the distributions that they are named for. Method: means
// and medians of many draws, and every permutation of small sizes.

#include "deploy/weir/fleet_random.h"

#include <cstdint>
#include <set>

#include "gtest/gtest.h"

namespace weir {
namespace {

TEST(FleetRandom, ExponentialHasItsMeanAndItsMedian) {
  for (const int64_t mean : {int64_t{1000}, int64_t{1} << 40, int64_t{1} << 56}) {
    FleetRandom random(1, FleetRandom::Purpose::kBackground, 0);
    constexpr int kDraws = 100'000;
    double sum = 0;
    int below = 0;
    for (int i = 0; i < kDraws; ++i) {
      const int64_t draw = random.Exponential(mean);
      ASSERT_GE(draw, 0);
      sum += static_cast<double>(draw) / static_cast<double>(mean);
      below += static_cast<double>(draw) < 0.693147 * static_cast<double>(mean) ? 1 : 0;
    }
    EXPECT_NEAR(sum / kDraws, 1, 0.02) << mean;
    EXPECT_NEAR(below, kDraws / 2.0, kDraws / 50.0) << mean;
  }
}

TEST(FleetRandom, ShuffleGivesEachNumberOnce) {
  for (uint64_t n = 1; n < 200; ++n) {
    FleetRandom random(n, FleetRandom::Purpose::kOutage, 0);
    const FleetShuffle shuffle(n, random);
    std::set<uint64_t> numbers;
    for (uint64_t i = 0; i < n; ++i) {
      numbers.insert(shuffle[i]);
    }
    EXPECT_EQ(numbers.size(), n);
    EXPECT_EQ(*numbers.rbegin(), n - 1);
  }
}

}  // namespace
}  // namespace weir
