// What must come of the records that a synthetic fleet writes: the requests that are judged, the
// notices about load switching, the responses that are routed, the devices that are removed.
//
// Follows what is written, record for record, by the rules of the November 2019 SEC release as they
// are for what FleetSystem makes, and for nothing else; it knows nothing of the engine. Each thing
// is one JSON line: `stream`, `device` and, as far as they apply, `request_id`, `reason` and
// `recipient`. Lines come as soon as the log has got so far, in no order that means anything.
//
// Source: engine/RULES.md.
//
// Memory: what is known of each device, and each request of load switching.
//
// Threads: one owner.
//
// Layer: deploy/weir (connectors/formats, engine/alert, engine/base).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

#include "deploy/weir/fleet_clock.h"
#include "deploy/weir/fleet_system.h"
#include "engine/alert/event.h"
#include "engine/alert/role.h"
#include "engine/base/units.h"

namespace weir {

class FleetExpectation {
 public:
  explicit FleetExpectation(uint64_t partitions);

  // An alert is written into a partition.
  void TakeAlert(uint64_t partition, std::optional<Eui64> device, TimeMs received,
                 std::string& out);

  // A record is written; `received` as it can be read again.
  void Take(uint64_t partition, const SystemRecord& record, std::optional<TimeMs> received,
            std::string& out);

  // How many lines there have been.
  uint64_t lines() const { return lines_; }

 private:
  // A device as the inventory knows it.
  struct Known {
    SystemDevice record;
    std::optional<TimeMs> added;
    std::optional<Eui64> added_by;
    std::optional<TimeMs> removal;
  };

  // What has become of a request of load switching.
  struct Switching {
    absl::string_view srv;
    bool seen = false;
    bool done = false;
    std::optional<TimeMs> execute_at;
    std::vector<uint32_t> instructions;  // with an outcome
    std::optional<TimeMs> first;         // outcome
    bool succeeded = false;              // any of them
    TimeMs due;
  };

  struct Line {
    std::string stream;
    Eui64 device;
    std::optional<RequestId> request = std::nullopt;
    absl::string_view reason = {};
    std::optional<Eui64> recipient = std::nullopt;
  };

  // A removal of a device or the end of a request.
  struct Timer {
    TimeMs due;
    bool is_removal = false;
    RequestId request;  // of a removal, only the device

    friend bool operator>(const Timer& a, const Timer& b) { return a.due > b.due; }
  };

  struct Partition {
    FleetClock clock;
    std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers;
  };

  void Advance(Partition& partition, std::string& out);
  void Fire(const Timer& timer, std::string& out);
  bool IsDuplicate(const SystemRecord& record, TimeMs now);

  void Take(Partition& partition, Eui64 device, const SystemDevice& record,
            std::optional<TimeMs> received, std::string& out);
  void Take(Partition& partition, Eui64 device, const Request& request, std::string& out);
  void Take(Partition& partition, const Response& response, std::string& out);
  void Take(Partition& partition, const Outcome& outcome, std::string& out);

  absl::string_view Judge(Eui64 device, const Request& request, TimeMs now) const;
  absl::string_view JudgeRead(Eui64 device, const Request& request, TimeMs now) const;
  absl::string_view JudgeReturn(Eui64 device, const Request& request, TimeMs now) const;
  std::optional<Role> RoleOf(const Request& request) const;
  void Open(Partition& partition, const Request& request);
  void Route(const Response& response, TimeMs now, std::string& out);
  void Answer(const Response& response, TimeMs now, std::string& out);
  void Settle(const RequestId& id, Switching& switching, TimeMs now, std::string& out);
  void Remove(Eui64 device, std::string& out);
  void Tell(const RequestId& id, absl::string_view srv, TimeMs now, std::string& out);

  std::optional<Eui64> OperatorOf(Eui64 device) const;

  bool IsOperator(Eui64 party) const { return parties_.RoleOf(party) == Role::kEd; }

  void Add(const Line& line, std::string& out);

  const Parties parties_;
  std::vector<Partition> partitions_;
  absl::flat_hash_map<Eui64, Known> devices_;
  std::map<RequestId, Switching> switching_;
  absl::flat_hash_map<std::string, TimeMs> seen_;  // of what comes again
  uint64_t lines_ = 0;
};

}  // namespace weir
