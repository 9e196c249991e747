// One key while it is throttled under some setting: its counts, and what has become of it under
// each setting.
//
// Decides as the throttle does for that setting; what it decides goes into the book.
//
// Promises: what was due before an alert has happened before it is decided. Between alerts nothing
// happens by itself: ends of episodes are caught up with the key's next alert, or by FireDueBy.
//
// Every alert of a storm is decided under every setting, and so the loop over them does no more
// than count: what it counts goes into the book when the minute or the code changes, and at the
// end.
//
// Threads: one owner.
//
// Layer: engine/tune (engine/alert, engine/base, engine/throttle).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/types/span.h"

#include "engine/alert/alert_key.h"
#include "engine/base/units.h"
#include "engine/throttle/window_count.h"
#include "engine/tune/pair_watches.h"
#include "engine/tune/setting_groups.h"
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
  VerdictDigest::Identity identity = 0;
  uint64_t position = 0;  // in the order of all alerts
};

class KeyStorm {
 public:
  // `groups`, `book` and `words` outlive it. `counts`, one for each group, are those before the
  // first alert that it takes. A key that is not swept has one setting, which stands for all. Last
  // words go to `words` as well, if it is not null: for the key of a pair.
  KeyStorm(const SettingGroups& groups, const AlertKey& key, std::vector<WindowCount> counts,
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

  // For each setting, whether it has held back the alert taken last. Only for the key of a pair.
  const HeldBack& held() const { return held_; }

 private:
  // Of one setting.
  struct Entry {
    bool in_episode = false;
    bool afresh = false;  // the window before does not count: an episode ended with it
    // Since the book was written last:
    uint32_t throttled = 0;  // alerts decided in an episode
    uint32_t copies = 0;     // of them
    int64_t started_window = 0;
    uint64_t sequence = 0;  // of the last copy
    uint64_t pending = 0;   // alerts since
    uint64_t digest = 0;    // of verdicts other than to pass
  };

  // What can be said in an episode of the last of the key's alerts that may be held back: under
  // each setting that has alerts pending, it is the last consolidated one.
  struct Last {
    AlertCode code;
    TimeMs at;
    VerdictDigest::Identity identity = 0;
    uint64_t position = 0;
  };

  // Of a group.
  struct Group {
    std::vector<Entry> entries;  // of the lowest thresholds, those that were ever passed
    size_t in_episode = 0;       // entries that are
    size_t afresh = 0;           // likewise

    bool is_quiet() const { return in_episode == 0 && afresh == 0; }
  };

  void EndWindows(size_t group, int64_t to);
  void EndEpisode(size_t group, size_t place, TimeMs at);
  void TellPair(size_t setting, TimeMs at);
  void Decide(const SweptAlert& alert, size_t group);
  void CountExcluded(size_t group);
  void Start(size_t group, size_t place);
  void Copy(const SweptAlert& alert, size_t setting, Entry& entry);
  void CountDelays(absl::Span<const TimeMs> waited, TimeMs at, Delays& delays) const;
  void CountDue(size_t group, size_t place, Delays& due) const;
  void WriteRun();
  void ForgetTimes();

  SettingCounts& CountsOf(AlertCode code, size_t setting) {
    return book_.Of(code, groups_.settings).settings[setting];
  }

  const SettingGroups& groups_;
  AlertKey key_;
  SweepBook& book_;
  LastWords* words_;
  std::vector<WindowCount> counts_;  // by group
  std::vector<Group> states_;        // likewise
  size_t in_episode_ = 0;            // entries that are
  size_t afresh_ = 0;                // likewise
  std::vector<TimeMs> times_;        // of the last alerts that may be held back, ascending
  size_t forget_at_ = 64;            // how many times are looked through for those not needed
  Last last_;
  HeldBack held_;
  StormCounts* storm_ = nullptr;  // of the device, once there was an episode
};

}  // namespace weir
