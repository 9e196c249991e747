#include "engine/tune/key_table.h"

#include <algorithm>
#include <utility>

#include "absl/container/inlined_vector.h"

#include "engine/base/check.h"

namespace weir {

KeyTable::KeyTable(const GroupsByCode& groups, SweepBook& book, LastWords& words)
    : groups_(groups), book_(book), words_of_pairs_(words), stride_(groups.most_groups()) {
  for (const SettingGroups& each : groups.all()) {
    std::vector<WindowClock>& clocks = clocks_.emplace_back();
    for (const SettingGroup& group : each.groups) {
      clocks.emplace_back(group.lowest.window);
    }
  }
}

KeyTable::Place KeyTable::Add(size_t keys) {
  std::vector<Place>& free = free_.at(keys - 1);
  if (free.empty()) {
    WEIR_CHECK(words_.size() / stride_ + keys < UINT32_MAX);
    free.push_back(static_cast<Place>(words_.size() / stride_));
    words_.resize(words_.size() + keys * stride_);
  }
  const Place place = free.back();
  free.pop_back();
  return place;
}

void KeyTable::Remove(Place first, size_t keys) {
  std::fill_n(WordsAt(first).begin(), keys * stride_, 0);
  free_.at(keys - 1).push_back(first);
}

const KeyStorm* KeyTable::Decide(Place place, const Alert& alert, VerdictDigest::Identity identity,
                                 PairWatches::Number pair, TimeMs now) {
  const AlertKey key = {*alert.device, groups_.version().counted_as(alert.code),
                        alert.recipient.value_or(Eui64{})};
  const SettingGroups& groups = groups_.Of(key.code);
  windows_.clear();
  for (WindowClock& clock : clocks_[groups_.IndexOf(key.code)]) {
    windows_.push_back(clock.At(now));
  }
  const SweptAlert swept = {.key = key,
                            .code = alert.code,
                            .excluded = groups_.version().excluded(alert.code),
                            .now = now,
                            .windows = windows_,
                            .pair = pair,
                            .identity = identity,
                            .position = ++position_};
  if (FindStorm(place) == nullptr && CountQuietly(swept, groups, WordsAt(place))) {
    return nullptr;
  }
  KeyStorm& storm = StormAt(place, swept, groups);
  storm.Take(swept);
  if (swept.excluded) {
    for (size_t i = 0; i < groups.groups.size(); ++i) {
      CountExcluded(swept, groups, i, storm.counts()[i].current);
    }
  }
  return BecomeQuiet(place, storm, groups) ? nullptr : &storm;
}

bool KeyTable::FireDueBy(Place place, TimeMs now) {
  KeyStorm* const storm = FindStorm(place);
  if (storm != nullptr) {
    storm->FireDueBy(now);
  }
  return storm != nullptr;
}

// False, and nothing is changed, if that is not enough: what is excluded starts no storm.
bool KeyTable::CountQuietly(const SweptAlert& alert, const SettingGroups& groups,
                            absl::Span<uint64_t> words) {
  absl::InlinedVector<uint64_t, 8> after(groups.groups.size());
  absl::InlinedVector<uint64_t, 8> counts(groups.groups.size());
  for (size_t i = 0; i < groups.groups.size(); ++i) {
    const SettingGroup& group = groups.groups[i];
    WindowCount count =
        words[i] == 0 ? WindowCount{.window = alert.windows[i]} : group.codec.Unpack(words[i]);
    RollTo(alert.windows[i], count);
    ++count.current;
    const std::optional<uint64_t> word = group.codec.Pack(count);
    if (!word ||
        (!alert.excluded && Measure(count, group.lowest, alert.now) > group.lowest.threshold)) {
      return false;
    }
    after[i] = *word;
    counts[i] = count.current;
  }
  std::copy(after.begin(), after.end(), words.begin());
  for (size_t i = 0; alert.excluded && i < counts.size(); ++i) {
    CountExcluded(alert, groups, i, counts[i]);
  }
  return true;
}

// Under which settings an excluded key has passed the threshold just now, with its alert number
// `count` in a window.
void KeyTable::CountExcluded(const SweptAlert& alert, const SettingGroups& groups, size_t group,
                             uint64_t count) {
  if (count <= groups.groups[group].lowest.threshold) {
    return;
  }
  for (const Ladder& ladder : groups.groups[group].ladders) {
    for (const Ladder::Rung& rung : ladder.rungs) {
      if (count == rung.threshold + 1) {
        ++book_.Of(alert.key.code, groups.settings).settings[rung.setting].excluded_storms;
      }
    }
  }
}

// Null if the key is in none.
KeyStorm* KeyTable::FindStorm(Place place) {
  const uint64_t word = WordsAt(place)[0];
  return (word & kStorm) == 0 ? nullptr : storms_[word & ~kStorm].get();
}

// The storm of a key, which begins if the key was quiet.
KeyStorm& KeyTable::StormAt(Place place, const SweptAlert& alert, const SettingGroups& groups) {
  if (KeyStorm* const storm = FindStorm(place)) {
    return *storm;
  }
  const absl::Span<uint64_t> words = WordsAt(place);
  std::vector<WindowCount> counts;
  for (size_t i = 0; i < groups.groups.size(); ++i) {
    counts.push_back(words[i] == 0 ? WindowCount{.window = alert.windows[i]}
                                   : groups.groups[i].codec.Unpack(words[i]));
  }
  if (free_storms_.empty()) {
    free_storms_.push_back(storms_.size());
    storms_.emplace_back();
  }
  words[0] = kStorm | free_storms_.back();
  std::unique_ptr<KeyStorm>& storm = storms_[free_storms_.back()];
  free_storms_.pop_back();
  storm = std::make_unique<KeyStorm>(groups, alert, std::move(counts), book_,
                                     groups_.PartnerOf(alert.code) ? &words_of_pairs_ : nullptr);
  return *storm;
}

// Ends the storm of a key, if no setting needs it any more.
bool KeyTable::BecomeQuiet(Place place, KeyStorm& storm, const SettingGroups& groups) {
  if (!storm.is_over()) {
    return false;
  }
  absl::InlinedVector<uint64_t, 8> after;
  for (size_t i = 0; i < groups.groups.size(); ++i) {
    const WindowCount& count = storm.counts()[i];
    const bool is_zero = count.current == 0 && count.previous == 0;
    const std::optional<uint64_t> word =
        is_zero ? std::make_optional(uint64_t{0}) : groups.groups[i].codec.Pack(count);
    if (!word) {
      return false;
    }
    after.push_back(*word);
  }
  storm.CloseBook(false);
  const uint64_t number = WordsAt(place)[0] & ~kStorm;
  storms_[number].reset();
  free_storms_.push_back(number);
  std::copy(after.begin(), after.end(), WordsAt(place).begin());
  return true;
}

bool KeyTable::IsOver(Place place, AlertCode counted_as, TimeMs now) {
  const SettingGroups& groups = groups_.Of(counted_as);
  if (KeyStorm* const storm = FindStorm(place)) {
    storm->FireDueBy(now);
    if (!BecomeQuiet(place, *storm, groups)) {
      return false;
    }
  }
  const absl::Span<uint64_t> words = WordsAt(place);
  for (size_t i = 0; i < groups.groups.size(); ++i) {
    if (words[i] != 0 && !groups.groups[i].codec.IsOver(words[i], now)) {
      return false;
    }
  }
  return true;
}

void KeyTable::Finish(TimeMs now) {
  for (const std::unique_ptr<KeyStorm>& storm : storms_) {
    if (storm != nullptr) {
      storm->FireDueBy(now);
      storm->CloseBook(true);
    }
  }
}

}  // namespace weir
