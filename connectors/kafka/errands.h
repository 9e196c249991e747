// What others want of the workers: an errand is run once by every worker, on its own thread and
// between two commits, with the partitions that it owns at that moment. So state is looked at and
// changed without a lock, and what is seen stands.
//
// Threads: Run by any; Do by each worker for itself.
//
// Layer: connectors/kafka (engine/pipeline).
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"

#include "connectors/kafka/parked_partitions.h"

namespace weir {

class Errands {
 public:
  // Workers may run it at the same time.
  using Errand = std::function<void(size_t worker, absl::Span<ReadyPartition* const> partitions)>;

  explicit Errands(size_t workers) : inboxes_(workers) {}

  size_t workers() const { return inboxes_.size(); }

  // Waits until every worker has run it. DeadlineExceeded names the workers that had not begun
  // within the time given: they never will. When this returns, none is at it.
  absl::Status Run(Errand errand, std::chrono::milliseconds within);

  // For a worker. IsAny costs next to nothing.
  bool IsAny(size_t worker) const {
    return inboxes_[worker].size.load(std::memory_order_acquire) > 0;
  }

  void Do(size_t worker, absl::Span<ReadyPartition* const> partitions);

 private:
  struct Task {
    Errand errand;
    size_t unfinished = 0;  // workers that have not run it, and may
  };

  struct Inbox {
    std::deque<std::shared_ptr<Task>> tasks;
    std::atomic<size_t> size = 0;
  };

  std::shared_ptr<Task> Next(size_t worker);
  std::vector<size_t> Withdraw(const std::shared_ptr<Task>& task);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Inbox> inboxes_;  // by worker
};

}  // namespace weir
