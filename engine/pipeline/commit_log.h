// Port: the log in which a service makes its commits. It is the only place where they are made.
//
// A transaction holds the results of one or more partitions, what their state became, and the
// offsets at which reading goes on. It begins with the first Write and ends with Commit: all of it
// stands, or none.
//
// Errors: any error but that of Settle leaves the transaction's outcome unknown; nothing may be
// written until Settle has said what stands. Unavailable: the log cannot be reached.
// FailedPrecondition: another instance has taken over.
//
// Threads: one owner.
//
// Layer: engine/pipeline (engine/base).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"

#include "engine/pipeline/changelog.h"
#include "engine/pipeline/results.h"

namespace weir {

// Up to where the commits of a partition reach.
struct StandingCommit {
  int32_t partition = 0;
  uint64_t number = 0;      // of the last commit; 0: there is none
  int64_t next_offset = 0;  // of the input

  // Before the first commit the log knows no offset.
  friend bool operator==(const StandingCommit& a, const StandingCommit& b) {
    return a.partition == b.partition && a.number == b.number &&
           (a.number == 0 || a.next_offset == b.next_offset);
  }
};

class CommitLog {
 public:
  virtual ~CommitLog() = default;

  // Writes what became of records of a partition; what the results view is valid only during the
  // call. Waits while there is no room.
  virtual absl::Status Write(int32_t partition, const Results& results) = 0;

  // Writes what a commit changed in a partition's state.
  virtual absl::Status WriteChanges(int32_t partition,
                                    absl::Span<const ChangelogRecord> records) = 0;

  // The longest value that a record of the deltas may have.
  virtual size_t LargestDelta() const = 0;

  // Makes everything written since the last commit stand, with these numbers and offsets.
  virtual absl::Status Commit(absl::Span<const StandingCommit> commits) = 0;

  // After an error, or to drop what has been written: makes sure that nothing of this owner is
  // under way any more, and says what stands, in the order of `partitions`.
  virtual absl::StatusOr<std::vector<StandingCommit>> Settle(
      absl::Span<const int32_t> partitions) = 0;
};

}  // namespace weir
