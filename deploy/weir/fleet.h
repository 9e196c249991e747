// A synthetic fleet of smart meters: the alerts that it would send, in the order they are received.
//
// A home has an electricity meter, a gas meter and a communications hub. Three kinds of traffic
// overlap:
//   - background: every device now and then has something to report; what begins (a voltage out of
//     bounds, a cover opened) mostly ends minutes later with a second alert;
//   - storms: one device repeats one code every 1 to 10 s, for 10 minutes to 7.5 hours. About one
//   in
//     forty repeats a code that the default policy never throttles;
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
  Fleet(Fleet&&) noexcept;
  Fleet& operator=(Fleet&&) noexcept;

  // The next alert. False, with `alert` as it was, once there are no more.
  bool Next(KeptAlert& alert);

  const FleetCounts& counts() const;

 private:
  class Schedule;

  std::unique_ptr<Schedule> schedule_;
};

}  // namespace weir
