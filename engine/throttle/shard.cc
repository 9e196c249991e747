#include "engine/throttle/shard.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/base/attributes.h"

#include "engine/base/check.h"

namespace weir {

namespace {

// How many alerts are prepared before the first of them is decided: enough that their accesses to
// memory overlap, and few enough that what was fetched is still there.
constexpr size_t kGroup = 64;

AlertKey KeyOf(const Alert& alert, const PolicyVersion& version) {
  return {*alert.device, version.counted_as(alert.code), alert.recipient.value_or(Eui64{})};
}

}  // namespace

Shard::Shard(size_t index, const Rules& rules, Counters& counters, Totals& totals,
             DurationMs duplicate_window)
    : index_(index),
      rules_(rules),
      counters_(counters),
      totals_(totals.shard(index)),
      duplicates_(duplicate_window) {}

// ---- Alerts

inline void Shard::FireDueBy(TimeMs now, const Timeline& timeline) {
  if (open_keys_.IsAnyDueBy(now)) {
    FireAllBy(now, timeline);
  }
}

inline void Shard::Prepare(const Dealt& dealt, Prepared& prepared) const {
  const Alert* alert = dealt.arrival->alert;
  prepared.id = alert != nullptr ? FingerprintOf(*alert) : FingerprintOf(*dealt.arrival->other);
  if (prepared.id) {
    duplicates_.Prefetch(*prepared.id);
  }
  if (dealt.tag != 0) {
    prepared.place = counters_.Locate(SlotKey(dealt));
  }
}

inline void Shard::Approach(const Dealt& dealt, Prepared& prepared) {
  if (dealt.tag != 0) {
    Counters::Approach(SlotKey(dealt), prepared.place);
  }
}

// Those that alerts of a code are counted by, at `now`.
inline const Shard::Limits& Shard::LimitsAt(TimeMs now, AlertCode code) {
  Limits& limits = limits_[version().policy_index(code)];
  if (!limits.clock.Holds(now)) {
    MoveTo(now, limits);
  }
  return limits;
}

Shard::Counting Shard::CountingOf(const Arrival& arrival) {
  return {.limits = LimitsAt(arrival.now, arrival.alert->code),
          .excluded = version().excluded(arrival.alert->code),
          .now = arrival.now};
}

void Shard::MoveTo(TimeMs now, Limits& limits) {
  limits.clock.MoveTo(now);
  limits.passing = limits.codec->PassingIn(limits.clock.window(), limits.policy->threshold);
}

Shard::Finding Shard::CountIn(const Counting& how, WindowCount& count) {
  RollTo(how.window(), count);
  ++count.current;
  if (how.excluded) {
    return count.current == how.policy().threshold + 1 ? Finding::kPassStorm : Finding::kPass;
  }
  return Measure(count, how.policy(), how.now) > how.policy().threshold ? Finding::kStart
                                                                        : Finding::kPass;
}

// The same on a word of the counter table.
Shard::Finding Shard::CountIn(const Counting& how, uint64_t& word) {
  WindowCount count = word == 0 ? WindowCount{.window = how.window()} : how.codec().Unpack(word);
  const Finding finding = CountIn(how, count);
  word = finding == Finding::kStart ? kOpen : how.codec().Pack(count).value_or(kOpen);
  return finding;
}

// The word that follows `word` once the alert has been counted; the key is not open.
uint64_t Shard::WordAfter(uint64_t word, const Arrival& arrival) {
  CountIn(CountingOf(arrival), word);
  return word;
}

ABSL_ATTRIBUTE_ALWAYS_INLINE inline Verdict Shard::Count(const Dealt& dealt,
                                                         const Prepared& prepared) {
  const Arrival* const arrival = dealt.arrival;
  const PassingWords* const passing = &LimitsAt(arrival->now, arrival->alert->code).passing;
  // A key that cannot be in the table is open, or will be.
  uint64_t before = kOpen;
  if (dealt.tag != 0) {
    before = counters_.Update(index_, SlotKey(dealt), prepared.place, [=, this](uint64_t word) {
      return passing->Follow(word) ? passing->After(word)
             : word == kOpen       ? kOpen
                                   : WordAfter(word, *arrival);
    });
  }
  return passing->Follow(before) ? Verdict::kForward : CountUncommon(*arrival, before);
}

ABSL_ATTRIBUTE_ALWAYS_INLINE inline Verdict Shard::DecideOne(const Dealt& dealt,
                                                             const Prepared& prepared) {
  const Arrival& arrival = *dealt.arrival;
  const bool seen = prepared.id && duplicates_.IsDuplicate(*prepared.id, arrival.now);
  if (arrival.alert == nullptr) {
    return seen ? Verdict::kDuplicate : Verdict::kForward;
  }
  const Alert& alert = *arrival.alert;
  CodeTotals& totals = totals_.Of(alert.code);
  if (seen) {
    ++totals.duplicates;
    return Verdict::kDuplicate;
  }
  ++totals.alerts;
  const bool counts = rules_.version() != nullptr && alert.device;
  const Verdict verdict = counts ? Count(dealt, prepared) : Verdict::kForward;
  totals.forwarded += verdict == Verdict::kForward ? 1 : 0;
  return verdict;
}

void Shard::Decide(const Timeline& timeline, std::optional<TimeMs> until,
                   absl::Span<Verdict> verdicts) {
  const Epochs::Pin pin = counters_.Enter();
  std::array<Prepared, kGroup> prepared;
  for (size_t begin = 0; begin < dealt_.size(); begin += kGroup) {
    const absl::Span<const Dealt> group = absl::MakeConstSpan(dealt_).subspan(begin, kGroup);
    for (size_t i = 0; i < group.size(); ++i) {
      Prepare(group[i], prepared[i]);
    }
    for (size_t i = 0; i < group.size(); ++i) {
      Approach(group[i], prepared[i]);
    }
    for (size_t i = 0; i < group.size(); ++i) {
      const Arrival& arrival = *group[i].arrival;
      FireDueBy(arrival.now, timeline);
      verdicts[arrival.record] = DecideOne(group[i], prepared[i]);
    }
  }
  dealt_.clear();
  if (until) {
    FireDueBy(*until, timeline);
  }
}

// Counts an alert whose key is open, or cannot be in the counter table.
inline Verdict Shard::CountOpen(const Counting& how, const Arrival& arrival, const AlertKey& key) {
  OpenKey* found = open_keys_.TouchIfOpen(key);
  if (found == nullptr) {
    found =
        &open_keys_.Open(key, {.count = {.window = how.window()}, .window = how.policy().window});
  }
  OpenKey& open = *found;
  WEIR_CHECK(open.count.window == how.window());
  open.last_position = arrival.position;
  const Finding finding = CountIn(how, open.count);
  return open.episode && !how.excluded ? Throttled(arrival, how.policy(), open)
                                       : Act(finding, arrival, key);
}

// What follows for an alert that may not just pass. It has been counted in the table, where the
// key's word was `before`, unless the key is open.
Verdict Shard::CountUncommon(const Arrival& arrival, uint64_t before) {
  const AlertKey key = KeyOf(*arrival.alert, version());
  const Counting how = CountingOf(arrival);
  if (before == kOpen) {
    return CountOpen(how, arrival, key);
  }
  uint64_t after = before;
  const Finding finding = CountIn(how, after);
  if (after == kOpen) {
    OpenAfter(before, how, key, arrival.position);
  }
  return Act(finding, arrival, key);
}

// Opens a key whose word was `before`, with the alert counted that opens it.
void Shard::OpenAfter(uint64_t before, const Counting& how, const AlertKey& key, int64_t position) {
  WindowCount count =
      before == 0 ? WindowCount{.window = how.window()} : how.codec().Unpack(before);
  CountIn(how, count);
  open_keys_.Open(key, {.count = count, .window = how.policy().window, .last_position = position});
}

// What follows for an alert that did not meet an episode. If one starts, the key has been opened.
Verdict Shard::Act(Finding finding, const Arrival& arrival, const AlertKey& key) {
  if (finding == Finding::kPass) {
    return Verdict::kForward;
  }
  ledger_.At({.record = arrival.record});
  if (finding == Finding::kStart) {
    OpenKey& open = open_keys_.Touch(key);
    open.episode = {.started = arrival.now, .started_window = open.count.window};
    ++totals_.Of(key.code).started;
    EpisodeEvent event = Event(EpisodeEvent::Kind::kStarted, key, arrival.now);
    event.started = arrival.now;
    ledger_.Add(event);
    return Throttled(arrival, version().policy(key.code), open);
  }
  ledger_.Add(Event(EpisodeEvent::Kind::kExcludedStorm, key, arrival.now));
  return Verdict::kForward;
}

// An alert in an episode, that of an open key which has been touched.
Verdict Shard::Throttled(const Arrival& arrival, const CodePolicy& policy, OpenKey& open) {
  const Forward& forward = policy.forward;
  Episode& episode = *open.episode;
  ++episode.alerts;
  ++episode.pending;
  const bool first_of_later_window =
      open.count.current == 1 && open.count.window > episode.started_window;
  const bool passes = (first_of_later_window && forward.kind != Forward::Kind::kNone) ||
                      (forward.kind == Forward::Kind::kOneIn && episode.pending == forward.n);
  if (!passes) {
    Keep(*arrival.alert, episode.last);
    return Verdict::kConsolidate;
  }
  ledger_.At({.record = arrival.record});
  ledger_.Add(TakeCopy(arrival.alert->code, episode));
  return Verdict::kCopy;
}

CopyMark Shard::TakeCopy(AlertCode code, Episode& episode) {
  ++totals_.Of(code).copies;
  ++episode.sequence;
  return {.sequence_id = episode.sequence, .count = std::exchange(episode.pending, 0)};
}

// ---- Timers and versions

void Shard::FireAllBy(TimeMs now, const Timeline& timeline) {
  while (open_keys_.IsAnyDueBy(now)) {
    FireNext(timeline.RecordAt(*open_keys_.NextDue()), SIZE_MAX);
  }
}

std::optional<TimeMs> Shard::FireSome(TimeMs by, size_t limit) {
  const Epochs::Pin pin = counters_.Enter();
  std::optional<TimeMs> last;
  while (limit > 0 && open_keys_.IsAnyDueBy(by)) {
    last = open_keys_.NextDue();
    limit -= FireNext(0, limit);
  }
  return last;
}

// Lets happen what is due at the earliest due time, with `record`: at most `limit` keys; how many.
// What is left over is kept in its order, so that a million keys in small steps are sorted once.
size_t Shard::FireNext(uint32_t record, size_t limit) {
  const TimeMs due = *open_keys_.NextDue();
  if (due_next_.empty()) {
    due_next_ = open_keys_.DueNext();
    std::reverse(due_next_.begin(), due_next_.end());
  }
  size_t fired = 0;
  for (; fired < limit && !due_next_.empty(); ++fired) {
    const AlertKey key = due_next_.back();
    due_next_.pop_back();
    ledger_.At({.record = record,
                .phase = LedgerOrder::Phase::kWindowEnd,
                .at = due,
                .position = open_keys_.Find(key)->last_position,
                .key = key});
    EndWindow(key, due);
  }
  return fired;
}

void Shard::EndCodes(const std::vector<bool>& codes, TimeMs at, uint32_t record) {
  const Epochs::Pin pin = counters_.Enter();
  for (const AlertKey& key : open_keys_.WithCodes(codes)) {
    ledger_.At({.record = record,
                .phase = LedgerOrder::Phase::kVersion,
                .at = at,
                .position = open_keys_.Find(key)->last_position,
                .key = key});
    EndKey(key, EpisodeEvent::Reason::kPolicy, at);
  }
}

void Shard::EndWindow(const AlertKey& key, TimeMs at) {
  const OpenKey& open = *open_keys_.Find(key);
  if (!open.episode) {
    open_keys_.EnterNextWindow(key);
    TryCompact(key);
    return;
  }
  if (open.count.current <= version().policy(key.code).clear) {
    EndKey(key, EpisodeEvent::Reason::kClear, at);
    return;
  }
  EpisodeEvent event = Event(EpisodeEvent::Kind::kContinuing, key, at);
  event.started = open.episode->started;
  event.counts = {open.episode->alerts, open.episode->sequence};
  ledger_.Add(event);
  open_keys_.EnterNextWindow(key);
}

// Ends the key's episode, if it has one; either way the key starts afresh.
void Shard::EndKey(const AlertKey& key, EpisodeEvent::Reason reason, TimeMs at) {
  if (open_keys_.Find(key)->episode) {
    Episode& episode = *open_keys_.Touch(key).episode;
    if (episode.pending > 0 && version().policy(key.code).last_word) {
      const CopyMark mark = TakeCopy(episode.last.code, episode);
      ledger_.Add(LastWord{std::move(episode.last), mark});
    }
    CodeTotals& totals = totals_.Of(key.code);
    totals.unrepresented += episode.pending;
    ++totals.ended;
    EpisodeEvent event = Event(EpisodeEvent::Kind::kEnded, key, at);
    event.started = episode.started;
    event.reason = reason;
    event.counts = {episode.alerts, episode.sequence};
    ledger_.Add(event);
  }
  Close(key);
}

void Shard::Close(const AlertKey& key) {
  open_keys_.Close(key);
  if (const CounterTable::Key slot = counters_.KnownKeyOf(key); slot.tag != 0) {
    counters_.Update(index_, slot, [](uint64_t /*before*/) { return uint64_t{0}; });
  }
}

// A key that is open only because its counts were large goes back to the counters, or away.
void Shard::TryCompact(const AlertKey& key) {
  const WindowCount count = open_keys_.Find(key)->count;
  const bool sliding = version().policy(key.code).window_kind == WindowKind::kSliding;
  if (count.current == 0 && (count.previous == 0 || !sliding)) {
    Close(key);
    return;
  }
  const CounterTable::Key slot = counters_.KnownKeyOf(key);
  const std::optional<uint64_t> word = rules_.codec(key.code).Pack(count);
  if (slot.tag != 0 && word) {
    open_keys_.Close(key);
    counters_.Update(index_, slot, [&](uint64_t /*before*/) { return *word; });
  }
}

EpisodeEvent Shard::Event(EpisodeEvent::Kind kind, const AlertKey& key, TimeMs at) const {
  EpisodeEvent event;
  event.kind = kind;
  event.at = at;
  event.key = key;
  event.policy = version().effective_from();
  event.note = version().note();
  return event;
}

void Shard::FollowRules() {
  limits_.clear();
  if (rules_.version() != nullptr) {
    for (size_t i = 0; i < version().policies().size(); ++i) {
      const CodePolicy& policy = version().policies()[i];
      const CountCodec& codec = rules_.codecs()[i];
      limits_.push_back({.policy = &policy,
                         .codec = &codec,
                         .clock = WindowClock(policy.window),
                         .passing = codec.PassingIn(0, policy.threshold)});
    }
  }
}

// ---- Batches

void Shard::Accept(TimeMs now) {
  duplicates_.Accept(now);
  open_keys_.Accept();
}

void Shard::Rollback() {
  dealt_.clear();
  due_next_.clear();
  ledger_ = Ledger();
  duplicates_.Rollback();
  open_keys_.Rollback();
}

}  // namespace weir
