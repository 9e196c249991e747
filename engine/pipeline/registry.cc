#include "engine/pipeline/registry.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <variant>

#include "engine/base/check.h"
#include "engine/base/wire.h"

namespace weir {

namespace {

// The name of the one entry that there is always, before the sections of devices and requests.
constexpr absl::string_view kProgress = "a";

constexpr int kSequenceBits = 48;  // of a ResponseID counter; the partition has the others

}  // namespace

RegistryTotals& RegistryTotals::operator+=(const RegistryTotals& other) {
  devices += other.devices;
  requests += other.requests;
  responses += other.responses;
  outcomes += other.outcomes;
  duplicates += other.duplicates;
  switch_notices += other.switch_notices;
  switch_unrouted += other.switch_unrouted;
  responses_routed += other.responses_routed;
  responses_unrouted += other.responses_unrouted;
  removals += other.removals;
  for (size_t i = 0; i < judged.size(); ++i) {
    judged[i] += other.judged[i];
  }
  return *this;
}

Registry::Registry(const SystemRules& rules)
    : rules_(rules), inventory_(rules.pending), load_switch_(rules.load_switch) {}

// ---- Rounds

void Registry::Add(uint32_t record, uint16_t number, std::optional<TimeMs> now) {
  if (!progress_.number) {
    progress_.number = number;
  }
  arrivals_.push_back({.record = record, .now = now});
}

void Registry::Process(absl::Span<const Record> records, absl::Span<const Verdict> verdicts,
                       const Timeline& timeline) {
  // With the record that has brought the time, or with `latest` if that time was before the round:
  // under other rules than before more may be due than was.
  const auto fire_due_by = [&](TimeMs now, uint32_t latest) {
    for (std::optional<TimeMs> due = NextDue(); due && *due <= now; due = NextDue()) {
      record_ = timeline.empty() ? latest : std::min(latest, timeline.RecordAt(*due));
      FireNext();
    }
  };
  for (const Arrival& arrival : arrivals_) {
    if (arrival.now) {
      fire_due_by(*arrival.now, arrival.record);
    }
    record_ = arrival.record;
    const Event& event = records[record_].event;
    const bool is_duplicate = verdicts[record_] == Verdict::kDuplicate;
    if (const auto* alert = std::get_if<Alert>(&event)) {
      if (!is_duplicate) {
        Take(*alert, arrival.time());
      }
    } else if (const auto& other = std::get<OtherEvent>(event);
               is_duplicate && !std::holds_alternative<const DeviceRecord*>(other.what)) {
      ++progress_.totals.duplicates;
    } else {
      Take(other, arrival);
    }
  }
  arrivals_.clear();
  if (!timeline.empty()) {
    fire_due_by(timeline.end(), UINT32_MAX);
  }
}

void Registry::MoveNoticesTo(std::vector<Notice>& notices) {
  notices.insert(notices.end(), std::make_move_iterator(notices_.begin()),
                 std::make_move_iterator(notices_.end()));
  notices_.clear();
}

// ---- Records

void Registry::Take(const Alert& alert, TimeMs now) {
  if (!alert.device) {
    return;
  }
  if (alert.report != nullptr) {
    const Outcome outcome{.id = {.party = alert.recipient.value_or(Eui64{}),
                                 .device = *alert.device,
                                 .counter = alert.report->counter},
                          .succeeded = alert.code == kInstructionDone,
                          .report = *alert.report};
    Tell(load_switch_.OnOutcome(outcome, TypeOf(*alert.device), now), now);
  }
  if (load_switch_.IsTrigger(alert.code)) {
    Tell(load_switch_.OnAlert(alert, now), now);
  }
}

void Registry::Take(const OtherEvent& event, const Arrival& arrival) {
  const TimeMs now = arrival.time();
  if (const auto* device = std::get_if<const DeviceRecord*>(&event.what)) {
    Take(event, **device, arrival);
  } else if (const auto* request = std::get_if<const Request*>(&event.what)) {
    Take(event, **request, now);
  } else if (const auto* response = std::get_if<const Response*>(&event.what)) {
    Take(event, **response, now);
  } else {
    const Outcome& outcome = *std::get<const Outcome*>(event.what);
    ++progress_.totals.outcomes;
    Tell(load_switch_.OnOutcome(outcome, TypeOf(outcome.id.device), now), now);
  }
}

void Registry::Take(const OtherEvent& event, const DeviceRecord& device, const Arrival& arrival) {
  ++progress_.totals.devices;
  const std::optional<DeviceRemoval> removal =
      inventory_.Take(*event.device, device, event.received, arrival.now);
  if (removal) {
    Tell(*removal);
  }
}

void Registry::Take(const OtherEvent& event, const Request& request, TimeMs now) {
  ++progress_.totals.requests;
  std::optional<Role> role = rules_.parties.RoleOf(request.id.party);
  if (!role) {
    role = request.role;
  }
  const std::optional<Device> device = inventory_.Find(*event.device);
  DeviceFacts facts;
  if (device) {
    facts = {.network_operator = rules_.OperatorOf(*device),
             .supplier = device->supplier,
             .supplier_agent = device->supplier_agent};
  }
  const RequestReason reason =
      rules_.eligibility.Decide(request, role, device ? &facts : nullptr, now);
  ++progress_.totals.judged[static_cast<size_t>(reason)];
  Note(RequestNotice{.reason = reason, .role = role});
  if (!IsAccepted(reason)) {
    return;
  }
  if (request.gas_flow_rate) {
    gas_flow_.OnRequest(*event.device, request.id, *request.gas_flow_rate->value, now);
  }
  Tell(load_switch_.OnRequest(request, TypeOf(request.id.device), now), now);
}

void Registry::Take(const OtherEvent& event, const Response& response, TimeMs now) {
  ++progress_.totals.responses;
  if (response.code == Response::kDone) {
    gas_flow_.OnDone(*event.device, response.id, now);
  }
  Route(event, response, now);
  Tell(load_switch_.OnResponse(response, TypeOf(response.id.device), now), now);
}

// To the network operator that asked.
void Registry::Route(const OtherEvent& event, const Response& response, TimeMs now) {
  if (!rules_.eligibility.IsReadOfOperators(response.srv, now)) {
    return;
  }
  const Eui64 party = response.id.party;
  const std::optional<Device> device = inventory_.Find(*event.device);
  ResponseNotice notice{.network_operator = party};
  if (device && rules_.OperatorOf(*device) == party) {
    if (!IsOperator(party)) {
      notice.unrouted = UnroutedReason::kNotConfigured;
    }
  } else if (IsOperator(party)) {
    notice.unrouted = device ? UnroutedReason::kNotInNetwork : UnroutedReason::kDeviceUnknown;
  } else {
    return;
  }
  ++(notice.unrouted ? progress_.totals.responses_unrouted : progress_.totals.responses_routed);
  Note(notice);
}

// ---- Notices

void Registry::Tell(const std::optional<SwitchChange>& change, TimeMs at) {
  if (!change) {
    return;
  }
  SwitchNotice notice{.device = change->device,
                      .counter = NextCounter(),
                      .at = at,
                      .changed_at = change->changed_at,
                      .srv = change->srv,
                      .request = change->request,
                      .alert = change->alert};
  const std::optional<Device> device = inventory_.Find(change->device);
  if (!device) {
    notice.unrouted = UnroutedReason::kDeviceUnknown;
  } else {
    notice.variant = device->variant;
    notice.gbcs_version = device->gbcs_version;
    notice.mpan = std::string(device->mpan());
    notice.network_operator = rules_.OperatorOf(*device);
    if (!notice.network_operator) {
      notice.unrouted = UnroutedReason::kNoOperator;
    } else if (!IsOperator(*notice.network_operator)) {
      notice.unrouted = UnroutedReason::kNotConfigured;
    }
  }
  ++progress_.totals.switch_notices;
  progress_.totals.switch_unrouted += notice.unrouted ? 1U : 0U;
  Note(std::move(notice));
}

void Registry::Tell(const DeviceRemoval& removal) {
  ++progress_.totals.removals;
  const PendingRules& rules = rules_.pending;
  if (!rules.notify) {
    return;
  }
  const std::optional<Eui64> recipient =
      rules.recipient == RemovalRecipient::kAddedBy    ? removal.device.added_by
      : rules.recipient == RemovalRecipient::kSupplier ? removal.device.supplier
                                                       : std::make_optional(rules.party);
  Note(RemovalNotice{.device = removal.id,
                     .code = rules.code,
                     .recipient = recipient,
                     .counter = NextCounter(),
                     .at = removal.at,
                     .type = removal.device.type,
                     .added = removal.device.added,
                     .added_by = removal.device.added_by});
}

uint64_t Registry::NextCounter() {
  ++progress_.sequence;
  WEIR_CHECK(progress_.sequence >> kSequenceBits == 0);
  return uint64_t{progress_.number.value_or(0)} << kSequenceBits | progress_.sequence;
}

std::optional<DeviceType> Registry::TypeOf(Eui64 device) const {
  const std::optional<Device> known = inventory_.Find(device);
  return known ? std::make_optional(known->type) : std::nullopt;
}

bool Registry::IsOperator(Eui64 party) const {
  return rules_.parties.RoleOf(party) == Role::kEd;
}

// ---- Timers

std::optional<TimeMs> Registry::NextDue() const {
  const std::optional<TimeMs> request = load_switch_.NextDue();
  const std::optional<TimeMs> device = inventory_.NextDue();
  return request && device ? std::min(request, device) : request ? request : device;
}

size_t Registry::CountDue(TimeMs now, size_t limit) const {
  const size_t requests = load_switch_.CountDue(now, limit);
  return requests + inventory_.CountDue(now, limit - requests);
}

// What is due first; requests before devices.
void Registry::FireNext() {
  const TimeMs due = *NextDue();
  if (load_switch_.NextDue() == due) {
    Tell(load_switch_.FireNext(), due);
  } else {
    Tell(inventory_.FireNext());
  }
}

std::optional<TimeMs> Registry::FireSome(TimeMs by, size_t limit) {
  record_ = 0;
  std::optional<TimeMs> last;
  for (std::optional<TimeMs> due = NextDue(); due && *due <= by && limit > 0; due = NextDue()) {
    last = due;
    FireNext();
    --limit;
  }
  return last;
}

// ---- State

void Registry::Accept() {
  accepted_ = progress_;
  inventory_.Accept();
  load_switch_.Accept();
  gas_flow_.Accept();
}

void Registry::Rollback(TimeMs now) {
  progress_ = accepted_;
  inventory_.Rollback(now);
  load_switch_.Rollback();
  gas_flow_.Rollback();
  arrivals_.clear();
  notices_.clear();
}

void Registry::Export(const StateScope& scope) const {
  if (progress_ != accepted_) {
    scope.Put(kProgress, EncodeProgress());
  }
  inventory_.Export(scope.Inner(kInventory));
  load_switch_.Export(scope.Inner(kLoadSwitch));
  gas_flow_.Export(scope.Inner(kGasFlow));
}

std::string Registry::EncodeProgress() const {
  std::string out;
  const RegistryTotals& totals = progress_.totals;
  PutU64(progress_.sequence, out);
  PutU8(progress_.number ? 1 : 0, out);
  PutU32(progress_.number.value_or(0), out);
  for (const uint64_t count :
       {totals.devices, totals.requests, totals.responses, totals.outcomes, totals.duplicates,
        totals.switch_notices, totals.switch_unrouted, totals.responses_routed,
        totals.responses_unrouted, totals.removals}) {
    PutU64(count, out);
  }
  for (const uint64_t count : totals.judged) {
    PutU64(count, out);
  }
  return out;
}

absl::Status Registry::LoadProgress(absl::string_view value) {
  WireReader in(value);
  RegistryTotals& totals = progress_.totals;
  progress_.sequence = in.U64();
  const bool has_number = in.U8() != 0;
  const uint32_t number = in.U32();
  if (has_number) {
    progress_.number = static_cast<uint16_t>(number);
  }
  for (uint64_t* count : {&totals.devices, &totals.requests, &totals.responses, &totals.outcomes,
                          &totals.duplicates, &totals.switch_notices, &totals.switch_unrouted,
                          &totals.responses_routed, &totals.responses_unrouted, &totals.removals}) {
    *count = in.U64();
  }
  for (uint64_t& count : totals.judged) {
    count = in.U64();
  }
  // Half of all numbers are never reached.
  return in.done() && number <= UINT16_MAX && progress_.sequence >> (kSequenceBits - 1) == 0
             ? absl::OkStatus()
             : absl::DataLossError("the counters of notices kept in the state are damaged");
}

absl::Status Registry::Load(absl::string_view name, absl::string_view value) {
  const absl::string_view section = name.substr(0, 1);
  const absl::string_view rest = name.substr(section.size());
  if (section == kProgress) {
    return LoadProgress(value);
  }
  if (section == kInventory) {
    return inventory_.Load(rest, value);
  }
  if (section == kLoadSwitch) {
    return load_switch_.Load(rest, value);
  }
  if (section == kGasFlow) {
    return gas_flow_.Load(rest, value);
  }
  return absl::DataLossError("the state holds an entry of devices and requests that is not known");
}

void Registry::FinishLoad(TimeMs now) {
  inventory_.FinishLoad(now);
  accepted_ = progress_;
}

}  // namespace weir
