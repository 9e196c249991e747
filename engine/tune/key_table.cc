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
      clocks.emplace_back(group.window);
    }
  }
}

KeyTable::Place KeyTable::PlaceOf(const AlertKey& key) {
  const auto [found, is_new] = places_.try_emplace(key, Place{0});
  if (is_new) {
    book_.Saw(key.device);  // not at each alert, which would cost a look-up more
    if (free_.empty()) {
      WEIR_CHECK(words_.size() / stride_ < UINT32_MAX);
      found->second = static_cast<Place>(words_.size() / stride_);
      words_.resize(words_.size() + stride_);
    } else {
      found->second = free_.back();
      free_.pop_back();
    }
  }
  __builtin_prefetch(WordsAt(found->second).data());
  return found->second;
}

const KeyStorm* KeyTable::Decide(Place place, const Alert& alert, VerdictDigest::Identity identity,
                                 TimeMs now) {
  const AlertKey key = KeyOf(alert);
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
                            .identity = identity,
                            .position = ++position_};
  if (const absl::Span<uint64_t> words = WordsAt(place);
      words[0] != kStorm && CountQuietly(swept, groups, words)) {
    return nullptr;
  }
  KeyStorm& storm = StormAt(place, swept, groups);
  storm.Take(swept);
  return BecomeQuiet(place, storm, groups) ? nullptr : &storm;
}

bool KeyTable::FireDueBy(const AlertKey& key, TimeMs now) {
  const auto place = places_.find(key);
  if (place == places_.end() || WordsAt(place->second)[0] != kStorm) {
    return false;
  }
  storms_.find(place->second)->second->FireDueBy(now);
  return true;
}

// False, and nothing is changed, if that is not enough.
bool KeyTable::CountQuietly(const SweptAlert& alert, const SettingGroups& groups,
                            absl::Span<uint64_t> words) {
  absl::InlinedVector<uint64_t, 8> after(groups.groups.size());
  for (size_t i = 0; i < groups.groups.size(); ++i) {
    const SettingGroup& group = groups.groups[i];
    WindowCount count =
        words[i] == 0 ? WindowCount{.window = alert.windows[i]} : group.codec.Unpack(words[i]);
    RollTo(alert.windows[i], count);
    ++count.current;
    const std::optional<uint64_t> word = group.codec.Pack(count);
    if (!word || Measure(count, group.policies[0], alert.now) > group.policies[0].threshold) {
      return false;
    }
    after[i] = *word;
  }
  std::copy(after.begin(), after.end(), words.begin());
  return true;
}

// The storm of a key, which begins if the key was quiet.
KeyStorm& KeyTable::StormAt(Place place, const SweptAlert& alert, const SettingGroups& groups) {
  std::unique_ptr<KeyStorm>& storm = storms_[place];
  if (storm == nullptr) {
    const absl::Span<uint64_t> words = WordsAt(place);
    std::vector<WindowCount> counts;
    for (size_t i = 0; i < groups.groups.size(); ++i) {
      counts.push_back(words[i] == 0 ? WindowCount{.window = alert.windows[i]}
                                     : groups.groups[i].codec.Unpack(words[i]));
    }
    storm = std::make_unique<KeyStorm>(groups, alert.key, std::move(counts), book_,
                                       groups_.PartnerOf(alert.code) ? &words_of_pairs_ : nullptr);
    words[0] = kStorm;
  }
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
  storms_.erase(place);
  std::copy(after.begin(), after.end(), WordsAt(place).begin());
  return true;
}

void KeyTable::DropKeysThatAreOver(TimeMs now) {
  absl::erase_if(places_, [&](const auto& entry) {
    const auto& [key, place] = entry;
    if (!IsOver(key.code, place, now)) {
      return false;
    }
    std::fill_n(WordsAt(place).begin(), stride_, 0);
    free_.push_back(place);
    return true;
  });
  drop_at_ = std::max(size_t{1024}, 2 * places_.size());
}

// Whether a key behaves from now on like one never seen. A storm that has blown over is dropped.
bool KeyTable::IsOver(AlertCode counted_as, Place place, TimeMs now) {
  const SettingGroups& groups = groups_.Of(counted_as);
  const absl::Span<uint64_t> words = WordsAt(place);
  if (words[0] == kStorm) {
    KeyStorm& storm = *storms_.find(place)->second;
    storm.FireDueBy(now);
    if (!BecomeQuiet(place, storm, groups)) {
      return false;
    }
  }
  for (size_t i = 0; i < groups.groups.size(); ++i) {
    if (words[i] != 0 && !groups.groups[i].codec.IsOver(words[i], now)) {
      return false;
    }
  }
  return true;
}

void KeyTable::Finish(TimeMs now) {
  for (const auto& [place, storm] : storms_) {
    storm->FireDueBy(now);
    storm->CloseBook(true);
  }
}

}  // namespace weir
