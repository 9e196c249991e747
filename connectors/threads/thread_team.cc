#include "connectors/threads/thread_team.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "engine/base/check.h"

namespace weir {

namespace {

// How often a thread looks for news before it goes to sleep: some hundred microseconds, if it has a
// processor to itself.
constexpr int kPatience = 4000;

// Waits a moment. Where there are not processors for all, others may need this one.
void WaitAMoment(bool has_own_processor) {
#ifdef __x86_64__
  if (has_own_processor) {
    __builtin_ia32_pause();
    return;
  }
#endif
  static_cast<void>(has_own_processor);
  std::this_thread::yield();
}

class ThreadTeam final : public Team {
 public:
  explicit ThreadTeam(size_t size)
      : have_own_processors_(size <= std::thread::hardware_concurrency()) {
    for (size_t i = 1; i < size; ++i) {
      threads_.emplace_back([this] { Work(); });
    }
  }

  ~ThreadTeam() override {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      closing_ = true;
      Tell();
    }
    for (std::thread& thread : threads_) {
      thread.join();
    }
  }

  ThreadTeam(const ThreadTeam&) = delete;
  ThreadTeam& operator=(const ThreadTeam&) = delete;

  size_t size() const override { return threads_.size() + 1; }

  void Run(size_t count, absl::FunctionRef<void(size_t)> task) override {
    std::unique_lock<std::mutex> lock(mutex_);
    tasks_ = {.call = &task, .next = 0, .count = count, .unfinished = count};
    Tell();
    while (TakeTask(lock)) {
    }
    WaitUntil(lock, [this] { return tasks_.unfinished == 0; });
    tasks_ = {};
  }

  std::unique_ptr<Job> Start(std::function<void()> work) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    auto job = std::make_unique<Background>(*this, std::move(work));
    waiting_.push_back(job.get());
    Tell();
    return job;
  }

 private:
  class Background final : public Job {
   public:
    Background(ThreadTeam& team, std::function<void()> work)
        : team_(team), work_(std::move(work)) {}

    Background(const Background&) = delete;
    Background& operator=(const Background&) = delete;

    ~Background() override { team_.Finish(*this); }

   private:
    friend class ThreadTeam;

    ThreadTeam& team_;
    std::function<void()> work_;
    bool done_ = false;
  };

  struct Tasks {
    absl::FunctionRef<void(size_t)>* call = nullptr;
    size_t next = 0;
    size_t count = 0;
    size_t unfinished = 0;
  };

  // Below, `lock` is held when a function is called and when it returns; work is done without it.

  // Something has changed that others may wait for.
  void Tell() {
    news_.fetch_add(1, std::memory_order_relaxed);
    changed_.notify_all();
  }

  template <typename Condition>
  void WaitUntil(std::unique_lock<std::mutex>& lock, const Condition& condition) {
    while (!condition()) {
      const uint64_t known = news_.load(std::memory_order_relaxed);
      lock.unlock();
      for (int i = 0; i < kPatience && news_.load(std::memory_order_relaxed) == known; ++i) {
        WaitAMoment(have_own_processors_);
      }
      lock.lock();
      changed_.wait(lock,
                    [&] { return condition() || news_.load(std::memory_order_relaxed) != known; });
    }
  }

  bool TakeTask(std::unique_lock<std::mutex>& lock) {
    if (tasks_.next == tasks_.count) {
      return false;
    }
    const size_t mine = tasks_.next++;
    absl::FunctionRef<void(size_t)> call = *tasks_.call;
    lock.unlock();
    call(mine);
    lock.lock();
    if (--tasks_.unfinished == 0) {
      Tell();
    }
    return true;
  }

  bool TakeJob(std::unique_lock<std::mutex>& lock) {
    if (waiting_.empty()) {
      return false;
    }
    Background& job = *waiting_.front();
    waiting_.pop_front();
    Do(job, lock);
    return true;
  }

  void Do(Background& job, std::unique_lock<std::mutex>& lock) {
    lock.unlock();
    job.work_();
    lock.lock();
    job.done_ = true;
    Tell();
  }

  // The owner does a job itself that nobody has begun.
  void Finish(Background& job) {
    std::unique_lock<std::mutex> lock(mutex_);
    if (const auto found = std::find(waiting_.begin(), waiting_.end(), &job);
        found != waiting_.end()) {
      waiting_.erase(found);
      Do(job, lock);
    }
    WaitUntil(lock, [&] { return job.done_; });
  }

  void Work() {
    std::unique_lock<std::mutex> lock(mutex_);
    while (!closing_) {
      // Tasks come first: the owner waits for them.
      if (!TakeTask(lock) && !TakeJob(lock)) {
        WaitUntil(lock,
                  [this] { return closing_ || !waiting_.empty() || tasks_.next < tasks_.count; });
      }
    }
  }

  const bool have_own_processors_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<uint64_t> news_{0};  // how often Tell was called; changes under the mutex only
  bool closing_ = false;
  Tasks tasks_;
  std::deque<Background*> waiting_;  // jobs that nobody has begun
  std::vector<std::thread> threads_;
};

}  // namespace

std::unique_ptr<Team> MakeThreadTeam(size_t size) {
  WEIR_CHECK(size > 0);
  if (size == 1) {
    return std::make_unique<TeamOfOne>();
  }
  return std::make_unique<ThreadTeam>(size);
}

}  // namespace weir
