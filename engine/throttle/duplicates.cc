#include "engine/throttle/duplicates.h"

#include <xxhash.h>

#include <array>
#include <utility>

#include "engine/base/wire.h"

namespace weir {

std::optional<Fingerprint> FingerprintOf(const Alert& alert) {
  if (!alert.counter && alert.payload.empty()) {
    return std::nullopt;
  }
  const XXH128_hash_t payload = XXH3_128bits(alert.payload.data(), alert.payload.size());
  const uint64_t present = (alert.device ? 1U : 0U) | (alert.recipient ? 2U : 0U) |
                           (alert.counter ? 4U : 0U) | (alert.device_time ? 8U : 0U);
  const std::array<uint64_t, 8> message = {
      payload.high64,
      payload.low64,
      present << 32 | alert.code.index(),
      alert.device.value_or(Eui64{}).value,
      alert.recipient.value_or(Eui64{}).value,
      alert.counter.value_or(0),
      static_cast<uint64_t>(alert.device_time.value_or(TimeMs{}).value),
      alert.payload.size(),
  };
  const XXH128_hash_t id = XXH3_128bits(message.data(), sizeof message);
  return Fingerprint{id.high64, id.low64};
}

bool Duplicates::IsDuplicate(const Alert& alert, TimeMs now) {
  if (window_.value == 0) {
    return false;
  }
  const std::optional<Fingerprint> id = FingerprintOf(alert);
  if (!id) {
    return false;
  }
  const auto [entry, inserted] = seen_.try_emplace(*id, now);
  if (!inserted && !IsOver(entry->second, now)) {
    return true;
  }
  journal_.push_back({*id, inserted ? std::nullopt : std::make_optional(entry->second)});
  entry->second = now;
  order_.push_back({*id, now});
  return false;
}

void Duplicates::Accept(TimeMs now) {
  journal_.clear();
  Forget(now);
}

void Duplicates::Forget(TimeMs now) {
  for (; !order_.empty() && IsOver(order_.front().at, now); order_.pop_front()) {
    const auto found = seen_.find(order_.front().id);
    // Seen again after its window: a later entry of the order will remove it.
    if (found != seen_.end() && found->second == order_.front().at) {
      seen_.erase(found);
    }
  }
}

void Duplicates::Rollback() {
  for (; !journal_.empty(); journal_.pop_back()) {
    const Change& change = journal_.back();
    if (change.before) {
      seen_[change.id] = *change.before;
    } else {
      seen_.erase(change.id);
    }
    order_.pop_back();
  }
}

void Duplicates::Export(uint64_t number, TimeMs now, const StateScope& scope) {
  if (!journal_.empty()) {
    std::string chunk;
    for (size_t i = order_.size() - journal_.size(); i < order_.size(); ++i) {
      PutU64(order_[i].id.high, chunk);
      PutU64(order_[i].id.low, chunk);
      PutI64(order_[i].at.value, chunk);
    }
    std::string name;
    PutOrderedU64(number, name);
    scope.Put(name, std::move(chunk));
    chunks_.push_back({number, order_.back().at});
  }
  for (; !chunks_.empty() && IsOver(chunks_.front().newest, now); chunks_.pop_front()) {
    std::string name;
    PutOrderedU64(chunks_.front().number, name);
    scope.Erase(name);
  }
}

absl::Status Duplicates::Load(absl::string_view name, absl::string_view value) {
  WireReader key(name);
  const uint64_t number = key.OrderedU64();
  WireReader in(value);
  bool valid = true;
  while (in.ok() && !in.rest().empty()) {
    const Fingerprint id{in.U64(), in.U64()};
    const TimeMs at{in.I64()};
    valid = valid && IsTime(at);
    if (in.ok() && valid) {
      seen_[id] = at;
      order_.push_back({id, at});
    }
  }
  if (!key.done() || !in.done() || !valid || order_.empty()) {
    return absl::DataLossError("the messages seen, kept in the state, are damaged");
  }
  chunks_.push_back({number, order_.back().at});
  return absl::OkStatus();
}

}  // namespace weir
