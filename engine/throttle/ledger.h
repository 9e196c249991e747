// What deciding leaves behind: a verdict for each alert, and a ledger of everything else.
//
// Nearly every alert just passes or is held back, which its verdict says. Copies, last words and
// episode events are few; they go into the ledger of the shard that decided them, with enough said
// to put the ledgers of all shards into the one order of the log.
//
// Layer: engine/throttle (engine/alert, engine/base).
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "engine/alert/alert_key.h"
#include "engine/alert/event.h"
#include "engine/base/units.h"
#include "engine/throttle/episode_event.h"

namespace weir {

// What becomes of an alert.
enum class Verdict : uint8_t {
  kForward,      // passes unchanged
  kCopy,         // passes as a copy; its mark is in the ledger
  kConsolidate,  // is held back
  kDuplicate,    // was seen before
};

// What a forwarded copy says of itself (ThrottledAlertSequenceId, ThrottledAlertCount).
struct CopyMark {
  uint64_t sequence_id = 0;  // 1 for the first copy of an episode
  uint64_t count = 0;        // alerts that it stands for, itself included
};

// An alert held back that passes as a copy after all, at the end of its episode.
struct LastWord {
  KeptAlert alert;
  CopyMark mark;
};

// When something happens in the log: before which record, and in which order there. What is equal
// is of one alert or of one key, and in the order in which it was added.
struct LedgerOrder {
  // At one time, windows end before a version takes effect.
  enum class Phase : uint8_t { kWindowEnd, kVersion, kRecord };

  uint32_t record = 0;  // index in the round
  Phase phase = Phase::kRecord;

  // Of a window's end or a version:
  TimeMs at{};
  int64_t position = 0;  // of the key's last alert
  AlertKey key{};

  friend bool operator<(const LedgerOrder& a, const LedgerOrder& b) {
    // What a record brings comes behind all timers due by then.
    const auto rank = [](const LedgerOrder& order) {
      return std::make_tuple(order.record, order.phase == Phase::kRecord, order.at, order.phase,
                             order.position, order.key);
    };
    return rank(a) < rank(b);
  }
};

struct LedgerEntry {
  LedgerOrder order;
  std::variant<EpisodeEvent, CopyMark, LastWord> what;  // a mark is that of the record's own copy
};

// Puts the entries of a round's ledgers into the one order of the log.
inline void PutInOrder(std::vector<LedgerEntry>& entries) {
  // Stable, since the ledgers have those of each key in order.
  std::stable_sort(entries.begin(), entries.end(),
                   [](const LedgerEntry& a, const LedgerEntry& b) { return a.order < b.order; });
}

class Ledger {
 public:
  // What is added from here on belongs there.
  void At(const LedgerOrder& order) { order_ = order; }

  void Add(const EpisodeEvent& event) { entries_.push_back({order_, event}); }

  void Add(const CopyMark& mark) { entries_.push_back({order_, mark}); }

  void Add(LastWord word) { entries_.push_back({order_, std::move(word)}); }

  // Moves what has been added behind `entries`.
  void MoveTo(std::vector<LedgerEntry>& entries) {
    entries.insert(entries.end(), std::make_move_iterator(entries_.begin()),
                   std::make_move_iterator(entries_.end()));
    entries_.clear();
  }

 private:
  LedgerOrder order_;
  std::vector<LedgerEntry> entries_;
};

}  // namespace weir
