#include "engine/pipeline/recovery.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "engine/base/status_macros.h"
#include "engine/base/wire.h"
#include "engine/pipeline/stored_state.h"
#include "engine/throttle/adopted_schedule.h"

namespace weir {

namespace {

// Changes gathered before they are written to the store.
constexpr size_t kWriteBytes = size_t{4} << 20;

std::string EncodePoint(const StorePoint& point) {
  std::string bytes;
  PutBytes(point.log, bytes);
  PutU32(static_cast<uint32_t>(point.commit.partition), bytes);
  PutBytes(EncodeHead(point.head), bytes);
  PutI64(point.changelog.deltas, bytes);
  PutI64(point.changelog.state, bytes);
  PutI64(point.written.value, bytes);
  return bytes;
}

// Of one run of CatchUp.
class Follower {
 public:
  Follower(Store& store, const StorePoint& from, const StandingCommit& target)
      : store_(store), from_(from), target_(target), last_(from.commit.number) {}

  absl::Status Take(ChangelogRecord record) {
    return record.topic == ChangelogTopic::kDeltas ? TakeDelta(record.value.value_or(""))
                                                   : TakeState(std::move(record));
  }

  bool done() const { return last_ == target_.number && head_.has_value(); }

  const Head& head() const { return *head_; }

  absl::Status Finish(const StorePoint& point) {
    PutStorePoint(point, batch_);
    return Flush();
  }

 private:
  absl::Status TakeDelta(absl::string_view value) {
    WEIR_ASSIGN_OR_RETURN(std::optional<Delta> delta, deltas_.Add(value));
    if (!delta || delta->number <= from_.commit.number) {
      return absl::OkStatus();
    }
    if (delta->number > target_.number) {
      return Above(delta->number);
    }
    const bool is_first = first_ == 0;
    if (is_first) {
      first_ = delta->number;
    }
    const bool follows = is_first ? MayBeFirst(*delta) : delta->number == last_ + 1;
    if (!follows) {
      return absl::DataLossError(absl::StrCat("delta ", delta->number, " from offset ",
                                              delta->from_offset, " does not follow on commit ",
                                              last_, ", which ends at offset ",
                                              from_.commit.next_offset));
    }
    last_ = delta->number;
    return Apply(delta->changes);
  }

  // Nothing is known of what comes before the first delta of a log; the head will tell.
  bool MayBeFirst(const Delta& delta) const {
    return from_.commit.number == 0 || (delta.number == from_.commit.number + 1 &&
                                        delta.from_offset == from_.commit.next_offset);
  }

  absl::Status TakeState(ChangelogRecord record) {
    if (record.key != kHeadName) {
      StateBatch change;
      if (record.value) {
        change.Put(std::move(record.key), *std::move(record.value));
      } else {
        change.Erase(std::move(record.key));
      }
      return Apply(change);
    }
    const std::optional<Head> head = DecodeHead(record.value.value_or(""));
    if (!head) {
      return absl::DataLossError("a head in the changelog of the state is damaged");
    }
    if (head->number > target_.number) {
      return Above(head->number);
    }
    if (head->number == target_.number) {
      return TakeLastHead(*head);
    }
    return absl::OkStatus();
  }

  absl::Status TakeLastHead(const Head& head) {
    if (head.next_offset != target_.next_offset) {
      return absl::DataLossError(
          absl::StrCat("the head of commit ", head.number, " says offset ", head.next_offset,
                       ", the group's committed offset is ", target_.next_offset));
    }
    head_ = head;
    return absl::OkStatus();
  }

  absl::Status Above(uint64_t number) const {
    return absl::AbortedError(absl::StrCat("the changelogs hold commit ", number, ", above ",
                                           target_.number,
                                           ", which the group's committed offset is of"));
  }

 public:
  // Whether nothing that is needed was missing before the first delta.
  absl::Status CheckBeginning() const {
    if (from_.commit.number > 0 || first_ <= head_->oldest_delta) {
      return absl::OkStatus();
    }
    return absl::DataLossError(absl::StrCat("the deltas begin with number ", first_,
                                            ", but those from ", head_->oldest_delta,
                                            " are needed"));
  }

