// One partition's state machine: stream time, duplicates, throttling, and what follows from records
// about devices and service requests.
//
// Records go in round by round, in the order of the log; what becomes of them is left in verdicts
// and a ledger. A batch is everything since the last Accept or Rollback. Export writes what the
// batch changed (its delta), and is followed by Accept once that is durable, or by Rollback, which
// puts everything back to where the batch began.
//
// Promises: the same records give the same results, whatever the rounds, batches and rollbacks
// between them, and however many threads decide.
//
// A round: Begin or BeginIdle; then DealOut, and Decide for every shard, side by side or one after
// the other, as long as DealOut finds something to do.
//
// Threads: one owner, but for Decide: one thread for each shard.
//
// Layer: engine/pipeline (engine/alert, engine/base, engine/throttle, and those of the registry).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

#include "engine/base/plain_vector.h"
#include "engine/base/state_batch.h"
#include "engine/pipeline/notice.h"
#include "engine/pipeline/record.h"
#include "engine/pipeline/registry.h"
#include "engine/pipeline/stream_clock.h"
#include "engine/pipeline/system_rules.h"
#include "engine/throttle/ledger.h"
#include "engine/throttle/policy.h"
#include "engine/throttle/throttle.h"
#include "engine/throttle/timeline.h"

namespace weir {

// What a partition has read: read = dead + duplicates + other + alerts.
struct ReadCounts {
  uint64_t read = 0;
  uint64_t dead = 0;
  uint64_t other = 0;  // records that are not alerts
};

class Partition {
 public:
  // Beginnings of the names of the entries that Past needs.
  static constexpr std::array<absl::string_view, 2> kPastSections = {"a", "b"};

  // Beginning of the names of the registry's entries, behind which there are no others.
  static constexpr absl::string_view kRegistry = "d";

  // Both outlive the partition, the schedule unless another one follows it.
  Partition(const PolicySchedule& schedule, const SystemRules& rules, size_t shards);
  ~Partition() = default;
  Partition(const Partition&) = delete;
  Partition& operator=(const Partition&) = delete;

  // Takes in those of `records` that `mine` names by index, ascending; the other ones are of other
  // partitions. `verdicts` has one place for each record. All are there until the round has ended.
  void Begin(absl::Span<const Record> records, absl::Span<const uint32_t> mine,
             absl::Span<Verdict> verdicts);

  // Begins a round without records, at whose end stream time is `until`, if that is later than it
  // is now; else nothing happens. What happens by itself is in the ledger, with record 0.
  void BeginIdle(TimeMs until);

  // The earliest time at which anything happens by itself: a timer, or a version that takes effect.
  // Nothing as long as there is no stream time.
  std::optional<TimeMs> NextDue() const;

  // False at the end of the round, when there is nothing to decide.
  bool DealOut();

  void Decide(size_t shard) { throttle_.Decide(shard); }

  // What stream time will be once these records, of this partition, have been taken in.
  std::optional<TimeMs> TimeAfter(absl::Span<const Record> records) const;

  std::optional<TimeMs> TimeAfter(const Record& record) const {
    return TimeAfter(absl::MakeConstSpan(&record, 1));
  }

  // One instant may bring more timers than a commit can take. Then, between rounds and before the
  // record that moves stream time to `by`, FireSome fires some of those due at or before it: at
  // most `limit`, in their order, and none behind the date of a version that has not taken effect
  // yet. It gives whether it may fire more. What they bring is in the ledger, with record 0; it is
  // part of the batch, as that of a round. Stream time stays as it is; the next records processed
  // are those that move it to `by` or later. Only for one shard.
  bool FireSome(TimeMs by, size_t limit);

  // Whether FireSome has more than `limit` timers to fire. Looks at no more than that.
  bool IsMoreDue(TimeMs by, size_t limit) const;

  // Moves the ledger of what has been decided behind `entries`, in no particular order.
  void MoveLedgerTo(std::vector<LedgerEntry>& entries) { throttle_.MoveLedgersTo(entries); }

  // The same for its notices, which are in order, once the round has ended.
  void MoveNoticesTo(std::vector<Notice>& notices) { registry_.MoveNoticesTo(notices); }

  void Accept();
  void Rollback();

  // Writes the batch's delta as commit `number`, ascending from 1. May be called again, also for
  // the number of a batch that was rolled back.
  void Export(uint64_t number, const StateScope& scope) const;

  // For a store that is to stay small, after Export: renews images of what many deltas tell, and
  // erases what is no longer needed. Once it is known that the batch will not be rolled back.
  void ExportUpkeep(uint64_t number, const StateScope& scope);

  // Of the entry with this name. Those that Export writes are lasting or expiring.
  static Lifetime LifetimeOf(absl::string_view name);

  // No expiring entry that a commit has written is needed any more once stream time is so far past
  // what it was at the end of that commit: without all those commits, the state loaded is as good.
  // Changes with the version in force, that of the last Accept.
  DurationMs KeptFor() const { return throttle_.KeptFor(); }

  // Takes up one entry that Export wrote; entries come ascending by name, into a new partition.
  absl::Status Load(absl::string_view name, absl::string_view value);

  // After the last entry. FailedPrecondition if the state was decided under other policy versions
  // than the schedule's; with `force` the schedule's hold from here on, open episodes end and
  // counts start afresh. What that changes belongs to the batch then open, and to the ledger.
  absl::Status FinishLoad(bool force);

  // What the loaded entries say the state was decided under: the versions that have taken effect,
  // and no later ones.
  PolicySchedule Past() const;

  // Between batches: `schedule` goes on from the present one, as AdoptSchedule makes it of Past()
  // at now(). It outlives the partition, or is followed by another one in turn.
  void GoOnWith(const PolicySchedule& schedule);

  // `other` without duplicates.
  ReadCounts counts() const;

  std::optional<TimeMs> stream_time() const { return progress_.clock.now(); }

  // Up to which time, past stream time, FireSome has come; nothing if stream time has followed.
  std::optional<TimeMs> fired_to() const { return progress_.fired_to; }

  // When everything happens: at stream time, but never before timers that have fired.
  std::optional<TimeMs> now() const { return std::max(stream_time(), fired_to()); }

  // The alerts of the last round, and how stream time moved in it.
  absl::Span<const Arrival> arrivals() const { return arrivals_; }

  const Timeline& timeline() const { return timeline_; }

  const Throttle& throttle() const { return throttle_; }

  const Registry& registry() const { return registry_; }

 private:
  // The scalars, so that a rollback is one assignment.
  struct Progress {
    StreamClock clock;
    ReadCounts counts;
    std::optional<TimeMs> fired_to{};
  };

  void Take(const Record& record, uint32_t index);
  void Take(const Record& record, const Alert& alert, uint32_t index);
  void Take(const Record& record, const OtherEvent& event, uint32_t index);
  TimeMs FollowClock(uint32_t index);
  std::string EncodeHead() const;
  absl::Status LoadHead(absl::string_view value);
  absl::Status CheckPast() const;

  const PolicySchedule* schedule_;
  Progress progress_;
  Progress accepted_;
  Throttle throttle_;
  Registry registry_;

  // Of the round under way.
  absl::Span<const Record> records_;
  absl::Span<const Verdict> verdicts_;
  PlainVector<Arrival> arrivals_;
  Timeline timeline_;

  // The versions that the state was decided under, up to the last Accept.
  std::vector<PolicyVersion> past_;
  size_t stored_versions_ = 0;  // how many the store has: after a forced resumption other ones
  bool head_loaded_ = false;
  DurationMs past_duplicate_window_;
  DurationMs past_max_ahead_;
};

}  // namespace weir
