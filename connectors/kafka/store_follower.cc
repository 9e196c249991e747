#include "connectors/kafka/store_follower.h"

#include <utility>

#include "connectors/kafka/failpoints.h"
#include "engine/base/status_macros.h"

namespace weir {

void StoreFollower::Follow(const Head& head, StateBatch delta, StateBatch upkeep) {
  const std::lock_guard lock(mutex_);
  latest_ = head;
  if (store_ == nullptr || given_up_) {
    return;
  }
  Merge(std::move(delta));
  Merge(std::move(upkeep));
  if (pending_.bytes > kMostPending) {
    given_up_ = true;
    pending_ = {};
  }
}

void StoreFollower::Merge(StateBatch batch) {
  for (StateBatch::Change& change : batch.TakeChanges()) {
    std::optional<std::string>& slot = pending_.changes[std::move(change.key)];
    pending_.bytes -= slot.value_or("").size();
    pending_.bytes += change.value.value_or("").size();
    slot = std::move(change.value);
  }
}

size_t StoreFollower::pending_bytes() const {
  const std::lock_guard lock(mutex_);
  return pending_.bytes;
}

absl::Status StoreFollower::WriteOut(TimeMs now) {
  Pending pending;
  StorePoint point = point_;
  {
    const std::lock_guard lock(mutex_);
    if (given_up_) {
      return absl::UnavailableError(
          "the local store fell too far behind and is not written any more: the state is in the "
          "changelogs, and a restart catches up from there");
    }
    if (store_ == nullptr) {
      return absl::UnavailableError("there is none since the partition was taken over");
    }
    if (latest_ == point_.head) {
      return absl::OkStatus();
    }
    pending = std::exchange(pending_, {});
    point.head = latest_;
  }
  point.commit.number = point.head.number;
  point.commit.next_offset = point.head.next_offset;
  point.changelog = PositionOf(point.head.number);
  point.written = now;
  StateBatch batch;
  const StateScope scope = StoreScope(batch);
  for (const auto& [name, value] : pending.changes) {
    if (value) {
      scope.Put(name, *value);
    } else {
      scope.Erase(name);
    }
  }
  PutStorePoint(point, batch);
  const bool fails = Failpoint("store_writing");
  absl::Status written =
      fails ? absl::UnavailableError("failpoint store_writing") : store_->Write(batch);
  if (written.ok()) {
    point_ = std::move(point);
  } else {
    PutBack(pending);
  }
  return written;
}

// What has come since then is newer.
void StoreFollower::PutBack(Pending& pending) {
  const std::lock_guard lock(mutex_);
  for (auto& [name, value] : pending.changes) {
    const auto [slot, is_new] = pending_.changes.try_emplace(name, std::move(value));
    if (is_new) {
      pending_.bytes += slot->second.value_or("").size();
    }
  }
}

// The newest position that is known to lie before everything behind commit `number`.
ChangelogPosition StoreFollower::PositionOf(uint64_t number) const {
  ChangelogPosition position = point_.changelog;
  for (const Sample& sample : samples_) {
    if (sample.number <= number) {
      position = sample.position;
    }
  }
  return position;
}

// The commit after the latest one may be on its way, and what it has written stand before the end.
void StoreFollower::NoteEnd(const ChangelogPosition& end) {
  const std::lock_guard lock(mutex_);
  const uint64_t number = latest_.number + 1;
  if (samples_.empty() || samples_.back().number < number) {
    samples_.push_back({.number = number, .position = end});
  }
}

std::optional<int64_t> StoreFollower::TakeTrimOffset() {
  uint64_t oldest = 0;
  {
    const std::lock_guard lock(mutex_);
    oldest = latest_.oldest_delta;
  }
  // One sample stays, for the store.
  int64_t offset = trimmed_to_;
  while (samples_.size() > 1 && samples_.front().number < oldest) {
    offset = samples_.front().position.deltas;
    samples_.pop_front();
  }
  if (offset == trimmed_to_) {
    return std::nullopt;
  }
  trimmed_to_ = offset;
  return offset;
}

}  // namespace weir
