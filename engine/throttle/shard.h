// Decides the alerts of a share of the devices: duplicates, then throttling, with the episodes and
// timers of their keys.
//
// A partition has one shard, or several that threads work through side by side. They share the
// policy version in force and the counter table, and nothing else; what a shard decides depends on
// its own alerts and on stream time, so that their number changes no result.
//
// Threads: Decide may be called for different shards at the same time; everything else belongs to
// the owner, while no shard is deciding.
//
// Layer: engine/throttle (engine/alert, engine/base).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"

#include "engine/alert/alert_key.h"
#include "engine/alert/event.h"
#include "engine/base/plain_vector.h"
#include "engine/base/state_batch.h"
#include "engine/base/units.h"
#include "engine/throttle/counters.h"
#include "engine/throttle/duplicates.h"
#include "engine/throttle/ledger.h"
#include "engine/throttle/open_keys.h"
#include "engine/throttle/rules.h"
#include "engine/throttle/timeline.h"
#include "engine/throttle/totals.h"
#include "engine/throttle/window_count.h"

namespace weir {

// An alert that has arrived in the log, or another record of which it is only asked whether it was
// seen before.
struct Arrival {
  const Alert* alert = nullptr;
  const OtherEvent* other = nullptr;  // if there is no alert
  TimeMs now;                         // stream time, the record's own time taken in
  int64_t position = 0;               // of its record in the input
  uint32_t record = 0;                // index of its record in the round
};

class Shard {
 public:
  // In the counter table: the key's state is in the open keys of its shard.
  static constexpr uint64_t kOpen = CounterTable::kMaxValue;

  // All outlive the shard, whose number is `index`.
  Shard(size_t index, const Rules& rules, Counters& counters, Totals& totals,
        DurationMs duplicate_window);

  // Gives it an alert to decide: one of its devices', in the order of the log, with the tag of the
  // alert's key under the version in force. An alert that is not counted has none. The arrival
  // stays where it is until it has been decided.
  void Deal(const Arrival& arrival, uint32_t tag) { dealt_.push_back({&arrival, tag}); }

  // Decides what it was dealt; what is due by then happens before each of the alerts, and what is
  // due by `until` in the end. Puts the verdict of each alert at its record.
  void Decide(const Timeline& timeline, std::optional<TimeMs> until, absl::Span<Verdict> verdicts);

  // Without any alert: lets what is due by `by` happen, at most `limit` keys, and gives when the
  // last of these was due. The rest happens before anything else: in the next call, or in Decide.
  std::optional<TimeMs> FireSome(TimeMs by, size_t limit);

  // Ends the open keys whose code is set in `codes` (by AlertCode::index()): a version takes effect
  // at `at`, with `record`. The version before is still in force.
  void EndCodes(const std::vector<bool>& codes, TimeMs at, uint32_t record);

  Ledger& ledger() { return ledger_; }

  const OpenKeys& open_keys() const { return open_keys_; }

  Duplicates& duplicates() { return duplicates_; }

  const Duplicates& duplicates() const { return duplicates_; }

  // Another version is in force, or none.
  void FollowRules();

  void Accept(TimeMs now);
  void Rollback();

  void ExportOpenKeys(const StateScope& scope) const { open_keys_.Export(scope); }

  void LoadOpenKey(const AlertKey& key, OpenKey open) { open_keys_.Load(key, std::move(open)); }

 private:
  // What counting one alert says.
  enum class Finding : uint8_t { kPass, kPassStorm, kStart };

  // A policy, and what of it depends on the window that stream time is in.
  struct alignas(64) Limits {
    const CodePolicy* policy = nullptr;
    const CountCodec* codec = nullptr;
    WindowClock clock;
    PassingWords passing;
  };

  // How an alert is counted, and when.
  struct Counting {
    const Limits& limits;  // at that time
    bool excluded = false;
    TimeMs now;

    const CodePolicy& policy() const { return *limits.policy; }

    const CountCodec& codec() const { return *limits.codec; }

    int64_t window() const { return limits.clock.window(); }
  };

  struct Dealt {
    const Arrival* arrival = nullptr;
    uint32_t tag = 0;
  };

  // What is known of an alert by the time its turn comes.
  struct Prepared {
    std::optional<Fingerprint> id;
    CounterTable::Place place;
  };

  // Of an alert with a tag.
  static CounterTable::Key SlotKey(const Dealt& dealt) {
    return {.device = dealt.arrival->alert->device->value, .tag = dealt.tag};
  }

  void Prepare(const Dealt& dealt, Prepared& prepared) const;
  static void Approach(const Dealt& dealt, Prepared& prepared);
  Verdict DecideOne(const Dealt& dealt, const Prepared& prepared);
  Verdict Count(const Dealt& dealt, const Prepared& prepared);
  const Limits& LimitsAt(TimeMs now, AlertCode code);
  Counting CountingOf(const Arrival& arrival);
  static void MoveTo(TimeMs now, Limits& limits);
  static Finding CountIn(const Counting& how, WindowCount& count);
  static Finding CountIn(const Counting& how, uint64_t& word);
  uint64_t WordAfter(uint64_t word, const Arrival& arrival);
  Verdict CountUncommon(const Arrival& arrival, uint64_t before);
  void OpenAfter(uint64_t before, const Counting& how, const AlertKey& key, int64_t position);
  Verdict CountOpen(const Counting& how, const Arrival& arrival, const AlertKey& key);
  Verdict Act(Finding finding, const Arrival& arrival, const AlertKey& key);
  Verdict Throttled(const Arrival& arrival, const CodePolicy& policy, OpenKey& open);
  CopyMark TakeCopy(AlertCode code, Episode& episode);

  void FireDueBy(TimeMs now, const Timeline& timeline);
  void FireAllBy(TimeMs now, const Timeline& timeline);
  size_t FireNext(uint32_t record, size_t limit);
  void EndWindow(const AlertKey& key, TimeMs at);
  void EndKey(const AlertKey& key, EpisodeEvent::Reason reason, TimeMs at);
  void Close(const AlertKey& key);
  void TryCompact(const AlertKey& key);
  EpisodeEvent Event(EpisodeEvent::Kind kind, const AlertKey& key, TimeMs at) const;

  const PolicyVersion& version() const { return *rules_.version(); }

  const size_t index_;
  const Rules& rules_;
  Counters& counters_;
  ShardTotals& totals_;
  Duplicates duplicates_;
  OpenKeys open_keys_;
  Ledger ledger_;
  PlainVector<Dealt> dealt_;
  std::vector<AlertKey> due_next_;  // of those due at open_keys_.NextDue(), the last one first
  std::vector<Limits> limits_;      // by PolicyVersion::policy_index
};

}  // namespace weir
