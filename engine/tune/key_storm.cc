#include "engine/tune/key_storm.h"

#include <algorithm>
#include <utility>

namespace weir {

namespace {

bool IsSameMinute(TimeMs a, TimeMs b) {
  return a.value / kMinute.value == b.value / kMinute.value;
}

size_t LaddersOf(const SettingGroups& groups) {
  size_t ladders = 0;
  for (const SettingGroup& group : groups.groups) {
    ladders += group.ladders.size();
  }
  return ladders;
}

}  // namespace

KeyStorm::KeyStorm(const SettingGroups& groups, const SweptAlert& first,
                   std::vector<WindowCount> counts, SweepBook& book, LastWords* words)
    : groups_(groups),
      key_(first.key),
      pair_(first.pair),
      book_(book),
      words_(words),
      counts_(std::move(counts)),
      climbs_(LaddersOf(groups)),
      held_(words == nullptr ? 0 : groups.settings) {}

template <typename Visit>
void KeyStorm::ForEachPlace(const Visit& visit) {
  Climb* climb = climbs_.data();
  for (size_t group = 0; group < groups_.groups.size(); ++group) {
    for (const Ladder& ladder : groups_.groups[group].ladders) {
      visit(Place{groups_.groups[group], ladder, counts_[group], *climb++});
    }
  }
}

void KeyStorm::Take(const SweptAlert& alert) {
  EndWindows(alert.windows);
  for (WindowCount& count : counts_) {
    ++count.current;
  }
  held_.Clear();
  if (!alert.excluded) {
    if (alert.code != last_.code || !IsSameMinute(alert.now, last_.at)) {
      WriteRun();
    }
    ForgetTimes();
    times_.push_back(alert.now);
    last_ = {.code = alert.code,
             .at = alert.now,
             .identity = alert.identity,
             .position = alert.position};
    ForEachPlace([&](const Place& place) { Decide(alert, place); });
  }
  if (in_episode_ > 0) {
    ++device_->alerts;
  }
}

void KeyStorm::FireDueBy(TimeMs now) {
  absl::InlinedVector<int64_t, 8> windows;
  for (const SettingGroup& group : groups_.groups) {
    windows.push_back(WindowOf(now, group.lowest.window));
  }
  EndWindows(windows);
}

// ---- Windows

// The windows up to those in `to` end, where that is a later one.
void KeyStorm::EndWindows(absl::Span<const int64_t> to) {
  Climb* climb = climbs_.data();
  for (size_t group = 0; group < counts_.size(); ++group) {
    const SettingGroup& settings = groups_.groups[group];
    if (to[group] > counts_[group].window) {
      for (size_t i = 0; i < settings.ladders.size(); ++i) {
        EndWindow({settings, settings.ladders[i], counts_[group], climb[i]}, to[group]);
      }
      RollTo(to[group], counts_[group]);
    }
    climb += settings.ladders.size();
  }
}

// The window behind the current one is empty if it ends too, and no episode outlives an empty
// window.
void KeyStorm::EndWindow(const Place& place, int64_t to) {
  Climb& climb = place.climb;
  afresh_ -= std::exchange(climb.afresh, false) ? 1U : 0U;
  if (climb.episodes.empty()) {
    return;
  }
  const bool is_sliding = place.group.lowest.window_kind == WindowKind::kSliding;
  const Range clearing = Clearing(place);
  const auto end = [&](Range rungs, int64_t last) {
    if (rungs.first < rungs.end && last < to) {
      EndEpisodes(place, rungs, TimeMs{(last + 1) * place.group.lowest.window.value});
      if (is_sliding && last + 1 == to) {
        climb.afresh = true;
        ++afresh_;
      }
    }
  };
  end(clearing, place.count.window);
  end({0, clearing.first}, place.count.window + 1);
}

// The rungs in an episode that ends with the current window, as things stand; that of the rungs
// below ends with the next one.
KeyStorm::Range KeyStorm::Clearing(const Place& place) {
  const size_t end = place.climb.episodes.size();
  size_t first = end;
  while (first > 0 && place.count.current <= place.ladder.rungs[first - 1].clear) {
    --first;
  }
  return {first, end};
}

// Up to the last one that is in an episode.
void KeyStorm::EndEpisodes(const Place& place, Range rungs, TimeMs at) {
  Climb& climb = place.climb;
  WriteRun(place);
  if (place.ladder.last_word) {
    CountWaits(place, rungs, {.before = climb.throttled, .at = at, .code = last_.code});
  }
  for (size_t rung = rungs.first; rung < rungs.end; ++rung) {
    EndEpisode(place, rung, at);
  }
  in_episode_ -= rungs.end - rungs.first;
  climb.episodes.resize(rungs.first);
}

void KeyStorm::EndEpisode(const Place& place, size_t rung, TimeMs at) {
  const size_t setting = place.ladder.rungs[rung].setting;
  const Episode& episode = place.climb.episodes[rung];
  const uint64_t pending = place.climb.throttled - episode.told;
  SettingCounts& own = CountsOf(key_.code).settings[setting];
  ++own.ended;
  if (pending == 0 || !place.ladder.last_word) {
    own.unrepresented += pending;
    return;
  }
  ++CountsOf(last_.code).settings[setting].copies;
  PassedOn(place, {rung, rung + 1}, at);
  AddToDigest(setting, VerdictDigest::Copied(last_.identity, {.sequence_id = episode.sequence + 1,
                                                              .count = pending}));
  if (words_ != nullptr) {
    TellPair(setting, at);
  }
}

void KeyStorm::TellPair(size_t setting, TimeMs at) {
  words_->push_back({.pair = pair_,
                     .setting = groups_.settings == 1 ? std::nullopt : std::make_optional(setting),
                     .code = last_.code,
                     .at = at,
                     .position = last_.position});
}

// ---- Alerts

void KeyStorm::Decide(const SweptAlert& alert, const Place& place) {
  Climb& climb = place.climb;
  // Afresh, a key has counted nothing before this window.
  const uint64_t measure =
      climb.afresh ? place.count.current : Measure(place.count, place.group.lowest, alert.now);
  while (climb.episodes.size() < place.ladder.rungs.size() &&
         measure > place.ladder.rungs[climb.episodes.size()].threshold) {
    Start(place);
  }
  if (climb.episodes.empty()) {
    return;
  }
  ++climb.throttled;
  ++climb.run;
  climb.digest +=
      VerdictDigest::Consolidated(alert.identity) - VerdictDigest::Forwarded(alert.identity);
  if (words_ != nullptr) {
    held_.Add(place.ladder.rungs[climb.episodes.size() - 1].up_to);
  }
  CopyWhereDue(alert, place);
}

// Starts an episode at the next rung.
void KeyStorm::Start(const Place& place) {
  WriteRun(place);
  Climb& climb = place.climb;
  const size_t setting = place.ladder.rungs[climb.episodes.size()].setting;
  climb.episodes.push_back({.started_window = place.count.window, .told = climb.throttled});
  climb.may_be_due = 0;
  ++in_episode_;
  ++CountsOf(key_.code).settings[setting].started;
  if (device_ == nullptr) {
    device_ = &SweepBook::StormOf(book_.devices(), key_.device, key_.code, groups_.settings);
    if (key_.recipient != Eui64{}) {
      recipient_ =
          &SweepBook::StormOf(book_.recipients(), key_.recipient, key_.code, groups_.settings);
    }
  }
  device_->settings.Add(setting);
  if (recipient_ != nullptr) {
    recipient_->settings.Add(setting);
  }
}

void KeyStorm::CopyWhereDue(const SweptAlert& alert, const Place& place) {
  const Forward& forward = place.ladder.forward;
  Climb& climb = place.climb;
  const bool is_first = place.count.current == 1;
  if (forward.kind == Forward::Kind::kNone || !(is_first || climb.throttled >= climb.may_be_due)) {
    return;
  }
  // Of a later window than that of its start; lower rungs have started first.
  size_t first = 0;
  while (is_first && first < climb.episodes.size() &&
         climb.episodes[first].started_window < place.count.window) {
    ++first;
  }
  Copy(alert, place, {0, first});
  climb.may_be_due = UINT64_MAX;
  if (forward.kind != Forward::Kind::kOneIn) {
    return;
  }
  for (size_t rung = 0; rung < climb.episodes.size(); ++rung) {
    const Episode& episode = climb.episodes[rung];
    if (climb.throttled - episode.told == forward.n) {
      Copy(alert, place, {rung, rung + 1});
    }
    climb.may_be_due = std::min(climb.may_be_due, episode.told + forward.n);
  }
}

void KeyStorm::Copy(const SweptAlert& alert, const Place& place, Range rungs) {
  if (rungs.first == rungs.end) {
    return;
  }
  Climb& climb = place.climb;
  CountWaits(place, rungs, {.before = climb.throttled - 1, .at = alert.now, .code = alert.code});
  PassedOn(place, rungs, alert.now);
  for (size_t rung = rungs.first; rung < rungs.end; ++rung) {
    const size_t setting = place.ladder.rungs[rung].setting;
    Episode& episode = climb.episodes[rung];
    const CopyMark mark = {.sequence_id = ++episode.sequence,
                           .count = climb.throttled - std::exchange(episode.told, climb.throttled)};
    ++CountsOf(alert.code).settings[setting].copies;
    AddToDigest(setting, VerdictDigest::Copied(alert.identity, mark) -
                             VerdictDigest::Consolidated(alert.identity));
    if (words_ != nullptr) {
      held_.Remove(setting);
    }
  }
}

// ---- The book

// How long what is pending at these rungs has waited. What is so at a rung is so at those below, if
// they have not been told of it before; then it is counted once.
void KeyStorm::CountWaits(const Place& place, Range rungs, const Telling& telling) {
  const Climb& climb = place.climb;
  CodeCounts& counts = CountsOf(telling.code);
  const auto told = [&](size_t rung) { return climb.episodes[rung].told; };
  const auto add = [&](uint64_t from, uint64_t to, WaitCounts& waits) {
    // The last time is that of the alert that was throttled last.
    (waits.*telling.kind)
        .Add(absl::MakeConstSpan(times_).last(climb.throttled - from).first(to - from), telling.at);
  };
  bool is_shared = rungs.first == 0;
  for (size_t rung = 1; is_shared && rung < rungs.end; ++rung) {
    is_shared = told(rung - 1) <= told(rung);
  }
  for (size_t rung = rungs.first; rung < rungs.end; ++rung) {
    const size_t setting = place.ladder.rungs[rung].setting;
    if (is_shared) {
      add(told(rung), rung + 1 < rungs.end ? told(rung + 1) : telling.before,
          counts.shared[setting].waits);
    } else {
      add(told(rung), telling.before, counts.settings[setting].waits);
    }
  }
}

// A copy, which its ladder has not held back after all.
void KeyStorm::PassedOn(const Place& place, Range rungs, TimeMs at) {
  HeldCounts& held = book_.MinuteOf(last_.code, at).held;
  held.Add(place.ladder.rungs[rungs.end - 1].setting, -1);
  if (rungs.first > 0) {
    held.Add(place.ladder.rungs[rungs.first - 1].setting, 1);
  }
}

void KeyStorm::AddToDigest(size_t setting, uint64_t verdict) {
  if (groups_.settings == 1) {
    book_.AddToAll(verdict);
  } else {
    book_.AddTo(setting, verdict);
  }
}

void KeyStorm::WriteRun() {
  if (in_episode_ > 0) {
    ForEachPlace([this](const Place& place) { WriteRun(place); });
  }
}

// Alerts of one code in one minute, the last ones.
void KeyStorm::WriteRun(const Place& place) {
  Climb& climb = place.climb;
  if (climb.run == 0) {
    return;
  }
  const size_t setting = place.ladder.rungs[climb.episodes.size() - 1].setting;
  CountsOf(last_.code).shared[setting].throttled += climb.run;
  book_.MinuteOf(last_.code, last_.at).held.Add(setting, static_cast<int64_t>(climb.run));
  if (groups_.settings == 1) {
    book_.AddToAll(climb.digest);
  } else {
    book_.AddToShared(setting, climb.digest);
  }
  climb.run = 0;
  climb.digest = 0;
}

void KeyStorm::CloseBook(bool is_end) {
  WriteRun();
  if (is_end) {
    ForEachPlace([this](const Place& place) { CountDue(place); });
  }
}

// What is pending, and when that would be told of, by the counts as they stand.
void KeyStorm::CountDue(const Place& place) {
  const Climb& climb = place.climb;
  for (size_t rung = 0; rung < climb.episodes.size(); ++rung) {
    CountsOf(key_.code).settings[place.ladder.rungs[rung].setting].pending +=
        climb.throttled - climb.episodes[rung].told;
  }
  if (climb.episodes.empty() || !place.ladder.last_word) {
    return;
  }
  const Range clearing = Clearing(place);
  const auto count = [&](Range rungs, int64_t last) {
    CountWaits(place, rungs,
               {.before = climb.throttled,
                .at = TimeMs{(last + 1) * place.group.lowest.window.value},
                .code = key_.code,
                .kind = &WaitCounts::due});
  };
  count(clearing, place.count.window);
  count({0, clearing.first}, place.count.window + 1);
}

// Of the times only those are needed that some setting has pending.
void KeyStorm::ForgetTimes() {
  if (times_.size() < forget_at_) {
    return;
  }
  uint64_t needed = 0;
  for (const Climb& climb : climbs_) {
    for (const Episode& episode : climb.episodes) {
      needed = std::max(needed, climb.throttled - episode.told);
    }
  }
  times_.erase(times_.begin(), times_.end() - static_cast<ptrdiff_t>(needed));
  forget_at_ = 2 * needed + 64;
}

}  // namespace weir
