#include "engine/tune/sweep_book.h"

#include "engine/base/check.h"

namespace weir {

SettingCounts& SettingCounts::operator+=(const SettingCounts& other) {
  throttled += other.throttled;
  copies += other.copies;
  pending += other.pending;
  unrepresented += other.unrepresented;
  started += other.started;
  ended += other.ended;
  excluded_storms += other.excluded_storms;
  delays.Add(other.delays);
  due.Add(other.due);
  return *this;
}

CodeCounts& SweepBook::Of(AlertCode code, size_t settings) {
  code_of_.resize(AlertCode::kCount);
  CodeCounts*& counts = code_of_[code.index()];
  if (counts == nullptr) {
    counts = &codes_[code];
    counts->settings.resize(settings);
  }
  return *counts;
}

MinuteCounts& SweepBook::MinuteOf(AlertCode code, TimeMs at) {
  last_minute_.resize(AlertCode::kCount);
  LastMinute& last = last_minute_[code.index()];
  const int64_t minute = at.value / kMinute.value;
  if (last.minute != minute) {
    last = {.minute = minute, .counts = &minutes_[code][minute]};
  }
  return *last.counts;
}

std::vector<int64_t>& SweepBook::HeldAt(AlertCode code, TimeMs at, size_t settings) {
  std::vector<int64_t>& held = MinuteOf(code, at).held;
  held.resize(settings);
  return held;
}

StormCounts& SweepBook::StormOf(Storms& storms, Eui64 who, AlertCode code, size_t settings) {
  StormCounts& storm = storms[{who, code}];
  storm.settings.resize(settings);
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
    }
  }
  for (const auto& [code, theirs] : other.minutes_) {
    for (const auto& [minute, counts] : theirs) {
      MinuteCounts& ours = minutes_[code][minute];
      ours.received += counts.received;
      ours.held.resize(std::max(ours.held.size(), counts.held.size()));
      for (size_t i = 0; i < counts.held.size(); ++i) {
        ours.held[i] += counts.held[i];
      }
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
      StormCounts& ours = (this->*member)[who];
      ours.settings.resize(theirs.settings.size());
      for (size_t i = 0; i < theirs.settings.size(); ++i) {
        ours.settings[i] = ours.settings[i] || theirs.settings[i];
      }
      ours.alerts += theirs.alerts;
    }
  }
  seen_elsewhere_ += other.devices_seen();
  common_ += other.common_;
  for (size_t i = 0; i < digests_.size(); ++i) {
    digests_[i] += other.digests_[i];
  }
}

}  // namespace weir
