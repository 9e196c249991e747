#include "engine/throttle/throttle.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"

namespace weir {

namespace {

// In the counter table: the key's state is in the open keys.
constexpr uint64_t kOpen = CounterTable::kMaxValue;

// Names of the state's sections; the store gives them back in this order.
constexpr char kTags = 'a';
constexpr char kImages = 'b';
constexpr char kDeltas = 'c';
constexpr char kOpenKeys = 'd';

absl::string_view Section(const char& name) {
  return {&name, 1};
}

}  // namespace

Throttle::Throttle(const PolicySchedule& schedule, Totals& totals)
    : schedule_(schedule), totals_(totals), counters_(*this) {}

const CountCodec& Throttle::Codec(AlertCode code) const {
  return codecs_[version_->policy_index(code)];
}

bool Throttle::IsOver(AlertCode code, uint64_t value, TimeMs horizon) const {
  return value != kOpen && version_ != nullptr && Codec(code).IsOver(value, horizon);
}

void Throttle::PutInForce(size_t versions) {
  in_force_ = versions;
  version_ = versions == 0 ? nullptr : &schedule_.versions[versions - 1];
  codecs_.clear();
  if (version_ != nullptr) {
    for (const CodePolicy& policy : version_->policies()) {
      codecs_.emplace_back(policy);
    }
  }
}

void Throttle::Prefetch(const Alert& alert) {
  if (version_ != nullptr && alert.device) {
    counters_.Prefetch(counters_.KeyOf(
        {*alert.device, version_->counted_as(alert.code), alert.recipient.value_or(Eui64{})}));
  }
}

void Throttle::Advance(TimeMs now, ThrottleOutput& output) {
  while (in_force_ < schedule_.versions.size() &&
         schedule_.versions[in_force_].effective_from().value_or(now) <= now) {
    TakeEffect(in_force_, schedule_.versions[in_force_].effective_from().value_or(now), output);
  }
  FireDueBy(now, output);
}

void Throttle::TakeEffect(size_t version, TimeMs at, ThrottleOutput& output) {
  FireDueBy(at, output);
  if (version_ != nullptr) {
    const std::vector<bool> touched = schedule_.versions[version].KeysTouchedAfter(*version_);
    for (const AlertKey& key : open_keys_.WithCodes(touched)) {
      EndEpisode(key, EpisodeEvent::Reason::kPolicy, at, output);
    }
    counters_.RemoveCodes(touched);
  }
  PutInForce(version + 1);
}

void Throttle::FireDueBy(TimeMs now, ThrottleOutput& output) {
  for (std::optional<TimeMs> due = open_keys_.NextDue(); due && *due <= now;
       due = open_keys_.NextDue()) {
    for (const AlertKey& key : open_keys_.DueNext()) {
      EndWindow(key, *due, output);
    }
  }
}

void Throttle::EndWindow(const AlertKey& key, TimeMs at, ThrottleOutput& output) {
  const OpenKey& open = *open_keys_.Find(key);
  if (!open.episode) {
    open_keys_.EnterNextWindow(key);
    TryCompact(key);
    return;
  }
  if (open.count.current <= version_->policy(key.code).clear) {
    EndEpisode(key, EpisodeEvent::Reason::kClear, at, output);
    return;
  }
  EpisodeEvent event = Event(EpisodeEvent::Kind::kContinuing, key, at);
  event.started = open.episode->started;
  event.counts = {open.episode->alerts, open.episode->sequence};
  output.Episode(event);
  open_keys_.EnterNextWindow(key);
}

// Ends the key's episode, if it has one; either way the key starts afresh.
void Throttle::EndEpisode(const AlertKey& key, EpisodeEvent::Reason reason, TimeMs at,
                          ThrottleOutput& output) {
  if (open_keys_.Find(key)->episode) {
    Episode& episode = *open_keys_.Touch(key).episode;
    CodeTotals& totals = totals_.Of(key.code);
    if (episode.pending > 0 && version_->policy(key.code).last_word) {
      CopyOut(View(episode.last), episode, output);
    }
    totals.unrepresented += episode.pending;
    ++totals.ended;
    EpisodeEvent event = Event(EpisodeEvent::Kind::kEnded, key, at);
    event.started = episode.started;
    event.reason = reason;
    event.counts = {episode.alerts, episode.sequence};
    output.Episode(event);
  }
  Close(key);
}

void Throttle::Close(const AlertKey& key) {
  open_keys_.Close(key);
  if (const CounterTable::Key slot = counters_.KeyOf(key); slot.tag != 0) {
    counters_.Update(slot, [](uint64_t /*before*/) { return uint64_t{0}; });
  }
}

// A key that is open only because its counts were large goes back to the counters, or away.
void Throttle::TryCompact(const AlertKey& key) {
  const WindowCount count = open_keys_.Find(key)->count;
  const bool sliding = version_->policy(key.code).window_kind == WindowKind::kSliding;
  if (count.current == 0 && (count.previous == 0 || !sliding)) {
    Close(key);
    return;
  }
  const CounterTable::Key slot = counters_.KeyOf(key);
  const std::optional<uint64_t> word = Codec(key.code).Pack(count);
  if (slot.tag != 0 && word) {
    open_keys_.Close(key);
    counters_.Update(slot, [&](uint64_t /*before*/) { return *word; });
  }
}

Throttle::Verdict Throttle::CountAlert(const CodePolicy& policy, bool excluded, TimeMs now,
                                       WindowCount& count) {
  RollTo(WindowOf(now, policy.window), count);
  ++count.current;
  if (excluded) {
    return count.current == policy.threshold + 1 ? Verdict::kPassStorm : Verdict::kPass;
  }
  return Measure(count, policy, now) > policy.threshold ? Verdict::kStart : Verdict::kPass;
}

void Throttle::Decide(const Alert& alert, int64_t position, TimeMs now, ThrottleOutput& output) {
  ++totals_.Of(alert.code).alerts;
  if (version_ == nullptr || !alert.device) {
    Pass(alert, output);
    return;
  }
  const AlertKey key{*alert.device, version_->counted_as(alert.code),
                     alert.recipient.value_or(Eui64{})};
  const CounterTable::Key slot = counters_.KeyOf(key);
  if (slot.tag == 0) {
    DecideOpen(alert, key, position, now, output);
    return;
  }
  const CodePolicy& policy = version_->policy(key.code);
  const CountCodec& codec = Codec(key.code);
  const bool excluded = version_->excluded(alert.code);
  bool open = false;
  Verdict verdict = Verdict::kPass;
  WindowCount count;
  counters_.Update(slot, [&](uint64_t before) -> uint64_t {
    open = before == kOpen;
    if (open) {
      return kOpen;
    }
    count =
        before == 0 ? WindowCount{.window = WindowOf(now, policy.window)} : codec.Unpack(before);
    verdict = CountAlert(policy, excluded, now, count);
    return verdict == Verdict::kStart ? kOpen : codec.Pack(count).value_or(kOpen);
  });
  if (open) {
    DecideOpen(alert, key, position, now, output);
    return;
  }
  if (verdict == Verdict::kStart || !codec.Pack(count)) {
    open_keys_.Open(key, {.count = count, .window = policy.window, .last_position = position});
  }
  Act(verdict, alert, key, now, output);
}

// Decides an alert whose key is open, or cannot be in the counter table.
void Throttle::DecideOpen(const Alert& alert, const AlertKey& key, int64_t position, TimeMs now,
                          ThrottleOutput& output) {
  const CodePolicy& policy = version_->policy(key.code);
  if (open_keys_.Find(key) == nullptr) {
    open_keys_.Open(key, {.count = {.window = WindowOf(now, policy.window)},
                          .window = policy.window,
                          .last_position = position});
  }
  OpenKey& open = open_keys_.Touch(key);
  WEIR_CHECK(open.count.window == WindowOf(now, policy.window));
  open.last_position = position;
  const bool excluded = version_->excluded(alert.code);
  const Verdict verdict = CountAlert(policy, excluded, now, open.count);
  if (open.episode && !excluded) {
    Throttled(alert, key, output);
  } else {
    Act(verdict, alert, key, now, output);
  }
}

// What follows for an alert that did not meet an episode. If one starts, the key has been opened.
void Throttle::Act(Verdict verdict, const Alert& alert, const AlertKey& key, TimeMs now,
                   ThrottleOutput& output) {
  if (verdict == Verdict::kStart) {
    OpenKey& open = open_keys_.Touch(key);
    open.episode = {.started = now, .started_window = open.count.window};
    ++totals_.Of(key.code).started;
    EpisodeEvent event = Event(EpisodeEvent::Kind::kStarted, key, now);
    event.started = now;
    output.Episode(event);
    Throttled(alert, key, output);
    return;
  }
  if (verdict == Verdict::kPassStorm) {
    output.Episode(Event(EpisodeEvent::Kind::kExcludedStorm, key, now));
  }
  Pass(alert, output);
}

void Throttle::Throttled(const Alert& alert, const AlertKey& key, ThrottleOutput& output) {
  const Forward& forward = version_->policy(key.code).forward;
  OpenKey& open = open_keys_.Touch(key);
  Episode& episode = *open.episode;
  ++episode.alerts;
  ++episode.pending;
  const bool first_of_later_window =
      open.count.current == 1 && open.count.window > episode.started_window;
  const bool passes = (first_of_later_window && forward.kind != Forward::Kind::kNone) ||
                      (forward.kind == Forward::Kind::kOneIn && episode.pending == forward.n);
  if (passes) {
    CopyOut(alert, episode, output);
  } else {
    episode.last = Keep(alert);
    output.Consolidate(alert);
  }
}

void Throttle::Pass(const Alert& alert, ThrottleOutput& output) {
  ++totals_.Of(alert.code).forwarded;
  output.Forward(alert);
}

void Throttle::CopyOut(const Alert& alert, Episode& episode, ThrottleOutput& output) {
  ++totals_.Of(alert.code).copies;
  ++episode.sequence;
  output.ForwardCopy(alert, {.sequence_id = episode.sequence, .count = episode.pending});
  episode.pending = 0;
}

EpisodeEvent Throttle::Event(EpisodeEvent::Kind kind, const AlertKey& key, TimeMs at) const {
  EpisodeEvent event;
  event.kind = kind;
  event.at = at;
  event.key = key;
  event.policy = version_->effective_from();
  event.note = version_->note();
  return event;
}

void Throttle::StartAfresh(const PolicyVersion* before, TimeMs now, ThrottleOutput& output) {
  if (before != nullptr) {
    const PolicyVersion* after = std::exchange(version_, before);
    const std::vector<bool> all(AlertCode::kCount, true);
    for (const AlertKey& key : open_keys_.WithCodes(all)) {
      EndEpisode(key, EpisodeEvent::Reason::kPolicy, now, output);
    }
    counters_.RemoveCodes(all);
    version_ = after;
  }
}

void Throttle::AddOpenTo(std::vector<CodeTotals>& codes) const {
  open_keys_.ForEach([&](const AlertKey& key, const OpenKey& open) {
    if (open.episode) {
      codes[key.code.index()].pending += open.episode->pending;
      ++codes[key.code.index()].open;
    }
  });
}

void Throttle::Accept(TimeMs now) {
  counters_.Accept(now);
  open_keys_.Accept();
  accepted_in_force_ = in_force_;
}

void Throttle::Rollback() {
  PutInForce(accepted_in_force_);
  counters_.Rollback();
  open_keys_.Rollback();
}

void Throttle::Export(uint64_t number, const StateScope& scope) {
  counters_.ExportTags(scope.Inner(Section(kTags)));
  counters_.ExportDelta(number, scope.Inner(Section(kDeltas)), scope.Inner(Section(kImages)));
  open_keys_.Export(scope.Inner(Section(kOpenKeys)));
}

absl::Status Throttle::Load(absl::string_view name, absl::string_view value) {
  const absl::string_view rest = name.substr(name.empty() ? 0 : 1);
  switch (name.empty() ? '\0' : name[0]) {
    case kTags:
      return counters_.LoadTag(rest, value);
    case kImages:
      return counters_.LoadImage(rest, value);
    case kDeltas:
      return counters_.LoadDelta(rest, value);
    case kOpenKeys:
      return open_keys_.Load(rest, value);
    default:
      return absl::DataLossError("the state holds an entry of throttling that is not known");
  }
}

absl::Status Throttle::CheckLoaded(const PolicyVersion* version, TimeMs now) {
  const Epochs::Pin pin = Enter();
  bool valid = true;
  open_keys_.ForEach([&](const AlertKey& key, const OpenKey& open) {
    const CounterTable::Key slot = counters_.KeyOf(key);
    valid = valid && version != nullptr && open.window == version->policy(key.code).window &&
            open.count.window == WindowOf(now, open.window) &&
            (slot.tag == 0 || counters_.table().Find(slot) == kOpen);
  });
  counters_.table().ForEach([&](const CounterTable::Key& slot, uint64_t value) {
    const AlertKey key = counters_.KeyAt(slot);
    if (version == nullptr || !valid) {
      valid = false;
    } else if (value == kOpen) {
      valid = open_keys_.Find(key) != nullptr;
    } else {
      const CodePolicy& policy = version->policy(key.code);
      valid = CountCodec(policy).Unpack(value).window <= WindowOf(now, policy.window);
    }
  });
  return valid ? absl::OkStatus()
               : absl::DataLossError("the counts and episodes kept in the state do not agree");
}

void Throttle::FinishLoad(TimeMs now) {
  PutInForce(schedule_.TakenEffectBy(now));
  Accept(now);
}

}  // namespace weir
