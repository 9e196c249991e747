// A partition as the instance that owns it has it: its state in memory, where it stands in the log,
// and what it needs to hand over.
//
// Threads: one owner.
//
// Layer: engine/pipeline (engine/base, engine/throttle).
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "absl/types/span.h"

#include "engine/base/state_batch.h"
#include "engine/base/units.h"
#include "engine/pipeline/changelog.h"
#include "engine/pipeline/commit_log.h"
#include "engine/pipeline/partition.h"
#include "engine/pipeline/shadow.h"
#include "engine/pipeline/system_rules.h"
#include "engine/throttle/ledger.h"
#include "engine/throttle/policy.h"

namespace weir {

// Port: is told of each commit that stands, so that a local store can follow.
class CommitFollower {
 public:
  virtual ~CommitFollower() = default;

  // `delta` is what the commit changed, `upkeep` what keeps a store small; by names relative to the
  // partition.
  virtual void Follow(const Head& head, StateBatch delta, StateBatch upkeep) = 0;
};

class OwnedPartition {
 public:
  // Without state; it is loaded into state() by the entries of the commit at which it stands.
  // `rules` outlive it.
  OwnedPartition(const StandingCommit& standing, PolicySchedule schedule, const SystemRules& rules)
      : standing_(standing),
        position_(standing.next_offset),
        schedule_(std::make_unique<PolicySchedule>(std::move(schedule))),
        state_(std::make_unique<Partition>(*schedule_, rules, kShards)) {}

  // Once loaded: which deltas its head says are still needed.
  void ContinueFrom(uint64_t oldest_delta);

  int32_t number() const { return standing_.partition; }

  // The last commit that stands.
  const StandingCommit& standing() const { return standing_; }

  // Offset of the next record to process; behind that of the commit while records are in a batch.
  int64_t position() const { return position_; }

  void set_position(int64_t position) { position_ = position; }

  Partition& state() { return *state_; }

  const Partition& state() const { return *state_; }

  // Without a batch: from here on what lies ahead is as `given` has it. Gives remarks, as
  // AdoptSchedule does.
  std::string Adopt(const PolicySchedule& given);

  // Without a batch: begins a shadow of the candidate, or anew with another one; null ends it.
  void SetCandidate(std::shared_ptr<const PolicyVersion> candidate);

  // Null without a candidate.
  const Shadow* shadow() const { return shadow_.get(); }

  // After each round of the state, with what was decided in it.
  void TellShadow(absl::Span<const Verdict> verdicts);

  // Told of every commit from here on. May be null; outlives its use.
  void set_follower(std::shared_ptr<CommitFollower> follower) { follower_ = std::move(follower); }

  CommitFollower* follower() const { return follower_.get(); }

  // Of those that a restore needs, were it to begin now.
  uint64_t oldest_delta() const {
    return deltas_.empty() ? standing_.number + 1 : deltas_.front().number;
  }

  // The commit that the batch would make.
  StandingCommit Next() const {
    return {
        .partition = standing_.partition, .number = standing_.number + 1, .next_offset = position_};
  }

  // The changes of the batch, and the head that goes with them.
  StateBatch Export() const;
  Head HeadOf(uint32_t partitions) const;

  // The batch stands, with the head and the changes that were given.
  void Accept(const Head& head, StateBatch delta);

  void Rollback();

 private:
  static constexpr size_t kShards = 1;

  // Deltas from `number` up to those of the next one, which are needed for as long as the newest.
  struct DeltaRange {
    uint64_t number = 0;
    TimeMs newest;  // stream time at the last of them
  };

  void KeepAccountOfDelta(uint64_t number);

  StandingCommit standing_;
  int64_t position_ = 0;
  std::unique_ptr<PolicySchedule> schedule_;  // the state refers to it
  std::unique_ptr<Partition> state_;
  std::unique_ptr<Shadow> shadow_;
  std::shared_ptr<CommitFollower> follower_;
  std::deque<DeltaRange> deltas_;  // those still needed
};

}  // namespace weir
