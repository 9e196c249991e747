// One partition's state machine: stream time, duplicates, throttling.
//
// Records go in one by one, in the order of the log; results go to the sink. A batch is everything
// since the last Accept or Rollback. Export writes what the batch changed (its delta), and is
// followed by Accept once that is durable; Rollback puts everything back to where the batch began.
//
// Promises: the same records give the same results, whatever the batches and rollbacks between
// them.
//
// Threads: one owner.
//
// Layer: engine/pipeline (engine/alert, engine/base, engine/throttle).
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

#include "engine/base/state_batch.h"
#include "engine/pipeline/record.h"
#include "engine/pipeline/sink.h"
#include "engine/pipeline/stream_clock.h"
#include "engine/throttle/duplicates.h"
#include "engine/throttle/policy.h"
#include "engine/throttle/throttle.h"
#include "engine/throttle/totals.h"

namespace weir {

// What a partition has read: read = dead + duplicates + other + alerts.
struct ReadCounts {
  uint64_t read = 0;
  uint64_t dead = 0;
  uint64_t other = 0;  // records that are not alerts
};

class Partition {
 public:
  // `schedule` outlives the partition.
  explicit Partition(const PolicySchedule& schedule);
  ~Partition() = default;
  Partition(const Partition&) = delete;
  Partition& operator=(const Partition&) = delete;

  // Keep one while calling Prefetch and Process.
  [[nodiscard]] Epochs::Pin Enter() { return throttle_.Enter(); }

  // Asks the processor for what Process will need.
  void Prefetch(const Record& record);
  void Process(const Record& record, Sink& sink);

  void Accept();
  void Rollback();

  // Writes the batch's delta as commit `number`, ascending from 1.
  void Export(uint64_t number, const StateScope& scope);

  // Takes up one entry that Export wrote; entries come ascending by name, into a new partition.
  absl::Status Load(absl::string_view name, absl::string_view value);

  // After the last entry. FailedPrecondition if the state was decided under other policy versions
  // than the schedule's; with `force` the schedule's hold from here on, open episodes end and
  // counts start afresh. What that changes belongs to the batch then open.
  absl::Status FinishLoad(bool force, Sink& sink);

  const ReadCounts& counts() const { return progress_.counts; }

  std::optional<TimeMs> stream_time() const { return progress_.clock.now(); }

  const Throttle& throttle() const { return throttle_; }

  // By AlertCode::index(), with what is open and pending at this moment.
  std::vector<CodeTotals> TotalsByCode() const;

  // Roughly how much the open batch holds in memory, in records.
  size_t batch_size() const { return throttle_.journal_size(); }

 private:
  // The scalars, so that a rollback is one assignment.
  struct Progress {
    StreamClock clock;
    ReadCounts counts;
  };

  void ProcessAlert(const Alert& alert, int64_t position, Sink& sink);
  std::string EncodeHead() const;
  absl::Status LoadHead(absl::string_view value);
  absl::Status CheckPast() const;

  const PolicySchedule& schedule_;
  Progress progress_;
  Progress accepted_;
  Totals totals_;
  Duplicates duplicates_;
  Throttle throttle_;

  // The versions that the state was decided under, as the store has them.
  std::vector<PolicyVersion> past_;
  size_t stored_versions_ = 0;  // how many the store has
  bool head_loaded_ = false;
  DurationMs past_duplicate_window_;
  DurationMs past_max_ahead_;
};

}  // namespace weir
