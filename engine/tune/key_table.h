// What is known of alert keys under all settings of a sweep, by places that the owner keeps.
//
// Nearly all keys are quiet: no setting throttles them, and all that is known of them is a count
// for each group of settings, packed as the counter table has it. The others are KeyStorms.
//
// Memory: 8 bytes for each group for a quiet key; for one in a storm a kilobyte with 64 settings,
// and 8 bytes for each alert that is pending.
//
// Threads: one owner.
//
// Layer: engine/tune (engine/alert, engine/base, engine/throttle).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/types/span.h"

#include "engine/alert/alert_key.h"
#include "engine/alert/event.h"
#include "engine/base/units.h"
#include "engine/throttle/window_count.h"
#include "engine/tune/key_storm.h"
#include "engine/tune/pair_watches.h"
#include "engine/tune/setting_groups.h"
#include "engine/tune/sweep_book.h"

namespace weir {

class KeyTable {
 public:
  using Place = uint32_t;

  // All outlive it.
  // Last words of codes that have a partner go to `words` as well.
  KeyTable(const GroupsByCode& groups, SweepBook& book, LastWords& words);

  // Places for so many keys never seen, one behind the other: the first of them.
  Place Add(size_t keys);

  // Gives them up. None is in a storm.
  void Remove(Place first, size_t keys);

  // Asks the processor for what Decide will look at.
  void Prefetch(Place place) const { __builtin_prefetch(&words_[size_t{place} * stride_], 1); }

  // Takes in an alert of the key at a place, at stream time `now`, which never moves back. `pair`
  // is the number of the key's pair, if it is of one. Gives its storm, if it is in one afterwards.
  const KeyStorm* Decide(Place place, const Alert& alert, VerdictDigest::Identity identity,
                         PairWatches::Number pair, TimeMs now);

  // Ends the episodes of a key that are due by `now`. False if it has no storm.
  bool FireDueBy(Place place, TimeMs now);

  // Whether a key behaves from now on like one never seen. A storm that has blown over is dropped.
  bool IsOver(Place place, AlertCode counted_as, TimeMs now);

  // At the end, when stream time is `now`: ends what is due, and adds to the book what stays open.
  void Finish(TimeMs now);

 private:
  // In a key's first word: it is in a storm, of which the rest of the word is the number.
  static constexpr uint64_t kStorm = uint64_t{1} << 63;
  static_assert(CountCodec::kBits < 63);

  bool CountQuietly(const SweptAlert& alert, const SettingGroups& groups,
                    absl::Span<uint64_t> words);
  void CountExcluded(const SweptAlert& alert, const SettingGroups& groups, size_t group,
                     uint64_t count);
  KeyStorm& StormAt(Place place, const SweptAlert& alert, const SettingGroups& groups);
  KeyStorm* FindStorm(Place place);
  bool BecomeQuiet(Place place, KeyStorm& storm, const SettingGroups& groups);

  absl::Span<uint64_t> WordsAt(Place place) {
    return absl::MakeSpan(words_).subspan(size_t{place} * stride_, stride_);
  }

  const GroupsByCode& groups_;
  SweepBook& book_;
  LastWords& words_of_pairs_;
  std::vector<std::vector<WindowClock>> clocks_;  // by GroupsByCode::IndexOf, one for each group
  std::vector<int64_t> windows_;                  // of the alert under way
  size_t stride_;                                 // words for each key
  std::vector<uint64_t> words_;
  std::array<std::vector<Place>, 2> free_;  // of one key, and of two
  std::vector<std::unique_ptr<KeyStorm>> storms_;
  std::vector<uint64_t> free_storms_;  // numbers
  uint64_t position_ = 0;              // of the last alert
};

}  // namespace weir
