#include "engine/pipeline/device_sketch.h"

#include <cmath>
#include <limits>

namespace weir {

namespace {

// What the registers that are still zero tell, of which there is the share `x`.
double Sigma(double x) {
  if (x >= 1) {
    return std::numeric_limits<double>::infinity();
  }
  double weight = 1;
  double sum = x;
  for (double before = -1; before != sum;) {
    x *= x;
    before = sum;
    sum += x * weight;
    weight += weight;
  }
  return sum;
}

// What the registers that can grow no more tell, of which there is the share 1 - `x`.
double Tau(double x) {
  if (x <= 0 || x >= 1) {
    return 0;
  }
  double weight = 1;
  double sum = 1 - x;
  for (double before = -1; before != sum;) {
    x = std::sqrt(x);
    before = sum;
    weight *= 0.5;
    sum -= (1 - x) * (1 - x) * weight;
  }
  return sum / 3;
}

}  // namespace

uint64_t DeviceSketch::Estimate() const {
  constexpr double kAll = kRegisters;
  std::array<uint32_t, kLongestRun + 1> with_run{};
  for (const uint8_t longest : registers_) {
    ++with_run[longest];
  }
  double sum = kAll * Tau(1 - with_run[kLongestRun] / kAll);
  for (size_t run = kLongestRun - 1; run > 0; --run) {
    sum = 0.5 * (sum + with_run[run]);
  }
  sum += kAll * Sigma(with_run[0] / kAll);
  constexpr double kTwoLogTwo = 1.3862943611198906;
  return static_cast<uint64_t>(std::llround(kAll * kAll / (kTwoLogTwo * sum)));
}

}  // namespace weir
