// Restores partitions beside the flow, one after the other, on a thread of its own.
//
// The local store is used if it can be, and put aside if it contradicts the log; then the state is
// rebuilt from the changelogs alone. Without a disk it is rebuilt in memory. What fails is tried
// again after a while, the others first, until it succeeds or is cancelled: a partition without its
// state is never processed.
//
// Threads: one owner.
//
// Layer: connectors/kafka (engine/pipeline).
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"

#include "connectors/kafka/parked_partitions.h"
#include "connectors/kafka/service_setup.h"
#include "connectors/kafka/service_watch.h"
#include "engine/pipeline/recovery.h"

namespace weir {

class Restorer {
 public:
  // Both outlive the restorer.
  Restorer(const ServiceSetup& setup, WorkerWatch& watch);
  ~Restorer();
  Restorer(const Restorer&) = delete;
  Restorer& operator=(const Restorer&) = delete;

  void Ask(const StandingCommit& standing);

  // Forgets everything asked for and not taken. Waits until no store of it is open.
  void Cancel();

  // What has been restored since the last call.
  std::vector<ReadyPartition> Take();

 private:
  using Clock = std::chrono::steady_clock;

  struct Asked {
    StandingCommit standing;
    Clock::time_point not_before;
  };

  // A store, and where it is.
  struct OpenStore {
    std::unique_ptr<Store> store;
    StorePoint point = {};
    bool on_disk = true;

    bool is_empty() const { return point.commit.number == 0; }
  };

  void Run();
  std::optional<Asked> WaitForWork(std::unique_lock<std::mutex>& lock);
  absl::StatusOr<ReadyPartition> Restore(const StandingCommit& standing);
  absl::StatusOr<ReadyPartition> RestoreOnDisk(const StandingCommit& standing);
  absl::StatusOr<OpenStore> Open(int32_t partition);
  absl::StatusOr<ReadyPartition> RestoreFrom(const StandingCommit& standing, OpenStore from);
  absl::Status CheckThatNothingStands(const StandingCommit& standing);
  absl::Status CheckPoint(const StorePoint& point, const StandingCommit& standing) const;
  absl::StatusOr<ReadyPartition> StartAnew(const StandingCommit& standing,
                                           std::unique_ptr<Store> store);

  const ServiceSetup& setup_;
  WorkerWatch& watch_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Asked> asked_;
  std::vector<ReadyPartition> restored_;
  bool busy_ = false;
  bool stopping_ = false;
  std::atomic<bool> cancelled_ = false;
  std::thread thread_;
};

}  // namespace weir
