#include "engine/tune/key_storm.h"

#include <algorithm>
#include <utility>

#include "engine/alert/catalogue.h"

namespace weir {

namespace {

bool IsSameMinute(TimeMs a, TimeMs b) {
  return a.value / kMinute.value == b.value / kMinute.value;
}

}  // namespace

KeyStorm::KeyStorm(const SettingGroups& groups, const AlertKey& key,
                   std::vector<WindowCount> counts, SweepBook& book, LastWords* words)
    : groups_(groups),
      key_(key),
      book_(book),
      words_(words),
      counts_(std::move(counts)),
      states_(groups.groups.size()) {}

void KeyStorm::Take(const SweptAlert& alert) {
  for (size_t group = 0; group < groups_.groups.size(); ++group) {
    EndWindows(group, alert.windows[group]);
    ++counts_[group].current;
  }
  if (words_ != nullptr) {
    held_.assign(groups_.settings, 0);
  }
  if (alert.excluded) {
    for (size_t group = 0; group < groups_.groups.size(); ++group) {
      CountExcluded(group);
    }
  } else {
    if (alert.code != last_.code || !IsSameMinute(alert.now, last_.at)) {
      WriteRun();
    }
    ForgetTimes();
    times_.push_back(alert.now);
    last_ = {.code = alert.code,
             .at = alert.now,
             .identity = alert.identity,
             .position = alert.position};
    for (size_t group = 0; group < groups_.groups.size(); ++group) {
      Decide(alert, group);
    }
  }
  if (in_episode_ > 0) {
    ++storm_->alerts;
  }
}

void KeyStorm::FireDueBy(TimeMs now) {
  for (size_t group = 0; group < groups_.groups.size(); ++group) {
    EndWindows(group, WindowOf(now, groups_.groups[group].window));
  }
}

// ---- Windows

// The windows up to `to` end, if that is a later one. The one behind the current window is empty if
// it ends too, and no episode outlives an empty window.
void KeyStorm::EndWindows(size_t group, int64_t to) {
  WindowCount& count = counts_[group];
  if (to <= count.window) {
    return;
  }
  const SettingGroup& settings = groups_.groups[group];
  Group& state = states_[group];
  for (size_t place = 0; !state.is_quiet() && place < state.entries.size(); ++place) {
    Entry& entry = state.entries[place];
    if (entry.afresh) {
      entry.afresh = false;
      --state.afresh;
      --afresh_;
    }
    if (!entry.in_episode) {
      continue;
    }
    const bool clears = count.current <= settings.policies[place].clear;
    const int64_t last = clears ? count.window : count.window + 1;
    if (last < to) {
      EndEpisode(group, place, TimeMs{(last + 1) * settings.window.value});
      if (settings.window_kind == WindowKind::kSliding && last + 1 == to) {
        entry.afresh = true;
        ++state.afresh;
        ++afresh_;
      }
    }
  }
  RollTo(to, count);
}

void KeyStorm::EndEpisode(size_t group, size_t place, TimeMs at) {
  const SettingGroup& settings = groups_.groups[group];
  const size_t setting = settings.settings[place];
  Entry& entry = states_[group].entries[place];
  if (entry.pending > 0 && settings.policies[place].last_word) {
    SettingCounts& counts = CountsOf(last_.code, setting);
    CountDelays(absl::MakeConstSpan(times_).last(entry.pending), at, counts.delays);
    ++counts.copies;
    --book_.HeldAt(last_.code, at, groups_.settings)[setting];
    entry.digest += VerdictDigest::Copied(
        last_.identity, {.sequence_id = entry.sequence + 1, .count = entry.pending});
    if (words_ != nullptr) {
      TellPair(setting, at);
    }
  } else {
    CountsOf(key_.code, setting).unrepresented += entry.pending;
  }
  ++CountsOf(key_.code, setting).ended;
  entry.in_episode = false;
  entry.sequence = 0;
  entry.pending = 0;
  --states_[group].in_episode;
  --in_episode_;
}

void KeyStorm::TellPair(size_t setting, TimeMs at) {
  AlertKey pair = key_;
  pair.code = std::min(last_.code, *PairedCode(last_.code));
  words_->push_back({.pair = pair,
                     .setting = groups_.settings == 1 ? std::nullopt : std::make_optional(setting),
                     .code = last_.code,
                     .at = at,
                     .position = last_.position});
}

// ---- Alerts

void KeyStorm::CountExcluded(size_t group) {
  const SettingGroup& settings = groups_.groups[group];
  for (size_t place = 0; place < settings.policies.size(); ++place) {
    if (counts_[group].current == settings.policies[place].threshold + 1) {
      ++CountsOf(key_.code, settings.settings[place]).excluded_storms;
    }
  }
}

void KeyStorm::Decide(const SweptAlert& alert, size_t group) {
  const SettingGroup& settings = groups_.groups[group];
  const WindowCount& count = counts_[group];
  const uint64_t measure = Measure(count, settings.policies[0], alert.now);
  Group& state = states_[group];
  if (state.in_episode == 0 && measure <= settings.policies[0].threshold) {
    return;
  }
  const uint64_t consolidated =
      VerdictDigest::Consolidated(alert.identity) - VerdictDigest::Forwarded(alert.identity);
  for (size_t place = 0; place < settings.policies.size(); ++place) {
    const CodePolicy& policy = settings.policies[place];
    if (place == state.entries.size()) {
      if (measure <= policy.threshold) {
        break;  // as it is for all behind it
      }
      state.entries.emplace_back();
    }
    Entry& entry = state.entries[place];
    if (!entry.in_episode) {
      // Afresh, a key has counted nothing before this window.
      if ((entry.afresh ? count.current : measure) <= policy.threshold) {
        continue;
      }
      Start(group, place);
    }
    ++entry.throttled;
    ++entry.pending;
    const bool first_of_later_window = count.current == 1 && count.window > entry.started_window;
    if ((first_of_later_window && policy.forward.kind != Forward::Kind::kNone) ||
        (policy.forward.kind == Forward::Kind::kOneIn && entry.pending == policy.forward.n)) {
      Copy(alert, settings.settings[place], entry);
    } else {
      entry.digest += consolidated;
      if (words_ != nullptr) {
        held_[settings.settings[place]] = 1;
      }
    }
  }
}

void KeyStorm::Start(size_t group, size_t place) {
  const size_t setting = groups_.groups[group].settings[place];
  Entry& entry = states_[group].entries[place];
  entry.in_episode = true;
  entry.started_window = counts_[group].window;
  ++states_[group].in_episode;
  ++in_episode_;
  ++CountsOf(key_.code, setting).started;
  storm_ = &SweepBook::StormOf(book_.devices(), key_.device, key_.code, groups_.settings);
  storm_->settings[setting] = true;
  if (key_.recipient != Eui64{}) {
    SweepBook::StormOf(book_.recipients(), key_.recipient, key_.code, groups_.settings)
        .settings[setting] = true;
  }
}

void KeyStorm::Copy(const SweptAlert& alert, size_t setting, Entry& entry) {
  ++entry.copies;
  ++entry.sequence;
  entry.digest += VerdictDigest::Copied(alert.identity,
                                        {.sequence_id = entry.sequence, .count = entry.pending}) -
                  VerdictDigest::Forwarded(alert.identity);
  // All that are pending but the alert itself.
  CountDelays(absl::MakeConstSpan(times_).last(entry.pending).first(entry.pending - 1), alert.now,
              CountsOf(alert.code, setting).delays);
  entry.pending = 0;
}

// ---- The book

void KeyStorm::CountDelays(absl::Span<const TimeMs> waited, TimeMs at, Delays& delays) const {
  for (const TimeMs time : waited) {
    delays.Add(at - time);
  }
}

// Alerts of one code in one minute, the last ones.
void KeyStorm::WriteRun() {
  if (storm_ == nullptr) {
    return;
  }
  std::vector<SettingCounts>& counts = book_.Of(last_.code, groups_.settings).settings;
  std::vector<int64_t>* held = nullptr;
  for (size_t group = 0; group < groups_.groups.size(); ++group) {
    const std::vector<size_t>& settings = groups_.groups[group].settings;
    for (size_t place = 0; place < states_[group].entries.size(); ++place) {
      Entry& entry = states_[group].entries[place];
      if (entry.throttled == 0) {
        continue;
      }
      if (held == nullptr) {
        held = &book_.HeldAt(last_.code, last_.at, groups_.settings);
      }
      const size_t setting = settings[place];
      counts[setting].throttled += entry.throttled;
      counts[setting].copies += entry.copies;
      (*held)[setting] += entry.throttled - entry.copies;
      entry.throttled = 0;
      entry.copies = 0;
    }
  }
}

void KeyStorm::CloseBook(bool is_end) {
  WriteRun();
  for (size_t group = 0; group < groups_.groups.size(); ++group) {
    const std::vector<size_t>& settings = groups_.groups[group].settings;
    for (size_t place = 0; place < states_[group].entries.size(); ++place) {
      Entry& entry = states_[group].entries[place];
      if (groups_.settings == 1) {
        book_.AddToAll(std::exchange(entry.digest, 0));
      } else {
        book_.AddTo(settings[place], std::exchange(entry.digest, 0));
      }
      if (is_end) {
        SettingCounts& counts = CountsOf(key_.code, settings[place]);
        counts.pending += entry.pending;
        CountDue(group, place, counts.due);
      }
    }
  }
}

// When what is pending would be told of, by the counts as they stand.
void KeyStorm::CountDue(size_t group, size_t place, Delays& due) const {
  const SettingGroup& settings = groups_.groups[group];
  const CodePolicy& policy = settings.policies[place];
  const Entry& entry = states_[group].entries[place];
  if (entry.pending == 0 || !policy.last_word) {
    return;
  }
  const WindowCount& count = counts_[group];
  const int64_t last = count.current <= policy.clear ? count.window : count.window + 1;
  CountDelays(absl::MakeConstSpan(times_).last(entry.pending),
              TimeMs{(last + 1) * settings.window.value}, due);
}

// Of the times only those are needed that some setting has pending.
void KeyStorm::ForgetTimes() {
  if (times_.size() < forget_at_) {
    return;
  }
  size_t needed = 0;
  for (const Group& state : states_) {
    for (const Entry& entry : state.entries) {
      needed = std::max(needed, static_cast<size_t>(entry.pending));
    }
  }
  times_.erase(times_.begin(), times_.end() - static_cast<ptrdiff_t>(needed));
  forget_at_ = 2 * needed + 64;
}

}  // namespace weir
