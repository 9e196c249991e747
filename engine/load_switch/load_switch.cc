#include "engine/load_switch/load_switch.h"

#include <xxhash.h>

#include <algorithm>
#include <utility>

#include "engine/base/timers.h"

namespace weir {

namespace {

SwitchRequest::Instruction InstructionOf(const Outcome& outcome) {
  const absl::string_view content = outcome.report.instruction;
  return {.number = outcome.instruction,
          .content = content.empty() ? std::nullopt
                                     : std::make_optional<uint64_t>(
                                           XXH3_64bits(content.data(), content.size())),
          .succeeded = outcome.succeeded};
}

// What does not say how many says nothing.
std::optional<uint32_t> Counted(std::optional<uint32_t> instructions) {
  return instructions == 0 ? std::nullopt : instructions;
}

bool IsFor(const SwitchTrigger& trigger, std::optional<DeviceType> type) {
  return !trigger.only_for || trigger.only_for == type;
}

}  // namespace

LoadSwitch::LoadSwitch(const LoadSwitchRules& rules)
    : rules_(rules), alerts_(AlertCode::kCount), requests_(kRequestNameSize) {
  for (const SwitchAlert& alert : rules_.alerts) {
    if (alert.on) {
      alerts_[alert.code.index()] = &alert;
    }
  }
}

const SwitchTrigger* LoadSwitch::TriggerOf(absl::string_view srv) const {
  const auto found =
      std::find_if(rules_.triggers.begin(), rules_.triggers.end(),
                   [&](const SwitchTrigger& each) { return each.on && each.srv == srv; });
  return found == rules_.triggers.end() ? nullptr : &*found;
}

const SwitchTrigger* LoadSwitch::TriggerOf(const Outcome& outcome,
                                           const SwitchRequest* known) const {
  if (!outcome.srv.empty()) {
    return TriggerOf(outcome.srv);
  }
  if (known != nullptr) {
    return TriggerOf(known->srv);
  }
  const auto found =
      std::find_if(rules_.triggers.begin(), rules_.triggers.end(), [&](const SwitchTrigger& each) {
        return each.on && each.message_code && each.message_code == outcome.report.message_code;
      });
  return found == rules_.triggers.end() ? nullptr : &*found;
}

// ---- Messages

std::optional<SwitchChange> LoadSwitch::OnRequest(const Request& request,
                                                  std::optional<DeviceType> type, TimeMs now) {
  const SwitchTrigger* trigger = TriggerOf(request.srv);
  if (trigger == nullptr || !IsFor(*trigger, type) || !request.execute_at) {
    return std::nullopt;
  }
  std::optional<SwitchRequest> kept = Find(RequestName(request.id));
  if (kept && (kept->done_at || kept->was_seen)) {
    return std::nullopt;
  }
  SwitchRequest open = std::move(kept).value_or(SwitchRequest{.srv = std::string(request.srv)});
  open.was_seen = true;
  open.execute_at = request.execute_at;
  open.requested = Counted(request.instructions);
  if (open.due() <= now) {
    return std::nullopt;
  }
  const SwitchTrigger* own = TriggerOf(open.srv);
  if (own != nullptr && IsComplete(open, *own)) {
    return Settle(request.id, std::move(open), now);
  }
  Keep(RequestName(request.id), open);
  return std::nullopt;
}

std::optional<SwitchChange> LoadSwitch::OnResponse(const Response& response,
                                                   std::optional<DeviceType> type, TimeMs now) {
  const SwitchTrigger* trigger = TriggerOf(response.srv);
  if (response.code != Response::kDone || trigger == nullptr || !IsFor(*trigger, type)) {
    return std::nullopt;
  }
  const std::optional<SwitchRequest> kept = Find(RequestName(response.id));
  const bool is_executed =
      kept && !kept->done_at && trigger->is_scheduled && kept->was_seen && *kept->execute_at <= now;
  if (kept && !is_executed) {
    return std::nullopt;
  }
  SwitchRequest done{.srv = std::string(response.srv)};
  done.changed_at = now;
  return Settle(response.id, std::move(done), now);
}

std::optional<SwitchChange> LoadSwitch::OnOutcome(const Outcome& outcome,
                                                  std::optional<DeviceType> type, TimeMs now) {
  std::optional<SwitchRequest> kept = Find(RequestName(outcome.id));
  const SwitchTrigger* trigger = TriggerOf(outcome, kept ? &*kept : nullptr);
  if (trigger == nullptr || !IsFor(*trigger, type) || (kept && kept->done_at)) {
    return std::nullopt;
  }
  SwitchRequest open = std::move(kept).value_or(SwitchRequest{.srv = trigger->srv});
  open.Add(InstructionOf(outcome), now);
  if (!open.total) {
    open.total = Counted(outcome.instructions);
  }
  if (IsComplete(open, *trigger)) {
    return Settle(outcome.id, std::move(open), now);
  }
  Keep(RequestName(outcome.id), open);
  return std::nullopt;
}

std::optional<SwitchChange> LoadSwitch::OnAlert(const Alert& alert, TimeMs now) {
  const SwitchAlert& trigger = *alerts_[alert.code.index()];
  SwitchChange change{.device = *alert.device, .alert = alert.code, .changed_at = now};
  const bool is_told = trigger.from <= now;
  if (alert.counter) {
    const RequestId id{.party = alert.recipient.value_or(Eui64{}),
                       .device = *alert.device,
                       .counter = *alert.counter};
    const std::string name = RequestName(id, CounterOf::kAlert);
    if (requests_.Find(name)) {
      return std::nullopt;
    }
    SwitchRequest done;
    done.changed_at = now;
    done.done_at = now;
    done.was_told = is_told;
    Keep(name, done);
  }
  return is_told ? std::make_optional(std::move(change)) : std::nullopt;
}

bool LoadSwitch::IsComplete(const SwitchRequest& request, const SwitchTrigger& trigger) {
  const uint32_t instructions =
      request.total.value_or(request.requested.value_or(trigger.instructions));
  return request.outcomes.size() >= std::min<size_t>(instructions, SwitchRequest::kMostOutcomes);
}

// What came of the request, which is done with that.
std::optional<SwitchChange> LoadSwitch::Settle(const RequestId& id, SwitchRequest request,
                                               TimeMs now) {
  const SwitchTrigger* trigger = TriggerOf(request.srv);
  request.done_at = now;
  request.was_told = request.changed_at && trigger != nullptr && trigger->from <= now;
  Keep(RequestName(id), request);
  if (!request.was_told) {
    return std::nullopt;
  }
  return SwitchChange{.device = id.device,
                      .request = id,
                      .srv = std::move(request.srv),
                      .changed_at = *request.changed_at};
}

// ---- Timers

std::optional<TimeMs> LoadSwitch::NextDue() const {
  return timers_.empty() ? std::nullopt : std::make_optional(timers_.begin()->due);
}

size_t LoadSwitch::CountDue(TimeMs now, size_t limit) const {
  return CountDueBy(timers_, now, limit);
}

std::optional<SwitchChange> LoadSwitch::FireNext() {
  const Timer timer = *timers_.begin();
  SwitchRequest request = *Find(timer.name);
  if (request.done_at || !request.first_outcome) {
    Forget(timer.name);
    return std::nullopt;
  }
  return Settle(*ParseRequestName(timer.name), std::move(request), timer.due);
}

// ---- State

std::optional<SwitchRequest> LoadSwitch::Find(absl::string_view name) const {
  const std::optional<absl::string_view> value = requests_.Find(name);
  return value ? SwitchRequest::Decode(*value) : std::nullopt;
}

void LoadSwitch::Keep(absl::string_view name, const SwitchRequest& request) {
  const std::string value = request.Encode();
  RemoveTimer(name, requests_.Find(name));
  requests_.Put(name, value);
  AddTimer(name, value);
}

void LoadSwitch::Forget(absl::string_view name) {
  RemoveTimer(name, requests_.Find(name));
  requests_.Erase(name);
}

void LoadSwitch::AddTimer(absl::string_view name, std::optional<absl::string_view> value) {
  if (value) {
    timers_.insert({SwitchRequest::Decode(*value)->due(), std::string(name)});
  }
}

void LoadSwitch::RemoveTimer(absl::string_view name, std::optional<absl::string_view> value) {
  if (value) {
    timers_.erase({SwitchRequest::Decode(*value)->due(), std::string(name)});
  }
}

void LoadSwitch::Rollback() {
  requests_.Rollback([this](absl::string_view name, std::optional<absl::string_view> now,
                            std::optional<absl::string_view> before) {
    RemoveTimer(name, now);
    AddTimer(name, before);
  });
}

void LoadSwitch::Export(const StateScope& scope) const {
  requests_.Export(scope);
}

absl::Status LoadSwitch::Load(absl::string_view name, absl::string_view value) {
  if (!ParseRequestName(name) || !SwitchRequest::Decode(value)) {
    return absl::DataLossError("a request about load switching kept in the state is damaged");
  }
  requests_.Load(name, value);
  AddTimer(name, value);
  return absl::OkStatus();
}

}  // namespace weir
