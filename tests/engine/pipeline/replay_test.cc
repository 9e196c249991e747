// Goal: the results depend on the records alone: not on batch sizes, on how often is committed, on
// rollbacks, on the number of threads, nor on a run being stopped and resumed at any instant.
// Method: random logs under random policies. One uninterrupted run of one thread gives the lines to
// expect; other runs over the same log commit, roll back and start again from the store, with
// another team, at random instants.

#include "engine/pipeline/replay.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

#include "connectors/threads/thread_team.h"
#include "tests/support/logs.h"
#include "tests/support/memory_ports.h"
#include "tests/support/random.h"
#include "tests/support/teams.h"

namespace weir {
namespace {

// Steps, commits, rolls back and starts again at random until everything is committed.
void RunInterrupted(const PolicySchedule& schedule, const std::vector<Record>& log, Random& random,
                    MemorySink& sink, Summary& summary) {
  MemoryStore store;
  for (bool done = false; !done;) {
    MemorySource source(log);
    const std::unique_ptr<Team> team = MakeThreadTeam(1 + random.Below(4));
    Replay replay(schedule, DefaultRules(), source, sink, &store, *team);
    const absl::Status resumed = replay.Resume(false);
    ASSERT_TRUE(resumed.ok()) << resumed;
    for (bool alive = true; alive && !done;) {
      const absl::StatusOr<size_t> records = replay.Step(1 + random.Below(400));
      ASSERT_TRUE(records.ok());
      const bool at_end = *records == 0;
      if (random.OneIn(6)) {
        ASSERT_TRUE(replay.Rollback().ok());
      } else if (random.OneIn(3)) {
        ASSERT_TRUE(replay.Commit().ok());
        done = at_end;
      }
      // As after a crash: the state of the last commit is all that is left.
      alive = !random.OneIn(10);
    }
    summary = replay.Summarise();
  }
}

TEST(Replay, ResultsDependOnTheRecordsAlone) {
  Random random = Random::FromEnvironment(5);
  SCOPED_TRACE(random.seed_text());
  for (int round = 0; round < Rounds(40); ++round) {
    const PolicySchedule schedule = RandomSchedule(random);
    const std::vector<Record> log = RandomLog(random, 3000);
    MemorySource source(log);
    MemorySink expected;
    Replay whole(schedule, DefaultRules(), source, expected, nullptr, Alone());
    ASSERT_TRUE(whole.Resume(false).ok());
    ASSERT_TRUE(whole.Step(log.size()).ok());
    MemorySink sink;
    Summary summary;
    RunInterrupted(schedule, log, random, sink, summary);
    ASSERT_EQ(sink.lines(), expected.lines()) << "round " << round;
    ExpectSame(summary, whole.Summarise());
    ASSERT_EQ(summary.read, log.size());
    ASSERT_EQ(summary.totals.alerts,
              summary.read - summary.dead - summary.other - summary.totals.duplicates);
  }
}

absl::Status Resumed(const PolicySchedule& schedule, const std::vector<Record>& log,
                     MemoryStore store) {
  MemorySource source(log);
  MemorySink sink;
  Replay replay(schedule, DefaultRules(), source, sink, &store, Alone());
  return replay.Resume(false);
}

// A store that takes so many writes, and then no more.
class FullStore final : public MemoryStore {
 public:
  explicit FullStore(int room) : room_(room) {}

  absl::Status Write(const StateBatch& batch) override {
    return room_-- > 0 ? MemoryStore::Write(batch) : absl::UnavailableError("the disk is full");
  }

