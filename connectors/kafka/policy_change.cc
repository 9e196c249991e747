#include "connectors/kafka/policy_change.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"

#include "engine/throttle/adopted_schedule.h"

namespace weir {

namespace {

// Where the workers meet.
class Meeting {
 public:
  using Clock = std::chrono::steady_clock;

  Meeting(size_t workers, Clock::time_point until, LivePolicies& policies,
          std::shared_ptr<const PolicySchedule> next)
      : missing_(workers), until_(until), policies_(policies), next_(std::move(next)) {}

  // A worker whose partitions have come so far is there. Gives whether all go on under the new
  // policy.
  bool Come(std::optional<TimeMs> front) {
    std::unique_lock lock(mutex_);
    front_ = std::max(front_, front);
    --missing_;
    if (missing_ == 0 && !outcome_) {
      Decide();
    }
    if (!changed_.wait_until(lock, until_, [&] { return outcome_.has_value(); })) {
      // Whoever comes later finds that it is over.
      outcome_ = absl::DeadlineExceededError("the workers did not meet in time");
    }
    return outcome_->ok();
  }

  absl::Status outcome() {
    const std::lock_guard lock(mutex_);
    return outcome_.value_or(absl::DeadlineExceededError("no worker came"));
  }

 private:
  void Decide() {
    outcome_ = CheckGoesOn(*policies_.now().live, *next_, front_);
    if (outcome_->ok()) {
      policies_.SetLive(next_);
    }
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  size_t missing_;
  const Clock::time_point until_;
  std::optional<TimeMs> front_;
  LivePolicies& policies_;
  const std::shared_ptr<const PolicySchedule> next_;
  std::optional<absl::Status> outcome_;
};

std::optional<TimeMs> FrontOf(absl::Span<ReadyPartition* const> partitions) {
  std::optional<TimeMs> front;
  for (const ReadyPartition* partition : partitions) {
    front = std::max(front, partition->owned->state().now());
  }
  return front;
}

}  // namespace

absl::Status ChangePolicy(Errands& errands, LivePolicies& policies,
                          std::shared_ptr<const PolicySchedule> next,
                          std::chrono::milliseconds within, std::vector<std::string>& remarks) {
  remarks.clear();
  Meeting meeting(errands.workers(), Meeting::Clock::now() + within, policies, std::move(next));
  std::mutex mutex;  // of the remarks
  const absl::Status asked = errands.Run(
      [&](size_t /*worker*/, absl::Span<ReadyPartition* const> partitions) {
        if (!meeting.Come(FrontOf(partitions))) {
          return;
        }
        for (ReadyPartition* partition : partitions) {
          std::string remark = GoBy(policies.now(), *partition);
          if (!remark.empty()) {
            const std::lock_guard lock(mutex);
            remarks.push_back(absl::StrCat("partition ", partition->owned->number(), ": ", remark));
          }
        }
      },
      within);
  return asked.ok() ? meeting.outcome() : asked;
}

absl::Status ChangeCandidate(Errands& errands, LivePolicies& policies,
                             std::shared_ptr<const PolicyVersion> next,
                             std::chrono::milliseconds within) {
  policies.SetCandidate(std::move(next));
  return errands.Run(
      [&](size_t /*worker*/, absl::Span<ReadyPartition* const> partitions) {
        for (ReadyPartition* partition : partitions) {
          static_cast<void>(GoBy(policies.now(), *partition));
        }
      },
      within);
}

std::string GoBy(const Policies& policies, ReadyPartition& partition) {
  std::string remarks;
  if (partition.policy != policies.live) {
    remarks = partition.owned->Adopt(*policies.live);
    partition.policy = policies.live;
  }
  partition.owned->SetCandidate(policies.candidate);
  return remarks;
}

}  // namespace weir
