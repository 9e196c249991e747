// Recovery of a partition: brings a local store up to the last commit that stands, from the two
// changelogs, and loads the partition from it. One mechanism for a crash, a rebalance, another
// machine and a lost or damaged disk.
//
// The store is a cache of what the log says, behind or equal. What shows that it is neither (it is
// ahead, of another log, or does not lead to where the log stands) makes it useless: DataLoss, and
// the caller rebuilds from an empty one. With an empty store DataLoss means that the changelogs
// have lost what is needed, and nothing can be decided rightly any more.
//
// Threads: one owner.
//
// Layer: engine/pipeline (engine/base, engine/throttle).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "engine/base/state_batch.h"
#include "engine/pipeline/changelog.h"
#include "engine/pipeline/commit_log.h"
#include "engine/pipeline/owned_partition.h"
#include "engine/pipeline/store.h"
#include "engine/throttle/policy.h"

namespace weir {

// Offsets from which the changelogs hold everything behind some commit.
struct ChangelogPosition {
  int64_t deltas = 0;
  int64_t state = 0;
};

// Port: reads the two changelogs of one partition, what is committed of them. DeadlineExceeded if
// they cannot be reached, or show nothing for too long.
class ChangelogSource {
 public:
  virtual ~ChangelogSource() = default;

  // Where the changelogs begin by now.
  virtual absl::StatusOr<ChangelogPosition> Begin() = 0;

  // OutOfRange if there is nothing at that position any more.
  virtual absl::Status Seek(const ChangelogPosition& position) = 0;

  // The next record of either, each in its own order; nothing if there is none for now.
  // Cancelled if the caller's owner does not want to know any more.
  virtual absl::StatusOr<std::optional<ChangelogRecord>> Next() = 0;
};

// What a local store says of itself.
struct StorePoint {
  std::string log;              // of which log, topic and partition it is a cache; opaque
  StandingCommit commit;        // up to which it holds the state
  Head head;                    // of that commit
  ChangelogPosition changelog;  // behind which everything later stands
  TimeMs written;               // when, by the wall clock
};

// The point of a store; one without a commit if it is empty. DataLoss if it says nothing sensible.
absl::StatusOr<StorePoint> ReadStorePoint(Store& store);

void PutStorePoint(const StorePoint& point, StateBatch& batch);

// The prefix of the names under which a store has the entries of its one partition.
StateScope StoreScope(StateBatch& batch);

struct CatchUpCounts {
  uint64_t records = 0;
  uint64_t bytes = 0;
};

// Brings the store from `from` up to the commit `target`, which stands in the log. Returns the
// point at which it is then, written when `from` says. `counts` goes up on the way, for people.
absl::StatusOr<StorePoint> CatchUp(Store& store, const StorePoint& from,
                                   const StandingCommit& target, ChangelogSource& source,
                                   CatchUpCounts& counts);

// The partition at the point of the store. It goes on under the policy versions that its state was
// decided under; of `given` those count that lie ahead. What else differs is said in `remarks`.
// `rules` outlive it.
absl::StatusOr<std::unique_ptr<OwnedPartition>> LoadPartition(Store& store, const StorePoint& point,
                                                              const PolicySchedule& given,
                                                              const SystemRules& rules,
                                                              std::string& remarks);

}  // namespace weir
