// What a synthetic fleet is asked for.
//
// Layer: deploy/weir (engine/base).
#pragma once

#include <cstdint>

#include "absl/status/status.h"

#include "engine/base/units.h"

namespace weir {

constexpr uint64_t kMaxFleetDevices = 100'000'000;
constexpr uint64_t kMaxFleetStorms = 1'000'000;
constexpr uint64_t kMaxFleetFlapping = 1'000'000;
constexpr uint64_t kMaxFleetWrongClocks = 1'000'000;
constexpr uint64_t kMaxFleetOutages = 1000;
constexpr uint64_t kMaxFleetFarAhead = 1000;
constexpr uint64_t kMaxFleetSystem = 1'000'000;
constexpr uint64_t kMaxFleetInventory = 1'000'000'000;
constexpr DurationMs kMaxFleetDuration{3650 * kDay.value};
constexpr double kMaxFleetRate = 86400;

// By how much received times are ahead where they are. The default policy believes up to a day.
constexpr DurationMs kLeastFleetAhead{2 * kDay.value};
constexpr DurationMs kMostFleetAhead{30 * kDay.value};

// The rate counts to three decimals, shares from 0 to 1 count to six. Numbers of devices are of
// different ones and at most `devices`.
struct FleetOptions {
  uint64_t devices = 10'000;  // 1 or more
  DurationMs duration = kDay;
  uint64_t storms = 20;  // devices that repeat one code
  uint64_t outages = 1;  // without effect on fewer than three devices
  uint64_t seed = 1;
  TimeMs start{1575244800000};       // 2019-12-02T00:00:00Z
  double alerts_per_device_day = 4;  // of the background
  bool payloads = false;             // with the GBCS message of each device alert

  uint64_t flapping = 0;      // devices that alternate two codes
  double unknown_codes = 0;   // alerts of codes without a name, as a share of the background
  uint64_t wrong_clocks = 0;  // devices whose clock is far off
  uint64_t far_ahead = 0;     // devices of which alerts have a received time far ahead
  double duplicates = 0;      // the share of device alerts that is delivered twice
  double late = 0;            // the share of alerts that is delivered late

  // Homes of which there are records about devices and service requests (fleet_system.h), at most
  // as many as there are.
  uint64_t system = 0;
};

// InvalidArgument, with a reason for people, if no fleet can be made of the options.
absl::Status CheckFleetOptions(const FleetOptions& options);

// How often something happens, in millionths.
constexpr uint64_t kMillion = 1'000'000;
uint64_t Millionths(double share);

// Alerts of the background per day, of the whole fleet, in thousandths.
int64_t BackgroundPerDay(const FleetOptions& options);

}  // namespace weir
