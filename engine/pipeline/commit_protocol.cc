#include "engine/pipeline/commit_protocol.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"

#include "engine/base/status_macros.h"

namespace weir {

void CommitProtocol::Join(OwnedPartition& partition) {
  if (std::find(batch_.begin(), batch_.end(), &partition) == batch_.end()) {
    batch_.push_back(&partition);
  }
}

// ---- Records and time

absl::StatusOr<bool> CommitProtocol::Process(OwnedPartition& partition,
                                             absl::Span<const Record> records) {
  while (!records.empty()) {
    WEIR_ASSIGN_OR_RETURN(const size_t count, Advance(partition, records));
    if (count == 0) {
      return false;
    }
    const absl::Span<const Record> now = records.first(count);
    records.remove_prefix(count);
    Join(partition);
    const Results results = decider_.Decide(partition.state(), now);
    partition.TellShadow(results.verdicts);
    batch_records_ += now.size();
    partition.set_position(now.back().origin.offset + 1);
    WEIR_ASSIGN_OR_RETURN(const bool written, WriteResults(partition, results));
    if (!written) {
      return false;
    }
  }
  return true;
}

// Makes way for the first of the records, and says how many of them can be processed in one go;
// zero if work was undone.
absl::StatusOr<size_t> CommitProtocol::Advance(OwnedPartition& partition,
                                               absl::Span<const Record> records) {
  const Partition& state = partition.state();
  const std::optional<TimeMs> first = state.TimeAfter(records.first(1));
  if (state.fired_to() && first && *first < *state.fired_to()) {
    // Timers have been fired for an idle partition, which did not come to move its clock.
    WEIR_ASSIGN_OR_RETURN(const bool stands, Idle(partition, *state.fired_to()));
    return stands ? Advance(partition, records) : absl::StatusOr<size_t>(size_t{0});
  }
  const size_t fit = LeadingThatFit(state, records);
  if (fit > 0) {
    return fit;
  }
  WEIR_ASSIGN_OR_RETURN(const bool stands, FireBefore(partition, *first));
  // None of what FireBefore may fire is left.
  return stands ? std::max(size_t{1}, LeadingThatFit(state, records))
                : absl::StatusOr<size_t>(size_t{0});
}

// How many records can be processed before more timers are due than fit.
size_t CommitProtocol::LeadingThatFit(const Partition& state,
                                      absl::Span<const Record> records) const {
  const auto too_many = [&](absl::Span<const Record> some) {
    const std::optional<TimeMs> at = state.TimeAfter(some);
    return at && state.IsMoreDue(*at, most_timers_);
  };
  if (!too_many(records)) {
    return records.size();
  }
  size_t fit = 0;
  while (!too_many(records.first(fit + 1))) {
    ++fit;
  }
  return fit;
}

absl::StatusOr<bool> CommitProtocol::FireBefore(OwnedPartition& partition, TimeMs by) {
  // What has been processed comes first, so that the transaction is about timers alone.
  for (bool more = true; more;) {
    WEIR_ASSIGN_OR_RETURN(const bool stands, Commit());
    if (!stands) {
      return false;
    }
    Join(partition);
    more = partition.state().FireSome(by, most_timers_);
    WEIR_ASSIGN_OR_RETURN(const bool written,
                          WriteResults(partition, decider_.Collect(partition.state())));
    if (!written) {
      return false;
    }
  }
  return Commit();
}

absl::StatusOr<bool> CommitProtocol::Idle(OwnedPartition& partition, TimeMs until) {
  if (partition.state().IsMoreDue(until, most_timers_)) {
    WEIR_ASSIGN_OR_RETURN(const bool stands, FireBefore(partition, until));
    if (!stands) {
      return false;
    }
  }
  Join(partition);
  const Results results = decider_.DecideIdle(partition.state(), until);
  partition.TellShadow(results.verdicts);
  return WriteResults(partition, results);
}

absl::StatusOr<bool> CommitProtocol::WriteResults(OwnedPartition& partition,
                                                  const Results& results) {
  return log_.Write(partition.number(), results).ok() ? absl::StatusOr<bool>(true) : Settle();
}

// ---- Commits

absl::StatusOr<bool> CommitProtocol::Commit() {
  if (batch_.empty()) {
    return true;
  }
  std::vector<Change> changes;
  if (!Attempt(changes).ok()) {
    WEIR_ASSIGN_OR_RETURN(const bool stands, Settle());
    if (!stands) {
      return false;
    }
    ++counts_.settled_stands;
  }
  for (size_t i = 0; i < batch_.size(); ++i) {
    batch_[i]->Accept(changes[i].head, std::move(changes[i].delta));
  }
  counts_.commits += batch_.size();
  ++counts_.transactions;
  batch_.clear();
  batch_records_ = 0;
  return true;
}

// Gathers the changes of all first, since they are needed whatever the log says.
absl::Status CommitProtocol::Attempt(std::vector<Change>& changes) {
  std::vector<StandingCommit> commits;
  for (const OwnedPartition* partition : batch_) {
    changes.push_back({.head = partition->HeadOf(partitions_), .delta = partition->Export()});
    commits.push_back(partition->Next());
  }
  for (size_t i = 0; i < batch_.size(); ++i) {
    WEIR_RETURN_IF_ERROR(log_.WriteChanges(
        batch_[i]->number(), EncodeCommit(changes[i].head, changes[i].delta, log_.LargestDelta())));
  }
  return log_.Commit(commits);
}

absl::Status CommitProtocol::Undo() {
  if (batch_.empty()) {
    return absl::OkStatus();
  }
  WEIR_ASSIGN_OR_RETURN(const bool stands, Settle());
  return stands ? absl::InternalError("a transaction stands that was never committed")
                : absl::OkStatus();
}

// What became of the transaction. True: it stands as attempted. False: it was undone, and so are
// the partitions.
absl::StatusOr<bool> CommitProtocol::Settle() {
  std::vector<int32_t> numbers;
  for (const OwnedPartition* partition : batch_) {
    numbers.push_back(partition->number());
  }
  WEIR_ASSIGN_OR_RETURN(const std::vector<StandingCommit> standing, log_.Settle(numbers));
  size_t attempted = 0;
  size_t before = 0;
  for (size_t i = 0; i < batch_.size(); ++i) {
    attempted += standing[i] == batch_[i]->Next() ? 1U : 0U;
    before += standing[i] == batch_[i]->standing() ? 1U : 0U;
  }
  if (attempted == batch_.size()) {
    return true;
  }
  if (before != batch_.size()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "another owner has written to partitions that this worker took for its own: ", "of ",
        batch_.size(), " partitions, ", attempted, " stand where this worker wanted them and ",
        before, " where it left them"));
  }
  RollBack();
  return false;
}

void CommitProtocol::RollBack() {
  for (OwnedPartition* partition : batch_) {
    partition->Rollback();
    rewound_.push_back(partition);
  }
  ++counts_.undone;
  batch_.clear();
  batch_records_ = 0;
}

std::vector<OwnedPartition*> CommitProtocol::TakeRewound() {
  return std::exchange(rewound_, {});
}

}  // namespace weir
