#include "engine/tune/sweep_book.h"

#include <utility>

namespace weir {

namespace {

// Of what holds for each setting and those below it in its ladder, makes what holds for each.
template <typename Counts>
void AddUpLadders(const SettingGroups& settings, std::vector<Counts>& counts) {
  for (const SettingGroup& group : settings.groups) {
    for (const Ladder& ladder : group.ladders) {
      for (size_t rung = ladder.rungs.size() - 1; rung > 0; --rung) {
        counts[ladder.rungs[rung - 1].setting] += counts[ladder.rungs[rung].setting];
      }
    }
  }
}

}  // namespace

WaitCounts& WaitCounts::operator+=(const WaitCounts& other) {
  told.Add(other.told);
  due.Add(other.due);
  return *this;
}

SettingCounts& SettingCounts::operator+=(const SettingCounts& other) {
  throttled += other.throttled;
  copies += other.copies;
  pending += other.pending;
  unrepresented += other.unrepresented;
  started += other.started;
  ended += other.ended;
  excluded_storms += other.excluded_storms;
  waits += other.waits;
  return *this;
}

SharedCounts& SharedCounts::operator+=(const SharedCounts& other) {
  throttled += other.throttled;
  waits += other.waits;
  return *this;
}

void HeldCounts::Add(size_t setting, int64_t held) {
  for (Entry& entry : entries_) {
    if (entry.setting == setting) {
      entry.held += held;
      return;
    }
  }
  entries_.push_back({.setting = static_cast<uint32_t>(setting), .held = held});
}

void HeldCounts::Add(const HeldCounts& other) {
  for (const Entry& entry : other.entries_) {
    Add(entry.setting, entry.held);
  }
}

std::vector<int32_t> HeldCounts::BySetting(const SettingGroups& groups) const {
  std::vector<int32_t> held(entries_.empty() ? 0 : groups.settings);
  for (const Entry& entry : entries_) {
    held[entry.setting] = static_cast<int32_t>(entry.held);
  }
  if (!held.empty()) {
    AddUpLadders(groups, held);
  }
  return held;
}

SweepBook::SweepBook(size_t settings)
    : code_of_(AlertCode::kCount),
      last_minute_(AlertCode::kCount),
      digests_(settings),
      shared_digests_(settings) {}

CodeCounts& SweepBook::Of(AlertCode code, size_t settings) {
  CodeCounts*& counts = code_of_[code.index()];
  if (counts == nullptr) {
    counts = &codes_[code];
    counts->settings.resize(settings);
    counts->shared.resize(settings);
  }
  return *counts;
}

MinuteCounts& SweepBook::MinuteOf(AlertCode code, TimeMs at) {
  LastMinute& last = last_minute_[code.index()];
  const int64_t minute = at.value / kMinute.value;
  if (last.minute != minute) {
    last = {.minute = minute, .counts = &minutes_[code][minute]};
  }
  return *last.counts;
}

StormCounts& SweepBook::StormOf(Storms& storms, Eui64 who, AlertCode code, size_t settings) {
  StormCounts& storm = storms[{who, code}];
  if (storm.settings.size() == 0) {
    storm.settings = SettingSet(settings);
  }
  return storm;
}

std::vector<PairCounts>& SweepBook::PairOf(AlertCode lower, size_t settings) {
  std::vector<PairCounts>& counts = pairs_[lower];
  counts.resize(settings);
  return counts;
}

void SweepBook::Add(const SweepBook& other) {
  for (const auto& [code, theirs] : other.codes_) {
    CodeCounts& ours = Of(code, theirs.settings.size());
    ours.alerts += theirs.alerts;
    for (size_t i = 0; i < theirs.settings.size(); ++i) {
      ours.settings[i] += theirs.settings[i];
      ours.shared[i] += theirs.shared[i];
    }
  }
  for (const auto& [code, theirs] : other.minutes_) {
    for (const auto& [minute, counts] : theirs) {
      MinuteCounts& ours = minutes_[code][minute];
      ours.received += counts.received;
      ours.held.Add(counts.held);
    }
  }
  for (const auto& [lower, theirs] : other.pairs_) {
    std::vector<PairCounts>& ours = PairOf(lower, theirs.size());
    for (size_t i = 0; i < theirs.size(); ++i) {
      ours[i].wrong += theirs[i].wrong;
      ours[i].open += theirs[i].open;
      ours[i].longest = std::max(ours[i].longest, theirs[i].longest);
    }
  }
  for (const auto member : {&SweepBook::devices_, &SweepBook::recipients_}) {
    for (const auto& [who, theirs] : other.*member) {
      StormCounts& ours = StormOf(this->*member, who.first, who.second, theirs.settings.size());
      ours.settings.Add(theirs.settings);
      ours.alerts += theirs.alerts;
    }
  }
  seen_elsewhere_ += other.devices_seen();
  common_ += other.common_;
  for (size_t i = 0; i < digests_.size(); ++i) {
    digests_[i] += other.digests_[i];
    shared_digests_[i] += other.shared_digests_[i];
  }
}

void SweepBook::Settle(const GroupsByCode& groups) {
  for (auto& [code, counts] : codes_) {
    AddUpLadders(groups.Of(groups.version().counted_as(code)), counts.shared);
    for (size_t i = 0; i < counts.shared.size(); ++i) {
      counts.settings[i].throttled += counts.shared[i].throttled;
      counts.settings[i].waits += counts.shared[i].waits;
    }
    counts.shared.clear();
  }
  AddUpLadders(groups.swept(), shared_digests_);
  for (size_t i = 0; i < digests_.size(); ++i) {
    digests_[i] += std::exchange(shared_digests_[i], 0);
  }
}

}  // namespace weir
