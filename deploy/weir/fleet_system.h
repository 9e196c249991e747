// What a synthetic fleet says beside its alerts: records about devices and service requests, in the
// order of a log.
//
// In each of the homes that were asked for (fleet_home.h) the inventory is told of the devices, and
// then there are changes of load switching, reads by network operators, a return of the hub,
// settings of the gas flow and devices that stay pending. Homes begin one after the other within
// the first half of the duration; what would come after its end is left out.
//
// Promises: the same options give the same records on every machine, whatever else is asked of the
// fleet; received times do not fall; no request id stands for two requests.
//
// Memory: what is to come of the homes that have begun.
//
// Threads: one owner.
//
// Layer: deploy/weir (engine/alert, engine/base).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"

#include "deploy/weir/fleet_options.h"
#include "deploy/weir/fleet_random.h"
#include "engine/alert/event.h"
#include "engine/base/units.h"

namespace weir {

// What the inventory is told. Views are of texts that last for ever, here and below.
struct SystemDevice {
  DeviceType type = DeviceType::kEsme;
  DeviceStatus status = DeviceStatus::kCommissioned;
  std::optional<TimeMs> added = std::nullopt;
  std::optional<Eui64> added_by = std::nullopt;
  std::vector<std::string> mpxns = {};
  std::optional<Eui64> network_operator = std::nullopt;
  std::optional<Eui64> supplier = std::nullopt;
  std::optional<Eui64> supplier_agent = std::nullopt;
  absl::string_view gbcs_version = {};
  absl::string_view variant = {};
  bool removed = false;
};

struct SystemRequest {
  Request request;
};

struct SystemResponse {
  Response response;         // without its payload
  std::string payload = {};  // the GBCS message
};

struct SystemOutcome {
  Outcome outcome;      // without its report
  std::string message;  // the GBCS alert that says so
  bool bare = false;    // comes as that alert, of this counter, and not as an outcome
  uint64_t counter = 0;
  std::optional<TimeMs> device_time = std::nullopt;
};

struct SystemRecord {
  TimeMs received;
  Eui64 device;              // that it is about
  bool comes_again = false;  // stands twice, with the same content
  std::variant<SystemDevice, SystemRequest, SystemResponse, SystemOutcome> what;
};

struct SystemCounts {
  uint64_t devices = 0;
  uint64_t requests = 0;
  uint64_t responses = 0;
  uint64_t outcomes = 0;  // bare ones included

  uint64_t all() const { return devices + requests + responses + outcomes; }
};

class FleetSystem {
 public:
  // The options must be what CheckFleetOptions accepts.
  explicit FleetSystem(const FleetOptions& options);

  // The next record; null once there are no more. Valid until Pop.
  const SystemRecord* Next();
  void Pop();

  const SystemCounts& counts() const { return counts_; }

 private:
  struct Waiting {
    SystemRecord record;
    uint64_t ticket = 0;  // first planned, first written among those of a millisecond

    friend bool operator>(const Waiting& a, const Waiting& b) {
      return a.record.received != b.record.received ? a.record.received > b.record.received
                                                    : a.ticket > b.ticket;
    }
  };

  int64_t BeginOf(uint64_t home) const;
  void Plan(uint64_t home);

  const FleetOptions options_;
  std::optional<FleetShuffle> homes_;
  uint64_t planned_ = 0;  // homes
  uint64_t tickets_ = 0;
  std::priority_queue<Waiting, std::vector<Waiting>, std::greater<>> waiting_;
  SystemCounts counts_;
};

}  // namespace weir
