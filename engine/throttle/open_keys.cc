#include "engine/throttle/open_keys.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"

#include "engine/base/check.h"
#include "engine/base/timers.h"
#include "engine/base/wire.h"

namespace weir {

namespace {

void PutOptional(const std::optional<uint64_t>& value, std::string& out) {
  PutU8(value ? 1 : 0, out);
  PutU64(value.value_or(0), out);
}

std::optional<uint64_t> GetOptional(WireReader& in) {
  const bool present = in.U8() != 0;
  const uint64_t value = in.U64();
  return present ? std::make_optional(value) : std::nullopt;
}

template <typename T>
std::optional<uint64_t> Raw(const std::optional<T>& value) {
  return value ? std::make_optional(static_cast<uint64_t>(value->value)) : std::nullopt;
}

template <typename T>
std::optional<T> Wrap(const std::optional<uint64_t>& raw) {
  return raw ? std::make_optional(T{static_cast<decltype(T::value)>(*raw)}) : std::nullopt;
}

std::optional<AlertCode> CodeAt(uint32_t index) {
  return index < AlertCode::kCount
             ? std::make_optional(AlertCode::FromIndex(static_cast<uint16_t>(index)))
             : std::nullopt;
}

void PutAlert(const KeptAlert& alert, std::string& out) {
  PutOptional(Raw(alert.device), out);
  PutU32(alert.code.index(), out);
  PutOptional(Raw(alert.recipient), out);
  PutOptional(alert.counter, out);
  PutOptional(Raw(alert.received), out);
  PutOptional(Raw(alert.device_time), out);
  PutBytes(alert.payload, out);
  PutBytes(alert.original, out);
}

std::optional<KeptAlert> GetAlert(WireReader& in) {
  KeptAlert alert;
  alert.device = Wrap<Eui64>(GetOptional(in));
  const std::optional<AlertCode> code = CodeAt(in.U32());
  alert.recipient = Wrap<Eui64>(GetOptional(in));
  alert.counter = GetOptional(in);
  alert.received = Wrap<TimeMs>(GetOptional(in));
  alert.device_time = Wrap<TimeMs>(GetOptional(in));
  alert.payload = std::string(in.Bytes());
  alert.original = std::string(in.Bytes());
  alert.code = code.value_or(AlertCode());
  const bool valid =
      IsTime(alert.received.value_or(TimeMs{})) && IsTime(alert.device_time.value_or(TimeMs{}));
  return in.ok() && code && valid ? std::make_optional(std::move(alert)) : std::nullopt;
}

void PutEpisode(const Episode& episode, std::string& out) {
  PutI64(episode.started.value, out);
  PutI64(episode.started_window, out);
  PutU64(episode.alerts, out);
  PutU64(episode.sequence, out);
  PutU64(episode.pending, out);
  PutAlert(episode.last, out);
}

std::optional<Episode> GetEpisode(WireReader& in) {
  Episode episode;
  episode.started = TimeMs{in.I64()};
  episode.started_window = in.I64();
  episode.alerts = in.U64();
  episode.sequence = in.U64();
  episode.pending = in.U64();
  std::optional<KeptAlert> last = GetAlert(in);
  if (!last || !IsTime(episode.started)) {
    return std::nullopt;
  }
  episode.last = *std::move(last);
  return episode;
}

std::string EncodeOpenKey(const OpenKey& open) {
  std::string out;
  PutI64(open.count.window, out);
  PutU64(open.count.current, out);
  PutU64(open.count.previous, out);
  PutI64(open.window.value, out);
  PutI64(open.last_position, out);
  PutU8(open.episode ? 1 : 0, out);
  if (open.episode) {
    PutEpisode(*open.episode, out);
  }
  return out;
}

std::optional<OpenKey> DecodeState(absl::string_view bytes) {
  constexpr DurationMs kLongest{7 * kDay.value};
  WireReader in(bytes);
  OpenKey open;
  open.count = {.window = in.I64(), .current = in.U64(), .previous = in.U64()};
  open.window = DurationMs{in.I64()};
  open.last_position = in.I64();
  if (in.U8() != 0) {
    open.episode = GetEpisode(in);
    if (!open.episode) {
      return std::nullopt;
    }
  }
  const bool valid = in.done() && open.window.value >= kSecond.value &&
                     open.window.value <= kLongest.value && open.count.window >= 0 &&
                     open.count.window <= WindowOf(kLatestTime, open.window);
  return valid ? std::make_optional(std::move(open)) : std::nullopt;
}

std::string NameOf(const AlertKey& key) {
  std::string name;
  PutOrderedU64(key.device.value, name);
  PutU32(key.code.index(), name);
  PutU64(key.recipient.value, name);
  return name;
}

}  // namespace

std::optional<NamedOpenKey> DecodeOpenKey(absl::string_view name, absl::string_view value) {
  WireReader in(name);
  const Eui64 device{in.OrderedU64()};
  const std::optional<AlertCode> code = CodeAt(in.U32());
  const Eui64 recipient{in.U64()};
  std::optional<OpenKey> open = DecodeState(value);
  if (!in.done() || !code || !open) {
    return std::nullopt;
  }
  return NamedOpenKey{{device, *code, recipient}, *std::move(open)};
}

const OpenKey* OpenKeys::Find(const AlertKey& key) const {
  const auto found = keys_.find(key);
  return found == keys_.end() ? nullptr : &found->second.state;
}

OpenKey* OpenKeys::TouchIfOpen(const AlertKey& key) {
  const auto found = keys_.find(key);
  if (found == keys_.end()) {
    return nullptr;
  }
  Entry& entry = found->second;
  if (entry.batch != batch_) {
    journal_.push_back({key, entry.state});
    entry.batch = batch_;
  }
  return &entry.state;
}

OpenKey& OpenKeys::Touch(const AlertKey& key) {
  OpenKey* const open = TouchIfOpen(key);
  WEIR_CHECK(open != nullptr);
  return *open;
}

OpenKey& OpenKeys::Open(const AlertKey& key, OpenKey state) {
  AddTimer({state.due(), key});
  const auto [entry, opened] = keys_.emplace(key, Entry{std::move(state), batch_});
  WEIR_CHECK(opened);
  journal_.push_back({key, std::nullopt});
  return entry->second.state;
}

void OpenKeys::EnterNextWindow(const AlertKey& key) {
  OpenKey& state = Touch(key);
  RemoveTimer({state.due(), key});
  RollTo(state.count.window + 1, state.count);
  AddTimer({state.due(), key});
}

void OpenKeys::Close(const AlertKey& key) {
  RemoveTimer({Touch(key).due(), key});
  keys_.erase(key);
}

void OpenKeys::AddTimer(const Timer& timer) {
  timers_.insert(timer);
  next_due_ = timers_.begin()->due;
}

void OpenKeys::RemoveTimer(const Timer& timer) {
  timers_.erase(timer);
  next_due_ = timers_.empty() ? kNever : timers_.begin()->due;
}

size_t OpenKeys::CountDue(TimeMs now, size_t limit) const {
  return CountDueBy(timers_, now, limit);
}

std::optional<TimeMs> OpenKeys::NextDue() const {
  return timers_.empty() ? std::nullopt : std::make_optional(next_due_);
}

std::vector<AlertKey> OpenKeys::DueNext() const {
  std::vector<AlertKey> keys;
  for (auto timer = timers_.begin(); timer != timers_.end() && timer->due == *NextDue(); ++timer) {
    keys.push_back(timer->key);
  }
  return InOrderOfPosition(std::move(keys));
}

std::vector<AlertKey> OpenKeys::WithCodes(const std::vector<bool>& codes) const {
  std::vector<AlertKey> keys;
  for (const auto& [key, entry] : keys_) {
    if (codes[key.code.index()]) {
      keys.push_back(key);
    }
  }
  return InOrderOfPosition(std::move(keys));
}

std::vector<AlertKey> OpenKeys::InOrderOfPosition(std::vector<AlertKey> keys) const {
  // A position belongs to one record and so to one key: the order is total.
  std::vector<std::pair<int64_t, AlertKey>> order;
  order.reserve(keys.size());
  for (const AlertKey& key : keys) {
    order.emplace_back(Find(key)->last_position, key);
  }
  std::sort(order.begin(), order.end());
  for (size_t i = 0; i < order.size(); ++i) {
    keys[i] = order[i].second;
  }
  return keys;
}

void OpenKeys::Accept() {
  journal_.clear();
  ++batch_;
}

void OpenKeys::Rollback() {
  for (; !journal_.empty(); journal_.pop_back()) {
    Change& change = journal_.back();
    keys_.erase(change.key);
    if (change.before) {
      keys_.emplace(change.key, Entry{*std::move(change.before), 0});
    }
  }
  timers_.clear();
  next_due_ = kNever;
  for (const auto& [key, entry] : keys_) {
    AddTimer({entry.state.due(), key});
  }
  ++batch_;
}

void OpenKeys::Export(const StateScope& scope) const {
  absl::flat_hash_set<AlertKey> written;
  for (const Change& change : journal_) {
    if (!written.insert(change.key).second) {
      continue;
    }
    if (const OpenKey* open = Find(change.key); open != nullptr) {
      scope.Put(NameOf(change.key), EncodeOpenKey(*open));
    } else {
      scope.Erase(NameOf(change.key));
    }
  }
}

void OpenKeys::Load(const AlertKey& key, OpenKey open) {
  Open(key, std::move(open));
  Accept();
}

}  // namespace weir
