// The commit protocol of a service: decides the records of the partitions that a worker owns, and
// makes results, state and offsets stand as one, or not at all.
//
// The log is the only place of commits; memory follows it. After an error of the log, what stands
// is read from it: the commit that was attempted, or the one before, to which the partitions are
// then rolled back; anything else means that another owner has written.
//
// Promises: the results that stand are those of one uninterrupted run over the records, whatever
// fails between them. What is undone comes again: TakeRewound says from where to read.
//
// Errors: those of CommitLog::Settle; FailedPrecondition if another owner has written. After an
// error nothing can be said of the state in memory: it is to be dropped and restored.
//
// Threads: one owner.
//
// Layer: engine/pipeline (engine/base, engine/throttle).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"

#include "engine/base/state_batch.h"
#include "engine/pipeline/commit_log.h"
#include "engine/pipeline/decider.h"
#include "engine/pipeline/owned_partition.h"
#include "engine/pipeline/record.h"

namespace weir {

// What the protocol did, for metrics and messages. All numbers since it began.
struct ProtocolCounts {
  uint64_t commits = 0;         // of partitions, that stand
  uint64_t transactions = 0;    // that stand
  uint64_t settled_stands = 0;  // of these, those of which only Settle could tell
  uint64_t undone = 0;          // transactions that had to be rolled back
};

class CommitProtocol {
 public:
  // More timers than this are not fired in one transaction; see Process.
  static constexpr size_t kMostTimers = 50000;

  // `log` outlives the protocol. `partitions` is how many the input has.
  CommitProtocol(CommitLog& log, uint32_t partitions, size_t most_timers = kMostTimers)
      : log_(log), partitions_(partitions), most_timers_(most_timers) {}

  // Processes the next records of a partition, in the order of their offsets. Where one of them
  // brings more ends of windows than a transaction should hold, these are committed step by step,
  // with the next offset before that record. False: work was undone, and the records that follow
  // are not to be processed before those that TakeRewound names.
  absl::StatusOr<bool> Process(OwnedPartition& partition, absl::Span<const Record> records);

  // Lets time pass in a partition without records. False as above.
  absl::StatusOr<bool> Idle(OwnedPartition& partition, TimeMs until);

  // Makes the batch stand; without one, nothing happens. False as above.
  absl::StatusOr<bool> Commit();

  // Drops the batch, and with it the transaction.
  absl::Status Undo();

  // Whether there is a batch, and how many records it has.
  bool in_batch() const { return !batch_.empty(); }

  size_t batch_records() const { return batch_records_; }

  // Partitions that were rolled back since the last call: reading goes on at their position.
  std::vector<OwnedPartition*> TakeRewound();

  const ProtocolCounts& counts() const { return counts_; }

 private:
  // Of one partition in a commit.
  struct Change {
    Head head;
    StateBatch delta;
  };

  void Join(OwnedPartition& partition);
  absl::StatusOr<size_t> Advance(OwnedPartition& partition, absl::Span<const Record> records);
  size_t LeadingThatFit(const Partition& state, absl::Span<const Record> records) const;
  absl::StatusOr<bool> FireBefore(OwnedPartition& partition, TimeMs by);
  absl::StatusOr<bool> WriteResults(OwnedPartition& partition, const Results& results);
  absl::Status Attempt(std::vector<Change>& changes);
  absl::StatusOr<bool> Settle();
  void RollBack();

  CommitLog& log_;
  const uint32_t partitions_;
  const size_t most_timers_;
  Decider decider_;
  std::vector<OwnedPartition*> batch_;  // those that the transaction is about
  size_t batch_records_ = 0;
  std::vector<OwnedPartition*> rewound_;
  ProtocolCounts counts_;
};

}  // namespace weir
