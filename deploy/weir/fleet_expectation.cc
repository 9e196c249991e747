#include "deploy/weir/fleet_expectation.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"

#include "connectors/formats/json_members.h"
#include "deploy/weir/fleet_home.h"
#include "deploy/weir/fleet_parties.h"

namespace weir {

namespace {

constexpr TimeMs kRelease{1574985600000};           // 2019-11-29T00:00:00Z
constexpr TimeMs kReadsOfSwitches{1606608000000};   // 2020-11-29T00:00:00Z, 7.7 by operators
constexpr TimeMs kAuxiliaryControl{1612137600000};  // 2021-02-01T00:00:00Z, 6.14.3
constexpr DurationMs kOutcomesLast{2 * kDay.value};
constexpr DurationMs kDuplicateWindow = kHour;

// What counts as a change of load switching.
struct Trigger {
  absl::string_view srv;
  TimeMs from = kRelease;
  uint32_t instructions = 1;
  bool only_switches = false;
  bool is_scheduled = false;
};

constexpr Trigger kTriggers[] = {
    {"6.14.1"},
    {"6.14.2", kRelease, 2},
    {"6.14.3", kAuxiliaryControl},
    {"7.9", kRelease, 1, false, true},
    {"8.7.1", kRelease, 1, true},
};

const Trigger* TriggerOf(absl::string_view srv) {
  const auto* const found =
      std::find_if(std::begin(kTriggers), std::end(kTriggers),
                   [&](const Trigger& trigger) { return trigger.srv == srv; });
  return found == std::end(kTriggers) ? nullptr : found;
}

bool IsRead(absl::string_view srv) {
  return srv == "6.13" || srv == "7.7";
}

bool IsHubReturn(absl::string_view srv) {
  return srv == "8.14.3" || srv == "8.14.4";
}

// From when on network operators may read.
TimeMs ReadsFrom(absl::string_view srv) {
  return srv == "7.7" ? kReadsOfSwitches : kRelease;
}

// When a device that is pending is to be removed, as seen at a time: after 12 months, for those
// that were over before the release, and else after 36.
std::optional<TimeMs> RemovalTime(TimeMs added, TimeMs now) {
  constexpr int kBefore = 12;
  constexpr int kSince = 36;
  const TimeMs before = AddMonths(added, kBefore);
  return now < kRelease && before < kRelease ? before
                                             : std::max(kRelease, AddMonths(added, kSince));
}

std::string StreamOf(Eui64 network_operator) {
  return absl::StrCat("enp.", FormatEui64(network_operator));
}

// What tells a record that comes again from others.
struct ContentOf {
  std::string operator()(const SystemDevice& /*device*/) const { return {}; }

  std::string operator()(const SystemRequest& said) const {
    return absl::StrCat("request ", Text(said.request.id));
  }

  std::string operator()(const SystemResponse& said) const {
    return absl::StrCat("response ", Text(said.response.id), " ", said.response.code, " ",
                        said.payload);
  }

  std::string operator()(const SystemOutcome& said) const {
    return absl::StrCat("outcome ", Text(said.outcome.id), " ", said.message);
  }

