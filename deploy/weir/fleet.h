// A synthetic fleet of smart meters: the alerts that it would send, in the order of a log.
//
// A home has an electricity meter, a gas meter and a communications hub. These kinds of traffic
// overlap:
//   - background: every device now and then has something to report; what begins (a voltage out of
//     bounds, a cover opened) mostly ends minutes later with a second alert;
//   - storms: one device repeats one code every 1 to 10 s, for 10 minutes to 7.5 hours. About one
//     in forty repeats a code that the default policy never throttles;
//   - outages: 5 % of the homes, next to one another, lose power. Their hubs say so (AD1) within
//     3 minutes of one another, and so do the meters once it is back (8F36, then voltage alerts);
//   - flapping: one device alternates two codes that clear each other, every 5 to 60 s, for 1 to 6
//     hours: in one window of the default policy each comes at least 15 times;
//   - unknown codes: any device sends one that the catalogue does not know;
//   - far ahead: a device sends three alerts whose received time is 2 to 30 days ahead. One such
//     device leaves the stream time where it is, two move it.
// And this may happen to any alert:
//   - it is late, or delivered twice (fleet_delivery.h);
//   - it is of a device whose clock is wrong (fleet_clocks.h).
//
// Promises: the same options give the same alerts on every machine; `start` <= received < `start` +
// `duration`, never falling; the counter of a device rises by one with each of its alerts, and its
// clock never runs back. Each kind, and each thing that may happen, has random numbers of its own:
// more storms leave the background as it is, but for the counters of the devices that storm.
// Devices and their recipients do not depend on the seed.
// Exceptions: late alerts stand behind others, and after the others of their device; alerts
// delivered twice repeat a counter; those far ahead are received later than `duration` allows.
// Memory: four bytes a device, a few words for each device that is chosen for something, and what
// is due or on its way within minutes; not the whole log.
// Does not promise: the same alerts from another version of Weir. A home without power is not
// otherwise silent.
//
// Threads: one owner.
//
// Layer: deploy/weir (connectors/formats, engine/alert, engine/base).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "deploy/weir/fleet_clocks.h"
#include "deploy/weir/fleet_delivery.h"
#include "deploy/weir/fleet_options.h"
#include "deploy/weir/fleet_traffic.h"
#include "engine/alert/event.h"
#include "engine/base/units.h"

namespace weir {

// How many alerts there have been.
struct FleetCounts {
  std::array<uint64_t, kFleetKinds> kinds{};  // by FleetKind, duplicates not counted
  uint64_t duplicates = 0;                    // alerts that had been delivered before

  // Of all these:
  uint64_t late = 0;         // received before one that stands before it
  uint64_t wrong_clock = 0;  // with the time of a wrong clock

  uint64_t of(FleetKind kind) const { return kinds[static_cast<size_t>(kind)]; }

  uint64_t all() const;
};

class Fleet {
 public:
  // The options must be what CheckFleetOptions accepts.
  explicit Fleet(const FleetOptions& options);
  ~Fleet() = default;
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;
  Fleet(Fleet&&) = delete;
  Fleet& operator=(Fleet&&) = delete;

  // The next alert. False, with `alert` as it was, once there are no more.
  bool Next(KeptAlert& alert);

  const FleetCounts& counts() const { return counts_; }

  // How much of the duration is covered.
  DurationMs covered() const { return {covered_}; }

 private:
  void Count(const FleetDispatch& message);
  void Fill(const FleetDispatch& message, KeptAlert& alert) const;
  void FillDeviceFields(const FleetDispatch& message, KeptAlert& alert) const;

  const FleetOptions options_;
  FleetAgenda agenda_;
  std::vector<std::unique_ptr<FleetTraffic>> traffic_;  // by FleetKind
  FleetDelivery delivery_;
  FleetClocks clocks_;
  std::vector<uint32_t> sent_;  // by device
  int64_t covered_ = 0;         // the latest received time, but for those far ahead
  FleetCounts counts_;
};

}  // namespace weir
