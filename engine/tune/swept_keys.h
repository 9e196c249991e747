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

#include "absl/types/span.h"

#include "engine/alert/event.h"
#include "engine/base/units.h"
#include "engine/throttle/duplicates.h"
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
  // What is known of a record by the time its turn comes.
  struct Prepared {
    std::optional<Fingerprint> id;
    std::optional<AlertCode> partner;  // of the alert's code
    BothWays<AlertKey> keys{};         // if the alert has any; the other one if it has a partner
    BothWays<KeyTable::Place> places{};
    VerdictDigest::Identity identity = 0;
  };

  static constexpr size_t kAtOnce = 32;  // records for which memory is fetched together

  void TakeSome(absl::Span<const SweptRecord> records);
  void Prepare(const SweptRecord& record, Prepared& prepared) const;
  void Locate(const SweptRecord& record, Prepared& prepared);
  bool IsDuplicate(const SweptRecord& record, const Prepared& prepared);
  void Decide(const SweptRecord& record, const Prepared& prepared);
  void DecidePair(const SweptRecord& record, const Prepared& prepared);
  void MakeRoom(TimeMs now);

  const BothWays<GroupsByCode>& groups_;
  BothWays<SweepBook>& books_;
  Duplicates duplicates_;
  BothWays<LastWords> words_;
  BothWays<KeyTable> keys_;
  KeyTable& apart_;
  PairWatches pairs_;
  std::array<Prepared, kAtOnce> prepared_;  // of the records under way
  uint64_t duplicate_alerts_ = 0;
  uint64_t duplicate_others_ = 0;
};

}  // namespace weir