  static std::string Text(const RequestId& id) {
    return absl::StrCat(id.party.value, ":", id.device.value, ":", id.counter);
  }
};

}  // namespace

FleetExpectation::FleetExpectation(uint64_t partitions)
    : parties_(FleetParties()), partitions_(partitions) {}

// ---- Records

void FleetExpectation::TakeAlert(uint64_t partition, std::optional<Eui64> device, TimeMs received,
                                 std::string& out) {
  partitions_[partition].clock.Take(device, received);
  Advance(partitions_[partition], out);
}

void FleetExpectation::Take(uint64_t number, const SystemRecord& record,
                            std::optional<TimeMs> received, std::string& out) {
  Partition& partition = partitions_[number];
  partition.clock.Take(record.device, received);
  Advance(partition, out);
  if (const auto* device = std::get_if<SystemDevice>(&record.what)) {
    Take(partition, record.device, *device, received, out);
    return;
  }
  if (record.comes_again && IsDuplicate(record, partition.clock.now().value_or(TimeMs{}))) {
    return;
  }
  if (const auto* asked = std::get_if<SystemRequest>(&record.what)) {
    Take(partition, record.device, asked->request, out);
  } else if (const auto* answer = std::get_if<SystemResponse>(&record.what)) {
    Take(partition, answer->response, out);
  } else {
    Take(partition, std::get<SystemOutcome>(record.what).outcome, out);
  }
}

bool FleetExpectation::IsDuplicate(const SystemRecord& record, TimeMs now) {
  const auto [found, is_new] = seen_.try_emplace(std::visit(ContentOf(), record.what), now);
  if (!is_new && now - found->second < kDuplicateWindow) {
    return true;
  }
  found->second = now;
  return false;
}

// ---- What time brings

void FleetExpectation::Advance(Partition& partition, std::string& out) {
  const std::optional<TimeMs> now = partition.clock.now();
  while (now && !partition.timers.empty() && partition.timers.top().due <= *now) {
    const Timer timer = partition.timers.top();
    partition.timers.pop();
    Fire(timer, out);
  }
}

// What was set may be over, or for another time by now.
void FleetExpectation::Fire(const Timer& timer, std::string& out) {
  if (timer.is_removal) {
    const auto known = devices_.find(timer.request.device);
    if (known != devices_.end() && known->second.removal == timer.due) {
      Remove(timer.request.device, out);
    }
    return;
  }
  const auto found = switching_.find(timer.request);
  if (found == switching_.end() || found->second.done || found->second.due != timer.due) {
    return;
  }
  if (found->second.first) {
    Settle(found->first, found->second, timer.due, out);
  } else {
    switching_.erase(found);
  }
}

// ---- The inventory

void FleetExpectation::Take(Partition& partition, Eui64 device, const SystemDevice& record,
                            std::optional<TimeMs> received, std::string& out) {
  if (record.removed) {
    devices_.erase(device);
    return;
  }
  const TimeMs now = partition.clock.now().value_or(TimeMs{});
  Known& known = devices_[device];
  known.record = record;
  if (record.added) {
    known.added = record.added;
  } else if (!known.added) {
    known.added = std::min(received.value_or(now), now);
  }
  if (record.added_by) {
    known.added_by = record.added_by;
  }
  known.removal.reset();
  if (record.status != DeviceStatus::kPending) {
    return;
  }
  known.removal = RemovalTime(*known.added, now);
  if (*known.removal <= now) {
    Remove(device, out);
  } else {
    partition.timers.push(
        {.due = *known.removal, .is_removal = true, .request = {.party = {}, .device = device}});
  }
}

void FleetExpectation::Remove(Eui64 device, std::string& out) {
  const std::optional<Eui64> recipient = devices_.at(device).added_by;
  devices_.erase(device);
  Add({.stream = "inventory.removed", .device = device, .recipient = recipient}, out);
}

std::optional<Eui64> FleetExpectation::OperatorOf(Eui64 device) const {
  const auto known = devices_.find(device);
  if (known == devices_.end()) {
    return std::nullopt;
  }
  const SystemDevice& record = known->second.record;
  if (record.network_operator) {
    return record.network_operator;
  }
  return record.mpxns.empty() ? std::nullopt : parties_.OperatorOf(record.mpxns.front());
}

// ---- Requests

void FleetExpectation::Take(Partition& partition, Eui64 device, const Request& request,
                            std::string& out) {
  const TimeMs now = partition.clock.now().value_or(TimeMs{});
  const absl::string_view reason = Judge(device, request, now);
  const bool accepted = reason == "eligible" || reason == "not_governed";
  Add({.stream = accepted ? "requests.accepted" : "requests.rejected",
       .device = device,
       .request = request.id,
       .reason = reason},
      out);
  if (accepted) {
    Open(partition, request);
  }
}

absl::string_view FleetExpectation::Judge(Eui64 device, const Request& request, TimeMs now) const {
  if (request.srv == "6.7") {
    const GasFlowRate& rate = *request.gas_flow_rate;
    return rate.value && (!rate.is_decimal || now >= kRelease) ? "not_governed"
                                                               : "value_out_of_range";
  }
  if (!IsRead(request.srv) && !IsHubReturn(request.srv)) {
    return "not_governed";
  }
  return IsRead(request.srv) ? JudgeRead(device, request, now) : JudgeReturn(device, request, now);
}

std::optional<Role> FleetExpectation::RoleOf(const Request& request) const {
  const std::optional<Role> known = parties_.RoleOf(request.id.party);
  return known ? known : request.role;
}

absl::string_view FleetExpectation::JudgeRead(Eui64 device, const Request& request,
                                              TimeMs now) const {
  const std::optional<Role> role = RoleOf(request);
  if (role == Role::kIs || (role == Role::kOu && request.srv == "7.7")) {
    return "eligible";
  }
  if (role != Role::kEd || now < ReadsFrom(request.srv)) {
    return "role_not_eligible";
  }
  if (!devices_.contains(device)) {
    return "device_unknown";
  }
  return OperatorOf(device) == request.id.party ? "eligible" : "not_in_network";
}

absl::string_view FleetExpectation::JudgeReturn(Eui64 device, const Request& request,
                                                TimeMs now) const {
  const std::optional<Role> role = RoleOf(request);
  if (role == Role::kIs) {
    return "eligible";
  }
  if (role != Role::kRsa || now < kRelease) {
    return "role_not_eligible";
  }
  const auto found = devices_.find(device);
  if (found == devices_.end()) {
    return "device_unknown";
  }
  const SystemDevice& hub = found->second.record;
  const bool is_agent = hub.supplier_agent == request.id.party && hub.supplier &&
                        (!request.supplier || request.supplier == hub.supplier);
  return is_agent ? "eligible" : "not_agent_of_supplier";
}

// ---- Load switching

void FleetExpectation::Open(Partition& partition, const Request& request) {
  const TimeMs now = partition.clock.now().value_or(TimeMs{});
  if (TriggerOf(request.srv) == nullptr || !request.execute_at) {
    return;
  }
  const TimeMs due = *request.execute_at + kOutcomesLast;
  const auto found = switching_.find(request.id);
  if (found != switching_.end()) {
    // The outcomes came first: they settle it as they would have.
    found->second.seen = true;
    found->second.execute_at = request.execute_at;
  } else if (due > now) {
    switching_.emplace(request.id, Switching{.srv = request.srv,
                                             .seen = true,
                                             .done = false,
                                             .execute_at = request.execute_at,
                                             .instructions = {},
                                             .first = {},
                                             .succeeded = false,
                                             .due = due});
    partition.timers.push({.due = due, .is_removal = false, .request = request.id});
  }
}

void FleetExpectation::Take(Partition& partition, const Response& response, std::string& out) {
  const TimeMs now = partition.clock.now().value_or(TimeMs{});
  if (IsRead(response.srv)) {
    Route(response, now, out);
  } else {
    Answer(response, now, out);
  }
}

void FleetExpectation::Answer(const Response& response, TimeMs now, std::string& out) {
  const Trigger* trigger = TriggerOf(response.srv);
  if (trigger == nullptr || response.code != Response::kDone) {
    return;
  }
  if (trigger->only_switches) {
    const auto known = devices_.find(response.id.device);
    if (known == devices_.end() || known->second.record.type != DeviceType::kHcalcs) {
      return;
    }
  }
  const auto found = switching_.find(response.id);
  if (found == switching_.end()) {
    switching_[response.id].done = true;
    Tell(response.id, response.srv, now, out);
    return;
  }
  Switching& open = found->second;
  if (!open.done && trigger->is_scheduled && open.seen && *open.execute_at <= now) {
    open.done = true;
    Tell(response.id, response.srv, now, out);
  }
}

void FleetExpectation::Take(Partition& partition, const Outcome& outcome, std::string& out) {
  const TimeMs now = partition.clock.now().value_or(TimeMs{});
  const auto [found, is_new] = switching_.try_emplace(outcome.id);
  Switching* const open = &found->second;
  if (open->done) {
    return;
  }
  if (is_new) {
    open->srv = outcome.srv;
  }
  const uint32_t number = *outcome.instruction;
  if (std::find(open->instructions.begin(), open->instructions.end(), number) !=
      open->instructions.end()) {
    return;
  }
  open->instructions.push_back(number);
  open->succeeded = open->succeeded || outcome.succeeded;
  if (!open->first) {
    open->first = now;
    open->due = now + kOutcomesLast;
    partition.timers.push({.due = open->due, .is_removal = false, .request = outcome.id});
  }
  if (open->instructions.size() >= TriggerOf(open->srv)->instructions) {
    Settle(outcome.id, *open, now, out);
  }
}

void FleetExpectation::Settle(const RequestId& id, Switching& switching, TimeMs now,
                              std::string& out) {
  switching.done = true;
  if (switching.succeeded) {
    Tell(id, switching.srv, now, out);
  }
}

void FleetExpectation::Tell(const RequestId& id, absl::string_view srv, TimeMs now,
                            std::string& out) {
  if (now < TriggerOf(srv)->from) {
    return;
  }
  const std::optional<Eui64> network_operator = OperatorOf(id.device);
  if (network_operator && IsOperator(*network_operator)) {
    Add({.stream = StreamOf(*network_operator),
         .device = id.device,
         .request = id,
         .recipient = network_operator},
        out);
    return;
  }
  const absl::string_view reason = network_operator               ? "not_configured"
                                   : devices_.contains(id.device) ? "no_operator"
                                                                  : "device_unknown";
  Add({.stream = "enp.unrouted",
       .device = id.device,
       .request = id,
       .reason = reason,
       .recipient = network_operator},
      out);
}

// ---- Reads

void FleetExpectation::Route(const Response& response, TimeMs now, std::string& out) {
  const Eui64 party = response.id.party;
  const Eui64 device = response.id.device;
  if (now < ReadsFrom(response.srv)) {
    return;
  }
  const bool is_operator = IsOperator(party);
  if (OperatorOf(device) == party && is_operator) {
    Add({.stream = StreamOf(party), .device = device, .request = response.id}, out);
    return;
  }
  if (OperatorOf(device) == party || is_operator) {
    const absl::string_view reason = !is_operator                ? "not_configured"
                                     : devices_.contains(device) ? "not_in_network"
                                                                 : "device_unknown";
    Add({.stream = "enp.unrouted",
         .device = device,
         .request = response.id,
         .reason = reason,
         .recipient = party},
        out);
  }
}

// ---- Lines

void FleetExpectation::Add(const Line& line, std::string& out) {
  out.push_back('{');
  JsonMembers members(out, true);
  members.Text("stream", line.stream);
  members.Id("device", line.device);
  if (line.request) {
    members.Request("request_id", *line.request);
  }
  members.Text("reason", line.reason);
  members.Id("recipient", line.recipient);
  out.append("}\n");
  ++lines_;
}

}  // namespace weir
