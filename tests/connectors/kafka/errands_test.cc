// Goal: an errand is run once by every worker or, by a worker that does not come in time, never;
// and a policy comes into force for all workers or for none.
// Method: threads that work like workers, and several that ask; worked examples.

#include "connectors/kafka/errands.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "gtest/gtest.h"

#include "connectors/kafka/policy_change.h"
#include "engine/pipeline/decider.h"
#include "tests/support/memory_ports.h"
#include "tests/support/schedules.h"

namespace weir {
namespace {

constexpr std::chrono::milliseconds kForEver = std::chrono::minutes(5);
constexpr std::chrono::milliseconds kNotLong{20};

using Partitions = absl::Span<ReadyPartition* const>;

// Works on a thread of its own: looks for errands until it goes.
class Worker {
 public:
  Worker(Errands& errands, size_t number, std::vector<ReadyPartition*> partitions = {})
      : thread_([&errands, number, partitions = std::move(partitions), this] {
          while (!stopping_) {
            if (errands.IsAny(number)) {
              errands.Do(number, partitions);
            }
            std::this_thread::yield();
          }
        }) {}

  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  ~Worker() {
    stopping_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

TEST(Errands, EveryWorkerRunsEachOnce) {
  constexpr size_t kWorkers = 3;
  constexpr size_t kAskers = 4;
  constexpr size_t kErrands = 200;
  Errands errands(kWorkers);
  std::vector<std::unique_ptr<Worker>> workers;
  for (size_t i = 0; i < kWorkers; ++i) {
    workers.push_back(std::make_unique<Worker>(errands, i));
  }
  std::vector<std::thread> askers;
  for (size_t asker = 0; asker < kAskers; ++asker) {
    askers.emplace_back([&errands] {
      for (size_t i = 0; i < kErrands; ++i) {
        std::vector<int> runs(kWorkers);  // by worker: only its own thread touches its place
        const absl::Status run =
            errands.Run([&](size_t worker, Partitions) { ++runs[worker]; }, kForEver);
        EXPECT_TRUE(run.ok()) << run;
        EXPECT_EQ(runs, std::vector<int>(kWorkers, 1));
      }
    });
  }
  for (std::thread& asker : askers) {
    asker.join();
  }
}

TEST(Errands, AWorkerThatDoesNotComeNeverRunsIt) {
  Errands errands(2);
  std::atomic<int> runs = 0;
  {
    const Worker first(errands, 0);
    const absl::Status run = errands.Run([&](size_t, Partitions) { ++runs; }, kNotLong);
    EXPECT_EQ(run.code(), absl::StatusCode::kDeadlineExceeded);
    EXPECT_EQ(run.message(), "worker 1 did not answer within 20 ms");
  }
  EXPECT_FALSE(errands.IsAny(1));
  errands.Do(1, {});
  EXPECT_EQ(runs, 1);
}

// A partition whose stream time is `now`.
ReadyPartition PartitionAt(int32_t number, const LivePolicies& policies, TimeMs now) {
  ReadyPartition ready;
  ready.policy = policies.now().live;
  ready.owned = std::make_unique<OwnedPartition>(StandingCommit{.partition = number}, *ready.policy,
                                                 DefaultRules());
  Alert alert;
  alert.device = Eui64{1};
  alert.received = now;
  Record record;
  record.event = alert;
  Decider decider;
  decider.Decide(ready.owned->state(), absl::MakeConstSpan(&record, 1));
  ready.owned->Accept(ready.owned->HeadOf(1), ready.owned->Export());
  return ready;
}

class PolicyChange : public testing::Test {
 protected:
  absl::Status Change(const PolicySchedule& next, std::chrono::milliseconds within = kForEver) {
    return ChangePolicy(errands_, policies_, std::make_shared<PolicySchedule>(next), within,
                        remarks_);
  }

  size_t VersionsLive() const { return policies_.now().live->versions.size(); }

  LivePolicies policies_{{std::make_shared<PolicySchedule>(ScheduleOf({{1000, 3}})), nullptr}};
  Errands errands_{2};
  ReadyPartition early_ = PartitionAt(0, policies_, TimeMs{5000});
  ReadyPartition late_ = PartitionAt(1, policies_, TimeMs{9000});
  std::vector<std::string> remarks_;
};

TEST_F(PolicyChange, HoldsForAllOrForNone) {
  const Worker one(errands_, 0, {&early_});
  const Worker two(errands_, 1, {&late_});
  // Ahead of one partition, but not of the other.
  const absl::Status refused = Change(ScheduleOf({{1000, 3}, {8000, 4}}));
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(absl::StrContains(refused.message(), "stream time has reached 1970-01-01T00:00:09"))
      << refused;
  EXPECT_EQ(VersionsLive(), 1U);
  EXPECT_NE(early_.policy, nullptr);
  EXPECT_EQ(early_.policy->versions.size(), 1U);

  const absl::Status taken = Change(ScheduleOf({{1000, 3}, {9001, 4}}));
  EXPECT_TRUE(taken.ok()) << taken;
  EXPECT_EQ(remarks_, std::vector<std::string>());
  EXPECT_EQ(VersionsLive(), 2U);
  EXPECT_EQ(early_.policy, policies_.now().live);
  EXPECT_EQ(late_.policy, policies_.now().live);
}

TEST_F(PolicyChange, WithoutAllWorkersNothingChanges) {
  const Worker one(errands_, 0, {&early_});
  const absl::Status late = Change(ScheduleOf({{1000, 3}, {9001, 4}}), kNotLong);
  EXPECT_EQ(late.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(VersionsLive(), 1U);
  EXPECT_EQ(early_.policy->versions.size(), 1U);
  // The other one comes, and it is tried again.
  const Worker two(errands_, 1, {&late_});
  EXPECT_TRUE(Change(ScheduleOf({{1000, 3}, {9001, 4}})).ok());
  EXPECT_EQ(late_.policy->versions.size(), 2U);
}

TEST_F(PolicyChange, ACandidateIsWatchedByAllAndGoesAgain) {
  const Worker one(errands_, 0, {&early_});
  const Worker two(errands_, 1, {&late_});
  const auto candidate = std::make_shared<PolicyVersion>(ScheduleOf({{1000, 7}}).versions.front());
  ASSERT_TRUE(ChangeCandidate(errands_, policies_, candidate, kForEver).ok());
  ASSERT_NE(early_.owned->shadow(), nullptr);
  ASSERT_NE(late_.owned->shadow(), nullptr);
  EXPECT_EQ(late_.owned->shadow()->since(), TimeMs{9000});
  ASSERT_TRUE(ChangeCandidate(errands_, policies_, nullptr, kForEver).ok());
  EXPECT_EQ(early_.owned->shadow(), nullptr);
}

}  // namespace
}  // namespace weir
