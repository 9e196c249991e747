// The records of one partition, or those of a share of its devices, on their way through a sweep:
// duplicates are dropped, and alerts are counted by their keys.
//
// Alerts of codes that clear each other are counted twice: as the plan says, and in another book
// the other way, together if they are apart and apart if they are together.
//
// Threads: one owner.
//
// Layer: engine/tune (engine/alert, engine/base, engine/throttle).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"

#include "engine/alert/event.h"
#include "engine/base/units.h"
#include "engine/throttle/duplicates.h"
#include "engine/throttle/pair_tags.h"
#include "engine/throttle/window_count.h"
#include "engine/tune/key_table.h"
#include "engine/tune/pair_watches.h"
#include "engine/tune/setting_groups.h"
#include "engine/tune/sweep_book.h"

namespace weir {

// A record on its way: one of the two.
struct SweptRecord {
  const Alert* alert = nullptr;
  const OtherEvent* other = nullptr;
  TimeMs now;  // stream time, the record's own time taken in
};

class SweptKeys {
 public:
  // Both outlive it.
  SweptKeys(const BothWays<GroupsByCode>& groups, DurationMs duplicate_window,
            BothWays<SweepBook>& books);

  // Takes in the next records, in order.
  void Take(absl::Span<const SweptRecord> records);

  // At the end, when stream time is `now`: ends what is due, and adds to the books what stays open.
  void Finish(TimeMs now);

  // Messages that were dropped, seen before.
  uint64_t duplicate_alerts() const { return duplicate_alerts_; }

  uint64_t duplicate_others() const { return duplicate_others_; }

 private:
  // What alerts are looked up by: the device, and a number for the code, or the lower one of two
  // that clear each other, and the recipient. Twelve bytes.
  struct Family {
    uint32_t device_high = 0;
    uint32_t device_low = 0;
    uint32_t tag = 0;

    friend bool operator==(const Family&, const Family&) = default;

    template <typename H>
    friend H AbslHashValue(H state, const Family& family) {
      return H::combine(std::move(state), uint64_t{family.device_high} << 32 | family.device_low,
                        family.tag);
    }
  };

  // What is known of a record by the time its turn comes.
  struct Prepared {
    std::optional<Fingerprint> id;
    std::optional<AlertCode> partner;  // of the alert's code
    Family family;                     // if the alert has any
    uint32_t found = 0;                // a KeyTable::Place; for a pair a PairWatches::Number
    VerdictDigest::Identity identity = 0;
  };

  static constexpr size_t kAtOnce = 32;  // records for which memory is fetched together

  void TakeSome(absl::Span<const SweptRecord> records);
  void Prepare(const SweptRecord& record, Prepared& prepared);
  void Locate(const SweptRecord& record, Prepared& prepared);
  PairWatches::Number AddPair(AlertCode code, AlertCode partner);
  void Approach(const SweptRecord& record, const Prepared& prepared);
  bool IsDuplicate(const SweptRecord& record, const Prepared& prepared);
  void Decide(const SweptRecord& record, const Prepared& prepared);
  void DecidePair(const SweptRecord& record, const Prepared& prepared);
  void MakeRoom(TimeMs now);
  bool Drop(AlertCode code, KeyTable::Place place, TimeMs now);
  bool DropPair(AlertCode lower, PairWatches::Number number, TimeMs now);

  // Counts the codes of pairs apart.
  KeyTable& apart() { return groups_.planned.pairs_together() ? keys_.otherwise : keys_.planned; }

  KeyTable& together() {
    return groups_.planned.pairs_together() ? keys_.planned : keys_.otherwise;
  }

  const BothWays<GroupsByCode>& groups_;
  BothWays<SweepBook>& books_;
  Duplicates duplicates_;
  BothWays<LastWords> words_;
  BothWays<KeyTable> keys_;
  PairWatches pairs_;
  PairTags tags_{UINT32_MAX};
  absl::flat_hash_map<Family, uint32_t> families_;  // Prepared::found
  WindowClock memory_;                              // of the keys that are over first
  int64_t dropped_in_ = 0;                          // its window when it was looked for such keys
  size_t drop_at_ = 1024;                           // how many are worth while to look through
  std::array<Prepared, kAtOnce> prepared_;          // of the records under way
  uint64_t duplicate_alerts_ = 0;
  uint64_t duplicate_others_ = 0;
};

}  // namespace weir
