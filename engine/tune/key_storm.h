// One key while it is throttled under some setting: its counts, and what has become of it under
// each setting.
//
// Decides as the throttle does for that setting; what it decides goes into the book.
//
// Promises: what was due before an alert has happened before it is decided. Between alerts nothing
// happens by itself: ends of episodes are caught up with the key's next alert, or by FireDueBy.
//
// A storm meets every setting with every alert, and so no more is done for each than must be: what
// the rungs of a ladder have in common is counted once, and what is counted goes into the book when
// the minute, the code or what is common changes, and at the end.
//
// Threads: one owner.
//
// Layer: engine/tune (engine/alert, engine/base, engine/throttle).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/types/span.h"

#include "engine/alert/alert_key.h"
#include "engine/base/units.h"
#include "engine/throttle/window_count.h"
#include "engine/tune/pair_watches.h"
#include "engine/tune/setting_groups.h"
#include "engine/tune/setting_set.h"
#include "engine/tune/sweep_book.h"
#include "engine/tune/verdict_digest.h"

namespace weir {

// An alert whose turn has come.
struct SweptAlert {
  AlertKey key;    // that it is counted by
  AlertCode code;  // its own
  bool excluded = false;
  TimeMs now;                         // stream time
  absl::Span<const int64_t> windows;  // by group: the window that holds `now`
  PairWatches::Number pair = 0;       // of the key, if it is of one
  VerdictDigest::Identity identity = 0;
  uint64_t position = 0;  // in the order of all alerts
};

class KeyStorm {
 public:
  // `groups`, `book` and `words` outlive it. `first` is the alert that it will take first,
  // `counts`, one for each group, are those before. A key that is not swept has one setting, which
  // stands for all. Last words go to `words` as well, if it is not null: for the key of a pair.
  KeyStorm(const SettingGroups& groups, const SweptAlert& first, std::vector<WindowCount> counts,
           SweepBook& book, LastWords* words);

  // Decides an alert of the key, whose code the book has counted as received and passed.
  void Take(const SweptAlert& alert);

  // Ends the episodes that are due by `now`.
  void FireDueBy(TimeMs now);

  // Writes down what the book does not have yet. With `is_end` what is open will stay open.
  void CloseBook(bool is_end);

  // Whether no setting is in an episode, nor has to forget anything: then the counts are all.
  bool is_over() const { return in_episode_ == 0 && afresh_ == 0; }

  const std::vector<WindowCount>& counts() const { return counts_; }

  // The settings that have held back the alert taken last. Only for the key of a pair.
  const SettingSet& held() const { return held_; }

 private:
  // A setting in an episode.
  struct Episode {
    int64_t started_window = 0;
    uint64_t sequence = 0;  // of the last copy
    uint64_t told = 0;      // of the alerts that its ladder has throttled: those no longer pending
  };

  // Of a ladder.
  struct Climb {
    absl::InlinedVector<Episode, 1> episodes;  // of the lowest rungs
    bool afresh = false;      // the window before does not count: an episode ended with it
    uint64_t throttled = 0;   // alerts since the lowest rung's episode began
    uint64_t may_be_due = 0;  // from this number of alerts on, an alert may be one in n
    // Since the book was written last:
    uint64_t run = 0;     // alerts throttled
    uint64_t digest = 0;  // of their verdicts, as if all had been consolidated
  };

  // A ladder: its settings, and where the key stands.
  struct Place {
    const SettingGroup& group;
    const Ladder& ladder;
    const WindowCount& count;
    Climb& climb;
  };

  // What can be said in an episode of the last of the key's alerts that may be held back: under
  // each setting that has alerts pending, it is the last consolidated one.
  struct Last {
    AlertCode code;
    TimeMs at;
    VerdictDigest::Identity identity = 0;
    uint64_t position = 0;
  };

  // Of the rungs of a ladder.
  struct Range {
    size_t first = 0;
    size_t end = 0;
  };

  // That what a ladder has throttled, up to alert number `before`, is told of.
  struct Telling {
    uint64_t before = 0;
    TimeMs at;
    AlertCode code;  // that the waits are counted for
    Delays WaitCounts::*kind = &WaitCounts::told;
  };

  void EndWindows(absl::Span<const int64_t> to);
  void EndWindow(const Place& place, int64_t to);
  void EndEpisodes(const Place& place, Range rungs, TimeMs at);
  void EndEpisode(const Place& place, size_t rung, TimeMs at);
  void TellPair(size_t setting, TimeMs at);
  void Decide(const SweptAlert& alert, const Place& place);
  void Start(const Place& place);
  void CopyWhereDue(const SweptAlert& alert, const Place& place);
  void Copy(const SweptAlert& alert, const Place& place, Range rungs);
  void CountWaits(const Place& place, Range rungs, const Telling& telling);
  void CountDue(const Place& place);
  void PassedOn(const Place& place, Range rungs, TimeMs at);
  void WriteRun();
  void WriteRun(const Place& place);
  void AddToDigest(size_t setting, uint64_t verdict);
  void ForgetTimes();

  static Range Clearing(const Place& place);

  template <typename Visit>
  void ForEachPlace(const Visit& visit);

  CodeCounts& CountsOf(AlertCode code) { return book_.Of(code, groups_.settings); }

  const SettingGroups& groups_;
  AlertKey key_;
  PairWatches::Number pair_;
  SweepBook& book_;
  LastWords* words_;
  std::vector<WindowCount> counts_;  // by group
  std::vector<Climb> climbs_;        // by group and ladder
  size_t in_episode_ = 0;            // settings that are
  size_t afresh_ = 0;                // ladders that are
  std::vector<TimeMs> times_;        // of the last alerts that may be held back, ascending
  size_t forget_at_ = 64;            // how many times are looked through for those not needed
  Last last_;
  SettingSet held_;
  StormCounts* device_ = nullptr;     // once there was an episode
  StormCounts* recipient_ = nullptr;  // likewise, if the key has one
};

}  // namespace weir
