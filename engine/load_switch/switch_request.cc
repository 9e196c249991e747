#include "engine/load_switch/switch_request.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/base/wire.h"

namespace weir {

namespace {

void PutTime(std::optional<TimeMs> time, std::string& out) {
  PutU8(time ? 1 : 0, out);
  if (time) {
    PutI64(time->value, out);
  }
}

std::optional<TimeMs> ReadTime(WireReader& in) {
  return in.U8() != 0 ? std::make_optional(TimeMs{in.I64()}) : std::nullopt;
}

template <typename Integer>
void PutNumber(std::optional<Integer> number, std::string& out) {
  PutU8(number ? 1 : 0, out);
  if (number) {
    PutU64(*number, out);
  }
}

template <typename Integer>
std::optional<Integer> ReadNumber(WireReader& in) {
  return in.U8() != 0 ? std::make_optional(static_cast<Integer>(in.U64())) : std::nullopt;
}

bool IsSame(const SwitchRequest::Instruction& a, const SwitchRequest::Instruction& b) {
  return a.number && b.number ? a.number == b.number : a.content && a.content == b.content;
}

bool AreTimes(const SwitchRequest& request) {
  const auto is_time = [](std::optional<TimeMs> time) { return !time || IsTime(*time); };
  return is_time(request.execute_at) && is_time(request.first_outcome) &&
         is_time(request.changed_at) && is_time(request.done_at);
}

}  // namespace

TimeMs SwitchRequest::due() const {
  if (done_at) {
    return *done_at + kRememberFor;
  }
  if (first_outcome) {
    return *first_outcome + kSettleAfter;
  }
  WEIR_CHECK(execute_at.has_value());
  return *execute_at + kExpireAfter;
}

void SwitchRequest::Add(const Instruction& outcome, TimeMs now) {
  if (!first_outcome) {
    first_outcome = now;
  }
  const bool is_known = std::any_of(outcomes.begin(), outcomes.end(),
                                    [&](const auto& other) { return IsSame(outcome, other); });
  if (is_known) {
    return;
  }
  outcomes.push_back(outcome);
  if (outcome.succeeded) {
    changed_at = now;
  }
}

std::string SwitchRequest::Encode() const {
  std::string out;
  PutU8(static_cast<uint8_t>((was_seen ? 1 : 0) | (was_told ? 2 : 0)), out);
  PutBytes(srv, out);
  PutTime(execute_at, out);
  PutTime(first_outcome, out);
  PutTime(changed_at, out);
  PutTime(done_at, out);
  PutNumber(requested, out);
  PutNumber(total, out);
  PutU64(outcomes.size(), out);
  for (const Instruction& outcome : outcomes) {
    PutNumber(outcome.number, out);
    PutNumber(outcome.content, out);
    PutU8(outcome.succeeded ? 1 : 0, out);
  }
  return out;
}

std::optional<SwitchRequest> SwitchRequest::Decode(absl::string_view value) {
  WireReader in(value);
  SwitchRequest request;
  const uint8_t flags = in.U8();
  request.was_seen = (flags & 1) != 0;
  request.was_told = (flags & 2) != 0;
  request.srv = std::string(in.Bytes());
  request.execute_at = ReadTime(in);
  request.first_outcome = ReadTime(in);
  request.changed_at = ReadTime(in);
  request.done_at = ReadTime(in);
  request.requested = ReadNumber<uint32_t>(in);
  request.total = ReadNumber<uint32_t>(in);
  const uint64_t outcomes = in.U64();
  for (uint64_t i = 0; in.ok() && i < outcomes; ++i) {
    Instruction outcome;
    outcome.number = ReadNumber<uint32_t>(in);
    outcome.content = ReadNumber<uint64_t>(in);
    outcome.succeeded = in.U8() != 0;
    request.outcomes.push_back(outcome);
  }
  const bool has_due = request.done_at || request.first_outcome || request.execute_at;
  const bool valid = in.done() && flags <= 3 && has_due && AreTimes(request) &&
                     request.outcomes.empty() == !request.first_outcome;
  return valid ? std::make_optional(std::move(request)) : std::nullopt;
}

std::string RequestName(const RequestId& id, CounterOf counter_of) {
  std::string name;
  PutOrderedU64(id.device.value, name);
  PutOrderedU64(id.party.value, name);
  PutOrderedU64(id.counter, name);
  PutU8(static_cast<uint8_t>(counter_of), name);
  return name;
}

std::optional<RequestId> ParseRequestName(absl::string_view name) {
  WireReader in(name);
  RequestId id;
  id.device = Eui64{in.OrderedU64()};
  id.party = Eui64{in.OrderedU64()};
  id.counter = in.OrderedU64();
  const bool valid = in.U8() <= static_cast<uint8_t>(CounterOf::kAlert);
  return valid && in.done() ? std::make_optional(id) : std::nullopt;
}

CounterOf CounterOfName(absl::string_view name) {
  return static_cast<CounterOf>(name.back());
}

}  // namespace weir
