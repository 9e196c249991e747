// Runs the records of a source through their partitions, and commits: outputs, positions and state
// as one.
//
// The caller decides when to commit; the results do not depend on it. With a store, Resume
// continues behind the last commit, whatever stopped the run before: the outputs are cut back to
// where they reached then, and the source goes on from there.
//
// Threads: one owner; a team works for it.
//
// Layer: engine/pipeline (engine/alert, engine/base, engine/throttle).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "engine/base/plain_vector.h"
#include "engine/base/state_batch.h"
#include "engine/base/team.h"
#include "engine/pipeline/notice.h"
#include "engine/pipeline/partition.h"
#include "engine/pipeline/sink.h"
#include "engine/pipeline/source.h"
#include "engine/pipeline/store.h"
#include "engine/pipeline/storm_tally.h"
#include "engine/pipeline/summary.h"
#include "engine/pipeline/system_rules.h"
#include "engine/throttle/ledger.h"
#include "engine/throttle/policy.h"

namespace weir {

class Replay {
 public:
  // `store` may be null: then nothing outlives the run. All outlive the replay. Whoever is in the
  // team decides alerts; the results do not depend on it.
  Replay(const PolicySchedule& schedule, const SystemRules& rules, Source& source, Sink& sink,
         Store* store, Team& team);

  // First of all: takes up the state of the last commit, or starts from nothing. With `force` a
  // state decided under other policy versions is taken up too; see Partition::FinishLoad.
  absl::Status Resume(bool force);

  // Processes the next records, at most `limit`; how many there were, zero at the end.
  absl::StatusOr<size_t> Step(size_t limit);

  // Makes everything since the last commit final: without a store, no more than not to be undone.
  // With one, the team makes it durable beside the Steps that follow, one commit after the other;
  // until AwaitCommit says so, a crash may take it away as a whole. The error of an earlier commit
  // is returned as well, and all later ones fail.
  absl::Status Commit();

  // Waits until the last commit is durable.
  absl::Status AwaitCommit();

  // Undoes everything since the last commit; the next Step reads it again.
  absl::Status Rollback();

  // Records and the like since the last commit: what it costs in memory not to commit.
  size_t uncommitted() const { return uncommitted_; }

  // Records that earlier runs had committed.
  uint64_t resumed_at() const { return resumed_at_; }

  Summary Summarise() const;

 private:
  Partition& PartitionAt(uint32_t index);
  void Decide();
  void DecideSideBySide(const std::vector<Partition*>& partitions);
  void WriteResults();
  absl::Status LoadState(bool force);
  void ExportState(std::string mark);
  void MakeDurable();

  const PolicySchedule& schedule_;
  const SystemRules& rules_;
  Source& source_;
  Sink& sink_;
  Store* store_;
  Team& team_;
  std::vector<std::unique_ptr<Partition>> partitions_;
  StormTally storms_;

  // The round under way.
  std::vector<Record> records_;
  std::vector<PlainVector<uint32_t>> dealt_;  // by partition: the indices of its records
  std::vector<Verdict> verdicts_;
  std::vector<LedgerEntry> ledger_;
  std::vector<Notice> notices_;

  std::string position_;  // of the source, at the last commit
  uint64_t commits_ = 0;  // in the whole life of the state
  size_t uncommitted_ = 0;
  uint64_t resumed_at_ = 0;

  // The commit under way. The job uses what is above, and so goes first.
  StateBatch batch_;
  absl::Status durable_;  // the first error
  std::unique_ptr<Team::Job> job_;
};

}  // namespace weir
