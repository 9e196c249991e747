// How messages get from the devices of a synthetic fleet into the log: some late, some twice.
//
// A late message keeps the time at which it was received and stands up to kLongestLateness behind
// others received after it, as where several receivers write one log. A message delivered twice
// comes again within kLongestRedelivery, received later and otherwise the same, as where a sender
// has missed the acknowledgement. Only messages with a counter come again: the others have no
// identity, and nobody could tell.
//
// Promises: what happens to a message follows from the seed, its device and its time, whatever else
// there is in the log.
//
// Memory: what is on its way within minutes.
//
// Source: the DCC delivers again within 300 s (the SEC's glossary, from DUIS).
//
// Threads: one owner.
//
// Layer: deploy/weir (engine/base).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <vector>

#include "deploy/weir/fleet_options.h"
#include "deploy/weir/fleet_traffic.h"
#include "engine/base/units.h"

namespace weir {

constexpr DurationMs kLongestLateness{10 * kMinute.value};
constexpr DurationMs kLongestRedelivery{5 * kMinute.value};

// Times are milliseconds since the start of the fleet.
struct FleetDispatch {
  FleetReport report;
  std::optional<uint64_t> counter;  // the device's
  FleetKind kind = FleetKind::kBackground;
  bool again = false;    // delivered before
  int64_t received = 0;  // but for what `report.ahead` adds
  int64_t written = 0;   // into the log
};

class FleetDelivery {
 public:
  explicit FleetDelivery(const FleetOptions& options);

  // Sends what a device reports on its way.
  void Send(FleetKind kind, const FleetReport& report, std::optional<uint64_t> counter);

  // The next message that is written into the log before `time`. False, with `message` as it was,
  // if there is none.
  bool Take(int64_t time, FleetDispatch& message);

 private:
  struct Waiting {
    FleetDispatch message;
    uint64_t ticket = 0;  // first come, first served among those of a millisecond

    friend bool operator>(const Waiting& a, const Waiting& b) {
      return a.message.written != b.message.written ? a.message.written > b.message.written
                                                    : a.ticket > b.ticket;
    }
  };

  uint64_t seed_;
  uint64_t late_;       // in millionths
  uint64_t duplicate_;  // in millionths
  int64_t end_;
  uint64_t tickets_ = 0;
  std::priority_queue<Waiting, std::vector<Waiting>, std::greater<>> waiting_;
};

}  // namespace weir
