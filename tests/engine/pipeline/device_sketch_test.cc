// Goal: distinct devices are estimated as closely as the header says, few of them almost exactly,
// whatever ids look like and however sketches are merged.
// Method: sets of known size, ids at random (WEIR_SEED repeats a run) and in a row.

#include "engine/pipeline/device_sketch.h"

#include <cmath>

#include "gtest/gtest.h"

#include "tests/support/random.h"

namespace weir {
namespace {

constexpr double kStandardError = 1.04 / 32;

TEST(DeviceSketch, CountsNoneAndOne) {
  DeviceSketch sketch;
  EXPECT_EQ(sketch.Estimate(), 0U);
  for (int times = 0; times < 3; ++times) {
    sketch.Add(Eui64{0x90B3D51F30020000});
    EXPECT_EQ(sketch.Estimate(), 1U);
  }
}

TEST(DeviceSketch, CountsAFewAlmostExactly) {
  // One maker's ids, in a row.
  DeviceSketch sketch;
  for (uint64_t n = 1; n <= 40; ++n) {
    sketch.Add(Eui64{0x90B3D51F30000000 + n});
    EXPECT_LE(sketch.Estimate(), n + 1 + n / 20);
    EXPECT_GE(sketch.Estimate() + 1 + n / 20, n);
  }
}

TEST(DeviceSketch, IsAsCloseAsItSays) {
  Random random = Random::FromEnvironment(20261127);
  SCOPED_TRACE(random.seed_text());
  for (const uint64_t count : {100U, 1000U, 2000U, 3000U, 5000U, 20000U, 200000U}) {
    const auto exact = static_cast<double>(count);
    const int runs = count > 50000 ? 10 : 60;
    double squares = 0;
    double sum = 0;
    for (int run = 0; run < runs; ++run) {
      DeviceSketch sketch;
      const uint64_t first = random.Next();
      const uint64_t step = random.OneIn(2) ? 1 : random.Next() | 1;
      for (uint64_t n = 0; n < count; ++n) {
        sketch.Add(Eui64{first + n * step});
      }
      const double error = (static_cast<double>(sketch.Estimate()) - exact) / exact;
      EXPECT_LT(std::abs(error), 5 * kStandardError) << count;
      squares += error * error;
      sum += error;
    }
    // Neither wider than it should be, nor aside.
    EXPECT_LT(std::sqrt(squares / runs), 1.6 * kStandardError) << count;
    EXPECT_LT(std::abs(sum / runs), 5 * kStandardError / std::sqrt(runs)) << count;
  }
}

TEST(DeviceSketch, OneThatIsMergedHasSeenBoth) {
  Random random = Random::FromEnvironment(5);
  SCOPED_TRACE(random.seed_text());
  DeviceSketch one;
  DeviceSketch other;
  DeviceSketch both;
  for (int n = 0; n < 3000; ++n) {
    const Eui64 device{random.Next()};
    (random.OneIn(3) ? one : other).Add(device);
    both.Add(device);
  }
  DeviceSketch merged = one;
  merged.Merge(other);
  EXPECT_EQ(merged.Estimate(), both.Estimate());
  merged.Merge(one);
  EXPECT_EQ(merged.Estimate(), both.Estimate());
  EXPECT_LT(one.Estimate(), both.Estimate());
}

}  // namespace
}  // namespace weir
