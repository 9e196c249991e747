#include "connectors/kafka/errands.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace weir {

absl::Status Errands::Run(Errand errand, std::chrono::milliseconds within) {
  const auto until = std::chrono::steady_clock::now() + within;
  const auto task = std::make_shared<Task>(Task{std::move(errand), inboxes_.size()});
  std::unique_lock lock(mutex_);
  for (Inbox& inbox : inboxes_) {
    inbox.tasks.push_back(task);
    inbox.size.store(inbox.tasks.size(), std::memory_order_release);
  }
  const auto done = [&] { return task->unfinished == 0; };
  if (changed_.wait_until(lock, until, done)) {
    return absl::OkStatus();
  }
  const std::vector<size_t> late = Withdraw(task);
  changed_.wait(lock, done);  // those that are at it
  return late.empty() ? absl::OkStatus()
                      : absl::DeadlineExceededError(
                            absl::StrCat("worker ", absl::StrJoin(late, ", "),
                                         " did not answer within ", within.count(), " ms"));
}

// From the inboxes in which it still lies; of which workers these are. mutex_ is held.
std::vector<size_t> Errands::Withdraw(const std::shared_ptr<Task>& task) {
  std::vector<size_t> late;
  for (size_t worker = 0; worker < inboxes_.size(); ++worker) {
    Inbox& inbox = inboxes_[worker];
    const auto found = std::find(inbox.tasks.begin(), inbox.tasks.end(), task);
    if (found != inbox.tasks.end()) {
      inbox.tasks.erase(found);
      inbox.size.store(inbox.tasks.size(), std::memory_order_release);
      --task->unfinished;
      late.push_back(worker);
    }
  }
  return late;
}

void Errands::Do(size_t worker, absl::Span<ReadyPartition* const> partitions) {
  while (const std::shared_ptr<Task> task = Next(worker)) {
    task->errand(worker, partitions);
    {
      const std::lock_guard lock(mutex_);
      --task->unfinished;
    }
    changed_.notify_all();
  }
}

// Null if there is none.
std::shared_ptr<Errands::Task> Errands::Next(size_t worker) {
  const std::lock_guard lock(mutex_);
  Inbox& inbox = inboxes_[worker];
  if (inbox.tasks.empty()) {
    return nullptr;
  }
  std::shared_ptr<Task> task = std::move(inbox.tasks.front());
  inbox.tasks.pop_front();
  inbox.size.store(inbox.tasks.size(), std::memory_order_release);
  return task;
}

}  // namespace weir
