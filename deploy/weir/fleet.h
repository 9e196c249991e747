// A synthetic fleet of smart meters: the alerts that it would send, in the order they are received.
//
// A home has an electricity meter, a gas meter and a communications hub. Three kinds of traffic
// overlap:
//   - background: every device now and then has something to report; what begins (a voltage out of
//     bounds, a cover opened) mostly ends minutes later with a second alert;
//   - storms: one device repeats one code every 1 to 10 s, for 10 minutes to 7.5 hours. About one
//     in forty repeats a code that the default policy never throttles;
//   - outages: 5 % of the homes, next to one another, lose power. Their hubs say so (AD1) within
//     3 minutes of one another, and so do the meters once it is back (8F36, then voltage alerts).
//
// Promises: the same options give the same alerts on every machine; `start` <= received < `start` +
// `duration`, never falling; the counter of a device rises by one with each of its alerts, and its
// clock never runs back. Each kind has random numbers of its own: more storms leave the background
// as it is. Devices and their recipients do not depend on the seed.
// Memory: four bytes a device, and what is due within minutes; not the whole log.
// Does not promise: the same alerts from another version of Weir. There are no duplicates and no
// late arrivals, and a home without power is not otherwise silent.
//
// Source: the code ranges, recipients and message sizes of GBCS; supply outage restored is ECS80.
//
// Threads: one owner.
//
// Layer: deploy/weir (connectors/formats, engine/alert, engine/base).
#pragma once

#include <cstdint>
#include <memory>
#include <numeric>

#include "absl/status/status.h"

#include "engine/alert/event.h"
#include "engine/base/units.h"

namespace weir {

constexpr uint64_t kMaxFleetDevices = 100'000'000;
constexpr uint64_t kMaxFleetStorms = 1'000'000;
constexpr uint64_t kMaxFleetOutages = 1000;
constexpr DurationMs kMaxFleetDuration{3650 * kDay.value};
constexpr double kMaxFleetRate = 86400;

struct FleetOptions {
  uint64_t devices = 10'000;  // 1 or more
  DurationMs duration = kDay;
  uint64_t storms = 20;  // of different devices; at most `devices`
  uint64_t outages = 1;  // without effect on fewer than three devices
  uint64_t seed = 1;
  TimeMs start{1575244800000};       // 2019-12-02T00:00:00Z
  double alerts_per_device_day = 4;  // of the background, to three decimals
  bool payloads = false;             // with the GBCS message of each device alert
};

// How many alerts each kind of traffic has given.
struct FleetCounts {
  uint64_t background = 0;
  uint64_t storm = 0;
  uint64_t outage = 0;

  uint64_t all() const { return background + storm + outage; }
};

// InvalidArgument, with a reason for people, if no fleet can be made of the options.
absl::Status CheckFleetOptions(const FleetOptions& options);

class Fleet {
 public:
  // The options must be what CheckFleetOptions accepts.
  explicit Fleet(const FleetOptions& options);
  ~Fleet();
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;
  Fleet(Fleet&&) noexcept;
  Fleet& operator=(Fleet&&) noexcept;

  // The next alert. False, with `alert` as it was, once there are no more.
  bool Next(KeptAlert& alert);

  const FleetCounts& counts() const;

 private:
  class Schedule;

  std::unique_ptr<Schedule> schedule_;
};

// ---- The fleet's random numbers. Integers only, and no distribution of the library: those differ
// between machines.

// Steele, Lea and Flood's SplitMix64.
class FleetRandom {
 public:
  // What the numbers are for; each has a sequence of its own.
  enum class Purpose : uint64_t { kDevice, kBackground, kStormDevices, kStorm, kOutage };

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