 private:
  absl::Status Apply(const StateBatch& changes) {
    const StateScope scope = StoreScope(batch_);
    for (const StateBatch::Change& change : changes.changes()) {
      bytes_ += change.key.size() + (change.value ? change.value->size() : 0);
      if (change.value) {
        scope.Put(change.key, *change.value);
      } else {
        scope.Erase(change.key);
      }
    }
    return bytes_ < kWriteBytes ? absl::OkStatus() : Flush();
  }

  absl::Status Flush() {
    bytes_ = 0;
    return store_.Write(std::exchange(batch_, StateBatch()));
  }

  Store& store_;
  const StorePoint& from_;
  const StandingCommit& target_;
  DeltaReader deltas_;
  uint64_t first_ = 0;        // delta that was applied
  uint64_t last_;             // delta that was applied, or the commit of the store
  std::optional<Head> head_;  // of the target
  StateBatch batch_;
  size_t bytes_ = 0;  // in it
};

// The markers of a transaction may come later than its offsets, so that an end is none until the
// commit has been read.
absl::Status ReadUpToTarget(ChangelogSource& source, const ChangelogPosition& begin,
                            Follower& follower, CatchUpCounts& counts) {
  WEIR_RETURN_IF_ERROR(source.Seek(begin));
  while (!follower.done()) {
    WEIR_ASSIGN_OR_RETURN(std::optional<ChangelogRecord> record, source.Next());
    if (record) {
      ++counts.records;
      counts.bytes += record->key.size() + record->value.value_or("").size();
      WEIR_RETURN_IF_ERROR(follower.Take(*std::move(record)));
    }
  }
  return follower.CheckBeginning();
}

}  // namespace

absl::StatusOr<StorePoint> ReadStorePoint(Store& store) {
  WEIR_ASSIGN_OR_RETURN(const StoredCommit commit, ReadCommit(store));
  StorePoint point;
  if (commit.number == 0) {
    return point;
  }
  WireReader in(commit.position);
  point.log = std::string(in.Bytes());
  point.commit.partition = static_cast<int32_t>(in.U32());
  const std::optional<Head> head = DecodeHead(in.Bytes());
  point.changelog = {.deltas = in.I64(), .state = in.I64()};
  point.written = TimeMs{in.I64()};
  if (!in.done() || !head || head->number != commit.number) {
    return absl::DataLossError("the store does not say of which log it is a cache");
  }
  point.head = *head;
  point.commit.number = head->number;
  point.commit.next_offset = head->next_offset;
  return point;
}

void PutStorePoint(const StorePoint& point, StateBatch& batch) {
  PutFormat(batch);
  PutCommit({.number = point.commit.number, .position = EncodePoint(point), .mark = {}}, batch);
}

StateScope StoreScope(StateBatch& batch) {
  return PartitionScope(0, batch);
}

absl::StatusOr<StorePoint> CatchUp(Store& store, const StorePoint& from,
                                   const StandingCommit& target, ChangelogSource& source,
                                   CatchUpCounts& counts) {
  Follower follower(store, from, target);
  StorePoint point = from;
  if (from.commit.number == 0) {
    WEIR_ASSIGN_OR_RETURN(point.changelog, source.Begin());
  }
  WEIR_RETURN_IF_ERROR(ReadUpToTarget(source, point.changelog, follower, counts));
  point.commit = target;
  point.head = follower.head();
  WEIR_RETURN_IF_ERROR(follower.Finish(point));
  return point;
}

absl::StatusOr<std::unique_ptr<OwnedPartition>> LoadPartition(Store& store, const StorePoint& point,
                                                              const PolicySchedule& given,
                                                              const SystemRules& rules,
                                                              std::string& remarks) {
  Partition past(given, rules, 1);
  WEIR_RETURN_IF_ERROR(LoadPast(store, 0, past));
  auto owned = std::make_unique<OwnedPartition>(
      point.commit, AdoptSchedule(past.Past(), given, past.now(), remarks), rules);
  WEIR_RETURN_IF_ERROR(LoadPartitions(store, [&](uint32_t index) -> absl::StatusOr<Partition*> {
    return index == 0 ? absl::StatusOr<Partition*>(&owned->state())
                      : absl::DataLossError("the store holds more than one partition");
  }));
  WEIR_RETURN_IF_ERROR(owned->state().FinishLoad(false));
  owned->ContinueFrom(point.head.oldest_delta);
  return owned;
}

}  // namespace weir
