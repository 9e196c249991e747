// Alert keys under all settings of a sweep.
//
// Nearly all keys are quiet: no setting throttles them, and all that is known of them is a count
// for each group of settings, packed as the counter table has it. The others are KeyStorms.
//
// Memory: about 40 bytes and 8 for each group for a quiet key, until its windows are over; 32 bytes
// for each setting and more for one in a storm.
//
// Threads: one owner.
//
// Layer: engine/tune (engine/alert, engine/base, engine/throttle).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"

#include "engine/alert/alert_key.h"
#include "engine/alert/event.h"
#include "engine/base/units.h"
#include "engine/throttle/window_count.h"
#include "engine/tune/key_storm.h"
#include "engine/tune/setting_groups.h"
#include "engine/tune/sweep_book.h"

namespace weir {

class KeyTable {
 public:
  // All outlive it.
  // Last words of codes that have a partner go to `words` as well.
  KeyTable(const GroupsByCode& groups, SweepBook& book, LastWords& words);

  // Of a key's words. Stays the same until the next DropKeysThatAreOver.
  using Place = uint32_t;

  // The key that an alert is counted by; the alert names a device.
  AlertKey KeyOf(const Alert& alert) const {
    return {*alert.device, groups_.version().counted_as(alert.code),
            alert.recipient.value_or(Eui64{})};
  }

  // Asks the processor for what PlaceOf will look at.
  void Prefetch(const AlertKey& key) const { places_.prefetch(key); }

  // The key's place, a new one if need be, and asks for what Decide will look at.
  Place PlaceOf(const AlertKey& key);

  // Takes in an alert of the key at a place, at stream time `now`, which never moves back. Gives
  // its storm, if it is in one afterwards.
  const KeyStorm* Decide(Place place, const Alert& alert, VerdictDigest::Identity identity,
                         TimeMs now);

  // Ends the episodes of a key that are due by `now`. False if it has no storm.
  bool FireDueBy(const AlertKey& key, TimeMs now);

  bool Contains(const AlertKey& key) const { return places_.contains(key); }

  // Whether it is worth while to look for keys that are over.
  bool is_crowded() const { return places_.size() >= drop_at_; }

  void DropKeysThatAreOver(TimeMs now);

  // At the end, when stream time is `now`: ends what is due, and adds to the book what stays open.
  void Finish(TimeMs now);

 private:
  // In a key's first word: it is in a storm.
  static constexpr uint64_t kStorm = (uint64_t{1} << CountCodec::kBits) - 1;

  bool CountQuietly(const SweptAlert& alert, const SettingGroups& groups,
                    absl::Span<uint64_t> words);
  KeyStorm& StormAt(Place place, const SweptAlert& alert, const SettingGroups& groups);
  bool BecomeQuiet(Place place, KeyStorm& storm, const SettingGroups& groups);
  bool IsOver(AlertCode counted_as, Place place, TimeMs now);

  absl::Span<uint64_t> WordsAt(Place place) {
    return absl::MakeSpan(words_).subspan(size_t{place} * stride_, stride_);
  }

  const GroupsByCode& groups_;
  SweepBook& book_;
  LastWords& words_of_pairs_;
  std::vector<std::vector<WindowClock>> clocks_;  // by GroupsByCode::IndexOf, one for each group
  std::vector<int64_t> windows_;                  // of the alert under way
  absl::flat_hash_map<AlertKey, Place> places_;
  size_t stride_;  // words for each key
  std::vector<uint64_t> words_;
  std::vector<Place> free_;
  absl::flat_hash_map<Place, std::unique_ptr<KeyStorm>> storms_;
  uint64_t position_ = 0;  // of the last alert
  size_t drop_at_ = 1024;  // how many keys are looked through for those that are over
};

}  // namespace weir
