// Keeps the local store of a partition behind its commits, off their path.
//
// Commits are taken in memory, once per key, and written together from time to time. A store that
// fails does not stop the flow: what it misses is kept while there is room, and given up beyond
// that; the store then stays where it is, which is always safe.
//
// Threads: Follow by the worker, the rest by housekeeping.
//
// Layer: connectors/kafka (engine/pipeline).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"

#include "engine/base/state_batch.h"
#include "engine/base/units.h"
#include "engine/pipeline/owned_partition.h"
#include "engine/pipeline/recovery.h"
#include "engine/pipeline/store.h"

namespace weir {

class StoreFollower final : public CommitFollower {
 public:
  // More than this is not kept for a store that cannot be written.
  static constexpr size_t kMostPending = size_t{256} << 20;

  // The store is at `point`; null: there is none, and only the changelogs are kept account of.
  StoreFollower(std::unique_ptr<Store> store, StorePoint point)
      : store_(std::move(store)), point_(std::move(point)), latest_(point_.head) {}

  void Follow(const Head& head, StateBatch delta, StateBatch upkeep) override;

  int32_t partition() const { return point_.commit.partition; }

  // Bytes that wait to be written.
  size_t pending_bytes() const;

  // Writes what is pending. Unavailable or DataLoss as the store says.
  absl::Status WriteOut(TimeMs now);

  // Where the changelogs end right now. To be told regularly.
  void NoteEnd(const ChangelogPosition& end);

  // Up to where the deltas are not needed any more, if that has become more since the last call.
  std::optional<int64_t> TakeTrimOffset();

 private:
  // Once commit `number` stands, everything later stands behind `position`.
  struct Sample {
    uint64_t number = 0;
    ChangelogPosition position;
  };

  struct Pending {
    absl::btree_map<std::string, std::optional<std::string>> changes;
    size_t bytes = 0;
  };

  void Merge(StateBatch batch);
  void PutBack(Pending& pending);
  ChangelogPosition PositionOf(uint64_t number) const;

  std::unique_ptr<Store> store_;
  StorePoint point_;            // of the store; housekeeping's
  std::deque<Sample> samples_;  // housekeeping's; ascending
  int64_t trimmed_to_ = 0;

  mutable std::mutex mutex_;
  Head latest_;      // of the last commit followed
  Pending pending_;  // behind point_, up to latest_
  bool given_up_ = false;
};

}  // namespace weir