 private:
  int room_;
};

TEST(Replay, SaysWhenACommitFailedAndMakesNoneAfterIt) {
  Random random = Random::FromEnvironment(7);
  SCOPED_TRACE(random.seed_text());
  const PolicySchedule schedule = RandomSchedule(random);
  const std::vector<Record> log = RandomLog(random, 400);
  for (const size_t threads : {size_t{1}, size_t{3}}) {
    const std::unique_ptr<Team> team = MakeThreadTeam(threads);
    FullStore store(2);
    MemorySource source(log);
    MemorySink sink;
    {
      Replay replay(schedule, DefaultRules(), source, sink, &store, *team);
      ASSERT_TRUE(replay.Resume(false).ok());
      for (int commit = 0; commit < 2; ++commit) {
        ASSERT_TRUE(replay.Step(100).ok());
        ASSERT_TRUE(replay.Commit().ok());
      }
      ASSERT_TRUE(replay.AwaitCommit().ok());
      ASSERT_TRUE(replay.Step(100).ok());
      replay.Commit().IgnoreError();  // the team may not have come to it
      EXPECT_TRUE(absl::IsUnavailable(replay.AwaitCommit()));
      EXPECT_TRUE(absl::IsUnavailable(replay.Commit()));
    }
    MemorySource again(log);
    Replay resumed(schedule, DefaultRules(), again, sink, &store, *team);
    ASSERT_TRUE(resumed.Resume(false).ok());
    EXPECT_EQ(resumed.resumed_at(), 200U);
  }
}

TEST(Replay, RefusesAStateDecidedUnderOtherVersionsUnlessForced) {
  const std::vector<Record> log = Storm();
  const PolicySchedule before = PolicySchedule::Default();
  MemoryStore store;
  MemorySink sink;
  RunToTheEnd(before, log, sink, store);
  const PolicySchedule after = Versions({{DurationMs{1}, 3}});
  MemorySource source(log);
  Replay refused(after, DefaultRules(), source, sink, &store, Alone());
  const absl::Status status = refused.Resume(false);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(std::string(status.message()).find("built-in defaults"), std::string::npos) << status;
  Replay forced(after, DefaultRules(), source, sink, &store, Alone());
  ASSERT_TRUE(forced.Resume(true).ok());
  EXPECT_EQ(forced.Summarise().totals.open, 0U);
  EXPECT_EQ(forced.Summarise().totals.ended, 1U);
  EXPECT_NE(sink.lines().back().find("reason 1"), std::string::npos) << sink.lines().back();
  // Once committed, the new versions are the state's own.
  ASSERT_TRUE(forced.Commit().ok());
  EXPECT_TRUE(Resumed(after, log, store).ok());
}

TEST(Replay, ForcedVersionsMayBeFewerThanThoseBefore) {
  const std::vector<Record> log = Storm();
  MemoryStore store;
  MemorySink sink;
  RunToTheEnd(Versions({{kHour, 5}, {kMinute, 4}, {kSecond, 3}}), log, sink, store);
  const PolicySchedule after = Versions({{kHour, 6}});
  MemorySource source(log);
  Replay forced(after, DefaultRules(), source, sink, &store, Alone());
  ASSERT_TRUE(forced.Resume(true).ok());
  ASSERT_TRUE(forced.Commit().ok());
  EXPECT_TRUE(Resumed(after, log, store).ok()) << Resumed(after, log, store);
}

TEST(Replay, RefusesADamagedState) {
  Random random = Random::FromEnvironment(6);
  SCOPED_TRACE(random.seed_text());
  const PolicySchedule schedule = PolicySchedule::Default();
  const std::vector<Record> log = RandomLog(random, 2000);
  MemoryStore store;
  MemorySink sink;
  RunToTheEnd(schedule, log, sink, store);
  for (const auto& [key, value] : store.entries()) {
    if (value.size() < 9 || key == "commit") {
      continue;
    }
    MemoryStore damaged = store;
    damaged.entries()[key] = value.substr(0, value.size() - 3);
    EXPECT_EQ(Resumed(schedule, log, damaged).code(), absl::StatusCode::kDataLoss) << key;
  }
}

TEST(Replay, RefusesAStateThatMissesAPart) {
  const PolicySchedule schedule = PolicySchedule::Default();
  const std::vector<Record> log = Storm();
  MemoryStore store;
  MemorySink sink;
  RunToTheEnd(schedule, log, sink, store);
  ASSERT_TRUE(Resumed(schedule, log, store).ok());
  // The commit that ties all together, and the head of the one partition.
  for (const std::string& key :
       {std::string("commit"), store.entries().lower_bound("partition/")->first}) {
    MemoryStore damaged = store;
    ASSERT_EQ(damaged.entries().erase(key), 1U);
    EXPECT_EQ(Resumed(schedule, log, damaged).code(), absl::StatusCode::kDataLoss) << key;
  }
}

}  // namespace
}  // namespace weir
