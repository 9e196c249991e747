// How many distinct devices were seen, estimated in a kibibyte: a HyperLogLog of 1024 registers.
//
// The standard error is 3.3 %; few devices are counted almost exactly. Two sketches merged are the
// sketch of all that either has seen. The same devices give the same estimate on every machine,
// whatever their order.
//
// Source: Flajolet and others, HyperLogLog (2007); the estimate as Ertl, New cardinality estimation
// algorithms for HyperLogLog sketches (2017), which needs no correction for small or large numbers.
//
// Threads: one owner.
//
// Layer: engine/pipeline (engine/alert).
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "engine/alert/eui64.h"

namespace weir {

class DeviceSketch {
 public:
  void Add(Eui64 device) {
    const uint64_t hash = HashOf(device);
    uint8_t& longest = registers_[hash >> (64 - kIndexBits)];
    // A bit that is always set ends the run of zeros.
    const uint64_t rest = (hash << kIndexBits) | (uint64_t{1} << (kIndexBits - 1));
    longest = std::max(longest, static_cast<uint8_t>(std::countl_zero(rest) + 1));
  }

  void Merge(const DeviceSketch& other) {
    for (size_t i = 0; i < kRegisters; ++i) {
      registers_[i] = std::max(registers_[i], other.registers_[i]);
    }
  }

  // To the nearest device.
  uint64_t Estimate() const;

 private:
  static constexpr int kIndexBits = 10;
  static constexpr size_t kRegisters = size_t{1} << kIndexBits;
  static constexpr size_t kLongestRun = 64 - kIndexBits + 1;

  // Ids of one maker differ in a few bits only, and all of the hash has to differ (splitmix64).
  static uint64_t HashOf(Eui64 device) {
    uint64_t z = device.value + 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }

  std::array<uint8_t, kRegisters> registers_{};
};

}  // namespace weir
