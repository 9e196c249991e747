#include "engine/throttle/throttle.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/base/attributes.h"

#include "engine/base/check.h"
#include "engine/base/wire.h"
#include "engine/throttle/dealing.h"

namespace weir {

namespace {

// Names of the state's sections; the store gives them back in this order.
constexpr char kTotals = 'a';
constexpr char kTags = 'b';
constexpr char kRemovals = 'c';
constexpr char kImages = 'd';
constexpr char kDeltas = 'e';
constexpr char kOpenKeys = 'f';
constexpr char kSeen = 'g';

absl::string_view Section(const char& name) {
  return {&name, 1};
}

}  // namespace

Throttle::Throttle(const PolicySchedule& schedule, size_t shards)
    : schedule_(&schedule), totals_(shards), counters_(*this, shards) {
  WEIR_CHECK(shards > 0);
  for (size_t i = 0; i < shards; ++i) {
    shards_.push_back(
        std::make_unique<Shard>(i, rules_, counters_, totals_, schedule.duplicate_window));
  }
}

bool Throttle::IsOver(AlertCode code, uint64_t value, TimeMs horizon) const {
  return value != Shard::kOpen && rules_.version() != nullptr &&
         rules_.codec(code).IsOver(value, horizon);
}

inline size_t Throttle::ShardIndex(Eui64 device) const {
  return shards_.size() == 1 ? 0 : ShardOf(device, shards_.size());
}

// ---- Rounds

void Throttle::Begin(const Round& round) {
  round_ = round;
  dealt_ = 0;
  version_at_.reset();
  ends_ = false;
}

ABSL_ATTRIBUTE_ALWAYS_INLINE inline void Throttle::Deal(const Arrival& arrival) {
  if (arrival.alert == nullptr) {
    ShardFor(arrival.other->device.value_or(Eui64{})).Deal(arrival, 0);
    return;
  }
  const Alert& alert = *arrival.alert;
  const Eui64 device = alert.device.value_or(Eui64{});
  // The device that is zero has no tag either.
  const uint32_t tag = rules_.version() == nullptr
                           ? 0
                           : counters_.TagOf({device, rules_.version()->counted_as(alert.code),
                                              alert.recipient.value_or(Eui64{})});
  ShardFor(device).Deal(arrival, tag);
}

bool Throttle::DealOut() {
  if (version_at_) {
    TakeEffect(*std::exchange(version_at_, std::nullopt));
  }
  if (ends_) {
    return false;
  }
  version_at_ = NextVersionAt();
  ends_ = !version_at_;
  const Timeline& timeline = *round_.timeline;
  decide_until_ = version_at_ || timeline.empty() ? version_at_ : timeline.end();
  constexpr TimeMs kNever{INT64_MAX};
  const TimeMs until = version_at_.value_or(kNever);
  const absl::Span<const Arrival> left = round_.arrivals.subspan(dealt_);
  const Arrival* arrival = left.begin();
  for (; arrival != left.end() && arrival->now < until; ++arrival) {
    Deal(*arrival);
  }
  dealt_ += static_cast<size_t>(arrival - left.begin());
  return true;
}

// When the next version takes effect, if it does in this round.
std::optional<TimeMs> Throttle::NextVersionAt() const {
  const Timeline& timeline = *round_.timeline;
  if (in_force_ == schedule_->versions.size() || timeline.empty()) {
    return std::nullopt;
  }
  const TimeMs at = schedule_->versions[in_force_].effective_from().value_or(timeline.begin());
  return at <= timeline.end() ? std::make_optional(at) : std::nullopt;
}

void Throttle::Decide(size_t shard) {
  shards_[shard]->Decide(*round_.timeline, decide_until_, round_.verdicts);
}

TimeMs Throttle::UpToNextVersion(TimeMs by) const {
  return in_force_ == schedule_->versions.size()
             ? by
             : std::min(by, schedule_->versions[in_force_].effective_from().value_or(TimeMs{}));
}

std::optional<TimeMs> Throttle::FireSome(TimeMs by, size_t limit) {
  WEIR_CHECK(shards_.size() == 1);
  return shards_[0]->FireSome(UpToNextVersion(by), limit);
}

size_t Throttle::CountDue(TimeMs by, size_t limit) const {
  WEIR_CHECK(shards_.size() == 1);
  return shards_[0]->open_keys().CountDue(UpToNextVersion(by), limit);
}

std::optional<TimeMs> Throttle::NextDue() const {
  std::optional<TimeMs> next;
  const auto consider = [&](std::optional<TimeMs> due) {
    if (due && (!next || *due < *next)) {
      next = due;
    }
  };
  for (const auto& shard : shards_) {
    consider(shard->open_keys().NextDue());
  }
  if (in_force_ < schedule_->versions.size()) {
    consider(schedule_->versions[in_force_].effective_from());
  }
  return next;
}

void Throttle::MoveLedgersTo(std::vector<LedgerEntry>& entries) {
  for (const auto& shard : shards_) {
    shard->ledger().MoveTo(entries);
  }
}

// ---- Versions

void Throttle::PutInForce(size_t versions) {
  in_force_ = versions;
  FollowRules(versions == 0 ? nullptr : &schedule_->versions[versions - 1]);
}

void Throttle::FollowRules(const PolicyVersion* version) {
  rules_.PutInForce(version);
  for (const auto& shard : shards_) {
    shard->FollowRules();
  }
}

void Throttle::TakeEffect(TimeMs at) {
  if (rules_.version() != nullptr) {
    const std::vector<bool> touched =
        schedule_->versions[in_force_].KeysTouchedAfter(*rules_.version());
    const uint32_t record = round_.timeline->RecordAt(at);
    for (const auto& shard : shards_) {
      shard->EndCodes(touched, at, record);
    }
    counters_.RemoveCodes(touched);
  }
  PutInForce(in_force_ + 1);
}

void Throttle::GoOnWith(const PolicySchedule& schedule) {
  WEIR_CHECK(schedule.versions.size() >= in_force_ && in_force_ == accepted_in_force_);
  WEIR_CHECK(schedule.duplicate_window == schedule_->duplicate_window);
  schedule_ = &schedule;
  PutInForce(in_force_);
}

void Throttle::StartAfresh(const PolicyVersion* before, TimeMs now) {
  if (before != nullptr) {
    const PolicyVersion* after = rules_.version();
    FollowRules(before);
    const std::vector<bool> all(AlertCode::kCount, true);
    for (const auto& shard : shards_) {
      shard->EndCodes(all, now, 0);
    }
    counters_.RemoveCodes(all);
    FollowRules(after);
  }
}

// ---- Figures

std::vector<CodeTotals> Throttle::TotalsByCode() const {
  std::vector<CodeTotals> codes = totals_.codes();
  ForEachOpenKey([&](const AlertKey& key, const OpenKey& open) {
    if (open.episode) {
      codes[key.code.index()].pending += open.episode->pending;
      ++codes[key.code.index()].open;
    }
  });
  return codes;
}

void Throttle::ForEachKey(TimeMs now, KeyVisitor visit) const {
  if (rules_.version() == nullptr) {
    return;
  }
  const Epochs::Pin pin = counters_.Enter();
  counters_.table().ForEach([&](const CounterTable::Key& slot, uint64_t value) {
    VisitCounter(slot, value, now, visit);
  });
  ForEachOpenKey([&](const AlertKey& key, const OpenKey& open) { visit(key, open.count, &open); });
}

void Throttle::ForEachKeyOf(Eui64 device, TimeMs now, KeyVisitor visit) const {
  if (rules_.version() == nullptr) {
    return;
  }
  const Epochs::Pin pin = counters_.Enter();
  for (uint32_t tag = 1; device != Eui64{} && counters_.KnowsTag(tag); ++tag) {
    const CounterTable::Key slot{.device = device.value, .tag = tag};
    if (const uint64_t value = counters_.table().Find(slot); value != 0) {
      VisitCounter(slot, value, now, visit);
    }
  }
  ForEachOpenKey([&](const AlertKey& key, const OpenKey& open) {
    if (key.device == device) {
      visit(key, open.count, &open);
    }
  });
}

// Unless it is over, or its key is open.
void Throttle::VisitCounter(const CounterTable::Key& slot, uint64_t value, TimeMs now,
                            KeyVisitor visit) const {
  const AlertKey key = counters_.KeyAt(slot);
  if (value != Shard::kOpen && !IsOver(key.code, value, now)) {
    WindowCount count = rules_.codec(key.code).Unpack(value);
    RollTo(WindowOf(now, rules_.version()->policy(key.code).window), count);
    visit(key, count, nullptr);
  }
}

uint64_t Throttle::EpisodesOpen() const {
  uint64_t open = 0;
  for (const CodeTotals& code : totals_.codes()) {
    open += code.started - code.ended;
  }
  return open;
}

size_t Throttle::messages_remembered() const {
  size_t messages = 0;
  for (const auto& shard : shards_) {
    messages += shard->duplicates().size();
  }
  return messages;
}

// ---- Batches and the store

void Throttle::Accept(TimeMs now) {
  totals_.Accept();
  counters_.Accept(now);
  for (const auto& shard : shards_) {
    shard->Accept(now);
  }
  accepted_in_force_ = in_force_;
}

void Throttle::Rollback() {
  PutInForce(accepted_in_force_);
  totals_.Rollback();
  counters_.Rollback();
  for (const auto& shard : shards_) {
    shard->Rollback();
  }
}

void Throttle::Export(uint64_t number, const StateScope& scope) const {
  totals_.Export(scope.Inner(Section(kTotals)));
  counters_.ExportTags(scope.Inner(Section(kTags)));
  counters_.ExportRemovals(number, scope.Inner(Section(kRemovals)));
  counters_.ExportDelta(number, scope.Inner(Section(kDeltas)));
  for (const auto& shard : shards_) {
    shard->ExportOpenKeys(scope.Inner(Section(kOpenKeys)));
  }
  ExportSeen(number, scope.Inner(Section(kSeen)));
}

void Throttle::ExportUpkeep(uint64_t number, TimeMs now, const StateScope& scope) {
  counters_.ExportUpkeep(number, scope.Inner(Section(kDeltas)), scope.Inner(Section(kImages)));
  EraseSeen(number, now, scope.Inner(Section(kSeen)));
}

void Throttle::ExportSeen(uint64_t number, const StateScope& scope) const {
  size_t seen = 0;
  for (const auto& shard : shards_) {
    seen += shard->duplicates().batch_size();
  }
  std::string chunk;
  chunk.reserve(seen * Sighting::kBytes);
  for (const auto& shard : shards_) {
    shard->duplicates().ForEachOfBatch([&](const Sighting& sighting) { sighting.Encode(chunk); });
  }
  if (!chunk.empty()) {
    scope.Put(OrderedName(number), std::move(chunk));
  }
}

// Erases the chunks that are over, that of commit `number` included.
void Throttle::EraseSeen(uint64_t number, TimeMs now, const StateScope& scope) {
  std::optional<TimeMs> newest;
  for (const auto& shard : shards_) {
    newest = std::max(newest, shard->duplicates().newest_of_batch());
  }
  if (newest) {
    seen_chunks_.push_back({number, *newest});
  }
  for (; !seen_chunks_.empty() && now - seen_chunks_.front().newest >= schedule_->duplicate_window;
       seen_chunks_.pop_front()) {
    scope.Erase(OrderedName(seen_chunks_.front().number));
  }
}

Lifetime Throttle::LifetimeOf(absl::string_view name) {
  switch (name.empty() ? '\0' : name[0]) {
    case kImages:
      return Lifetime::kUpkeep;
    case kDeltas:
    case kOpenKeys:
    case kSeen:
      return Lifetime::kExpiring;
    default:
      return Lifetime::kLasting;
  }
}

// A count matters up to the end of the window after its own, an open key is written at the end of
// each of its windows, and the keys of other limits than these have been removed. Of the accepted
// version, since the one that the open batch brings may be rolled back.
DurationMs Throttle::KeptFor() const {
  DurationMs longest = schedule_->duplicate_window;
  if (accepted_in_force_ > 0) {
    for (const CodePolicy& policy : schedule_->versions[accepted_in_force_ - 1].policies()) {
      longest = std::max(longest, DurationMs{2 * policy.window.value});
    }
  }
  return longest;
}

absl::Status Throttle::Load(absl::string_view name, absl::string_view value) {
  const absl::string_view rest = name.substr(name.empty() ? 0 : 1);
  switch (name.empty() ? '\0' : name[0]) {
    case kTotals:
      return totals_.Load(rest, value);
    case kTags:
      return counters_.LoadTag(rest, value);
    case kRemovals:
      return counters_.LoadRemoval(rest, value);
    case kImages:
      return counters_.LoadImage(rest, value);
    case kDeltas:
      return counters_.LoadDelta(rest, value);
    case kOpenKeys:
      return LoadOpenKey(rest, value);
    case kSeen:
      return LoadSeen(rest, value);
    default:
      return absl::DataLossError("the state holds an entry of throttling that is not known");
  }
}

absl::Status Throttle::LoadOpenKey(absl::string_view name, absl::string_view value) {
  std::optional<NamedOpenKey> named = DecodeOpenKey(name, value);
  if (!named) {
    return absl::DataLossError("an open key kept in the state is damaged");
  }
  ShardFor(named->key.device).LoadOpenKey(named->key, std::move(named->open));
  return absl::OkStatus();
}

absl::Status Throttle::LoadSeen(absl::string_view name, absl::string_view value) {
  WireReader key(name);
  const uint64_t number = key.OrderedU64();
  TimeMs newest{};
  WireReader in(value);
  bool valid = key.done() && !in.rest().empty();
  while (valid && !in.rest().empty()) {
    const std::optional<Sighting> sighting = Sighting::Decode(in);
    valid = sighting.has_value();
    if (valid) {
      newest = std::max(newest, sighting->at);
      shards_[ShardOf(sighting->id.device_bits(), shards_.size())]->duplicates().Load(*sighting);
    }
  }
  seen_chunks_.push_back({number, newest});
  return valid ? absl::OkStatus()
               : absl::DataLossError("the messages seen, kept in the state, are damaged");
}

absl::Status Throttle::CheckLoaded(const PolicyVersion* version, TimeMs now, bool some_due) {
  counters_.FinishLoad();
  const Epochs::Pin pin = counters_.Enter();
  bool valid = true;
  ForEachOpenKey([&](const AlertKey& key, const OpenKey& open) {
    const CounterTable::Key slot = counters_.KnownKeyOf(key);
    // The word that says so may have been in a delta which is no longer kept.
    const uint64_t kept = slot.tag == 0
                              ? Shard::kOpen
                              : counters_.Update(ShardIndex(key.device), slot, [](uint64_t before) {
                                  return before == 0 ? Shard::kOpen : before;
                                });
    valid = valid && version != nullptr && open.window == version->policy(key.code).window &&
            (open.count.window == WindowOf(now, open.window) || (some_due && open.due() == now)) &&
            (kept == 0 || kept == Shard::kOpen);
  });
  Rules rules;
  rules.PutInForce(version);
  counters_.table().ForEach([&](const CounterTable::Key& slot, uint64_t value) {
    const AlertKey key = counters_.KeyAt(slot);
    if (version == nullptr || !valid) {
      valid = false;
    } else if (value == Shard::kOpen) {
      valid = shards_[ShardIndex(key.device)]->open_keys().Find(key) != nullptr;
    } else {
      // By a product instead of a quotient: there are tens of millions.
      const int64_t window = rules.codec(key.code).Unpack(value).window;
      valid = window * version->policy(key.code).window.value <= now.value;
    }
  });
  return valid ? absl::OkStatus()
               : absl::DataLossError("the counts and episodes kept in the state do not agree");
}

void Throttle::FinishLoad(TimeMs now) {
  PutInForce(schedule_->TakenEffectBy(now));
  Accept(now);
}

}  // namespace weir
