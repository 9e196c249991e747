// The kinds of traffic of a synthetic fleet, and the agenda that they share.
//
// Each kind plans its next steps on the agenda and is asked, when one of them is due, what a device
// then reports. Times are milliseconds since the start of the fleet.
//
// Promises: each kind has random numbers of its own, so that more of one kind leaves the reports of
// the others as they are.
//
// Memory: a few words for each storm, outage and device that flaps, and what is due next.
//
// Threads: one owner.
//
// Layer: deploy/weir (engine/alert, engine/base).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <queue>
#include <vector>

#include "deploy/weir/fleet_options.h"
#include "engine/alert/alert_code.h"
#include "engine/base/units.h"

namespace weir {

enum class FleetKind : uint8_t { kBackground, kStorm, kOutage, kFlapping, kUnknown, kFarAhead };

constexpr size_t kFleetKinds = 6;

// An alert before it has its fields.
struct FleetReport {
  int64_t at = 0;  // when it is received, unless something holds it up
  uint64_t device = 0;
  AlertCode code;
  std::optional<int64_t> lost = std::nullopt;  // when an outage began that is over
  int64_t ahead = 0;                           // by how much the received time is wrong
};

// A step that a kind of traffic has planned.
struct FleetDue {
  int64_t at;
  uint64_t ticket;   // first come, first served among those of a millisecond
  uint64_t subject;  // the device, or the index of the storm or the like
  AlertCode code;    // if it is known by then
  FleetKind kind;
  uint8_t step;  // which one, where a kind has several

  friend bool operator>(const FleetDue& a, const FleetDue& b) {
    return a.at != b.at ? a.at > b.at : a.ticket > b.ticket;
  }
};

class FleetAgenda {
 public:
  static constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

  explicit FleetAgenda(DurationMs duration) : end_(duration.value) {}

  // The ticket of `due` does not matter. What would come after the end is not kept.
  void Add(FleetDue due) {
    if (due.at < end_) {
      due.ticket = tickets_++;
      queue_.push(due);
    }
  }

  // When the next step is due; kNever if there is none.
  int64_t next() const { return queue_.empty() ? kNever : queue_.top().at; }

  // There must be one.
  FleetDue Take() {
    const FleetDue due = queue_.top();
    queue_.pop();
    return due;
  }

 private:
  int64_t end_;
  uint64_t tickets_ = 0;
  std::priority_queue<FleetDue, std::vector<FleetDue>, std::greater<>> queue_;
};

class FleetTraffic {
 public:
  virtual ~FleetTraffic() = default;
  FleetTraffic(const FleetTraffic&) = delete;
  FleetTraffic& operator=(const FleetTraffic&) = delete;
  FleetTraffic(FleetTraffic&&) = delete;
  FleetTraffic& operator=(FleetTraffic&&) = delete;

  // What is reported at a step of this kind that is due; plans those that follow from it.
  virtual FleetReport Take(const FleetDue& due) = 0;

 protected:
  FleetTraffic(FleetKind kind, FleetAgenda& agenda) : agenda_(agenda), kind_(kind) {}

  void Plan(int64_t at, uint64_t subject, uint8_t step = 0, AlertCode code = AlertCode()) {
    agenda_.Add(
        {.at = at, .ticket = 0, .subject = subject, .code = code, .kind = kind_, .step = step});
  }

 private:
  FleetAgenda& agenda_;
  FleetKind kind_;
};

// All kinds, by FleetKind, with their first steps planned. The agenda must outlive them.
std::vector<std::unique_ptr<FleetTraffic>> PlanTraffic(const FleetOptions& options,
                                                       FleetAgenda& agenda);

}  // namespace weir
