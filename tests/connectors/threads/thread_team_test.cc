// Goal: every task is done exactly once, whoever does it, and is done when it must be; a job runs
// beside tasks and is finished when it is let go of.
// Method: teams of several sizes, many short rounds, jobs begun and let go of at random; under the
// thread sanitizer too, which sees what one round leaves to the next.

#include "connectors/threads/thread_team.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "gtest/gtest.h"

#include "tests/support/random.h"

namespace weir {
namespace {

class ThreadTeam : public testing::TestWithParam<size_t> {
 protected:
  const std::unique_ptr<Team> team_ = MakeThreadTeam(GetParam());
};

INSTANTIATE_TEST_SUITE_P(Sizes, ThreadTeam, testing::Values(1, 2, 3, 8));

TEST_P(ThreadTeam, HasItsSize) {
  EXPECT_EQ(team_->size(), GetParam());
}

TEST_P(ThreadTeam, DoesEveryTaskOnce) {
  std::vector<uint64_t> done(50);
  uint64_t rounds = 0;
  for (; rounds < 2000; ++rounds) {
    // Plain counters: what one round did must be seen by the next.
    team_->Run(rounds % (done.size() + 1), [&](size_t task) { ++done[task]; });
  }
  for (size_t task = 0; task < done.size(); ++task) {
    uint64_t expected = 0;
    for (uint64_t round = 0; round < rounds; ++round) {
      expected += round % (done.size() + 1) > task ? 1U : 0U;
    }
    EXPECT_EQ(done[task], expected) << task;
  }
}

TEST_P(ThreadTeam, FinishesAJobThatIsLetGoOf) {
  Random random = Random::FromEnvironment(8);
  SCOPED_TRACE(random.seed_text());
  constexpr size_t kJobs = 5;
  std::vector<uint64_t> begun(kJobs);
  std::vector<uint64_t> done(kJobs);
  std::vector<std::unique_ptr<Team::Job>> jobs(kJobs);  // last: they work on what is above
  for (int step = 0; step < 5000; ++step) {
    const size_t which = random.Below(jobs.size());
    jobs[which].reset();
    ASSERT_EQ(done[which], begun[which]);
    if (random.OneIn(2)) {
      ++begun[which];
      jobs[which] = team_->Start([&done, which] { ++done[which]; });
    }
    std::atomic<size_t> tasks{0};
    const size_t count = random.Below(6);
    team_->Run(count, [&](size_t /*task*/) { ++tasks; });
    ASSERT_EQ(tasks.load(), count);
  }
}

TEST_P(ThreadTeam, MayEndRightAfterItsStart) {
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(MakeThreadTeam(GetParam())->size(), GetParam());
  }
}

}  // namespace
}  // namespace weir
