#include "connectors/kafka/service.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"

#include "connectors/kafka/worker.h"

namespace weir {

namespace {

constexpr std::chrono::milliseconds kFirstPause{500};
constexpr std::chrono::milliseconds kLongestPause{30000};

// A session that lasted so long was none that keeps failing.
constexpr std::chrono::seconds kSound{60};

constexpr std::chrono::milliseconds kLook{100};

}  // namespace

Service::Service(const ServiceSetup& setup, std::vector<WorkerWatch*> watches)
    : setup_(setup), at_work_(watches.size()) {
  for (size_t worker = 0; worker < watches.size(); ++worker) {
    threads_.emplace_back([this, worker, watch = watches[worker]] { Work(worker, *watch); });
  }
}

Service::~Service() {
  for (std::thread& thread : threads_) {
    thread.join();
  }
}

bool Service::HasEnded(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, timeout, [&] { return at_work_ == 0; });
}

void Service::Work(size_t worker, WorkerWatch& watch) {
  using Clock = std::chrono::steady_clock;
  std::chrono::milliseconds pause = kFirstPause;
  while (!setup_.stopping.load()) {
    const Clock::time_point began = Clock::now();
    const absl::Status ended = WorkerSession(setup_, worker, watch).Run();
    if (ended.ok()) {
      break;
    }
    watch.OnFailed(ended);
    pause = Clock::now() - began > kSound ? kFirstPause : std::min(2 * pause, kLongestPause);
    watch.Log(LogLevel::kError, absl::StrCat("worker ", worker, " begins anew in ", pause.count(),
                                             " ms: ", ended.message()));
    const Clock::time_point until = Clock::now() + pause;
    std::unique_lock lock(mutex_);
    while (Clock::now() < until && !setup_.stopping.load()) {
      watch.Beat();
      changed_.wait_for(lock, kLook);
      lock.unlock();
      setup_.errands.Do(worker, {});  // it owns nothing
      lock.lock();
    }
  }
  {
    const std::lock_guard lock(mutex_);
    --at_work_;
  }
  changed_.notify_all();
}

}  // namespace weir
