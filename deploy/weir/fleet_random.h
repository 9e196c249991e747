// The random numbers of a synthetic fleet.
//
// Integers only, and no distribution of the library: those differ between machines. The same seed,
// purpose and index give the same numbers everywhere.
//
// Threads: one owner.
//
// Layer: deploy/weir.
#pragma once

#include <cstdint>
#include <numeric>

namespace weir {

// Steele, Lea and Flood's SplitMix64.
class FleetRandom {
 public:
  // What the numbers are for; each has a sequence of its own.
  enum class Purpose : uint64_t {
    kDevice,
    kBackground,
    kStormDevices,
    kStorm,
    kOutage,
    kFlappingDevices,
    kFlapping,
    kUnknown,
    kFarAheadDevices,
    kFarAhead,
    kWrongClocks,
    kLate,
    kDuplicate,
    kSystemHomes,
    kSystem,
    kInventory,
  };

  FleetRandom(uint64_t seed, Purpose purpose, uint64_t index)
      : state_(Mix(Mix(Mix(seed) + static_cast<uint64_t>(purpose)) + index)) {}

  uint64_t Next() {
    const uint64_t number = Mix(state_);
    state_ += kStep;
    return number;
  }

  // 0 to n - 1. The bias is of the order of n / 2^64.
  uint64_t Below(uint64_t n) { return Next() % n; }

  int64_t Between(int64_t first, int64_t last) {
    return first + static_cast<int64_t>(Below(static_cast<uint64_t>(last - first) + 1));
  }

  // Exponentially distributed with that mean, at most 2^57. Von Neumann's method, which needs
  // comparisons only: of uniform numbers the first u, as long as each is below the one before it,
  // come in an odd number with probability exp(-u).
  int64_t Exponential(int64_t mean) {
    for (int64_t whole = 0;; ++whole) {
      const uint64_t first = Next() >> 32;
      bool odd = true;
      for (uint64_t last = first, next = Next() >> 32; next < last; next = Next() >> 32) {
        last = next;
        odd = !odd;
      }
      if (odd) {
        const auto fraction = static_cast<int64_t>(first);  // of 2^32
        constexpr int64_t kLow = 0xFFFFFFFF;
        return whole * mean + (mean >> 32) * fraction + ((mean & kLow) * (fraction >> 1) >> 31);
      }
    }
  }

 private:
  static constexpr uint64_t kStep = 0x9E3779B97F4A7C15;

  static uint64_t Mix(uint64_t state) {
    uint64_t mixed = state + kStep;
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9;
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB;
    return mixed ^ mixed >> 31;
  }

  uint64_t state_;
};

// The numbers below `n` in another order, without a list of them.
class FleetShuffle {
 public:
  // `n` lies between 1 and 2^31.
  FleetShuffle(uint64_t n, FleetRandom& random)
      : n_(n), factor_(1 + random.Below(n)), first_(random.Below(n)) {
    while (std::gcd(factor_, n) != 1) {
      ++factor_;
    }
    factor_ %= n;
  }

  uint64_t operator[](uint64_t i) const { return (factor_ * i + first_) % n_; }

 private:
  uint64_t n_;
  uint64_t factor_;
  uint64_t first_;
};

}  // namespace weir
