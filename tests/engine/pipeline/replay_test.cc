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
#include "tests/support/memory_ports.h"
#include "tests/support/random.h"
#include "tests/support/teams.h"

namespace weir {
namespace {

constexpr TimeMs kStart{1574985600000};

CodePolicy RandomPolicy(Random& random) {
  constexpr DurationMs kWindows[] = {kSecond, kMinute, DurationMs{7 * kMinute.value}, kHour};
  CodePolicy policy;
  policy.threshold = random.OneIn(5) ? 40 + random.Below(60) : 1 + random.Below(6);
  policy.window = kWindows[random.Below(4)];
  policy.window_kind = random.OneIn(2) ? WindowKind::kSliding : WindowKind::kTumbling;
  policy.clear = random.Below(policy.threshold + 1);
  policy.forward.kind = static_cast<Forward::Kind>(random.Below(3));
  policy.forward.n = policy.forward.kind == Forward::Kind::kOneIn ? 2 + random.Below(9) : 0;
  policy.last_word = !random.OneIn(3);
  return policy;
}

PolicySchedule RandomSchedule(Random& random) {
  PolicySchedule schedule;
  TimeMs from{kStart.value - kHour.value};
  for (uint64_t i = 1 + random.Below(4); i > 0; --i) {
    PolicyRules rules;
    rules.effective_from = from;
    rules.pairs_together = random.OneIn(2);
    rules.fallback = RandomPolicy(random);
    for (const char* code : {"8020", "8F3F", "8F36", "N39"}) {
      if (random.OneIn(2)) {
        rules.codes[*ParseAlertCode(code)] = RandomPolicy(random);
      }
    }
    if (random.OneIn(2)) {
      rules.excluded.assign(AlertCode::kCount, random.OneIn(4));
    }
    schedule.versions.emplace_back(rules);
    from = TimeMs{from.value + 1 + static_cast<int64_t>(random.Below(2 * kHour.value))};
  }
  schedule.duplicate_window = DurationMs{static_cast<int64_t>(random.Below(3)) * kMinute.value};
  return schedule;
}

Record RandomAlert(Random& random, TimeMs now, int64_t offset) {
  constexpr const char* kCodes[] = {"8020", "808D", "8F3F", "8F36", "N39", "8F75", "81BC", "8E01"};
  Alert alert;
  if (!random.OneIn(30)) {
    alert.device = Eui64{random.OneIn(40) ? 0 : 1 + random.Below(random.OneIn(3) ? 200 : 4)};
  }
  alert.code = *ParseAlertCode(kCodes[random.Below(8)]);
  if (random.OneIn(2)) {
    alert.recipient = Eui64{1 + random.Below(2)};
  }
  if (random.OneIn(2)) {
    alert.counter = random.Below(50);
  }
  alert.received = TimeMs{now.value + (random.OneIn(40) ? 3 * kDay.value : 0) -
                          (random.OneIn(30) ? kHour.value : 0)};
  Record record;
  record.partition = static_cast<uint32_t>(random.Below(3));
  record.origin.offset = offset;
  record.event = alert;
  return record;
}

std::vector<Record> RandomLog(Random& random, size_t size) {
  std::vector<Record> log;
  TimeMs now = kStart;
  const uint64_t step = 1 + random.Below(20000);
  for (size_t i = 0; i < size; ++i) {
    now = TimeMs{now.value + static_cast<int64_t>(random.Below(step))};
    if (random.OneIn(500)) {
      now = TimeMs{now.value + static_cast<int64_t>(random.Below(2 * kHour.value))};
    }
    Record record = RandomAlert(random, now, static_cast<int64_t>(i));
    if (random.OneIn(50)) {
      record.event = DeadReason::kBadJson;
    } else if (random.OneIn(50)) {
      record.event = OtherEvent{.kind = OtherKind::kDevice, .device = Eui64{1}, .received = now};
    }
    log.push_back(record);
  }
  return log;
}

// Two summaries say the same.
void ExpectSame(const Summary& a, const Summary& b) {
  EXPECT_EQ(a.read, b.read);
  EXPECT_EQ(a.dead, b.dead);
  EXPECT_EQ(a.other, b.other);
  EXPECT_EQ(a.codes, b.codes);
  ASSERT_EQ(a.storms.size(), b.storms.size());
  for (size_t i = 0; i < a.storms.size(); ++i) {
    EXPECT_EQ(a.storms[i].first, b.storms[i].first);
    EXPECT_EQ(a.storms[i].second.consolidated, b.storms[i].second.consolidated);
  }
}

// Steps, commits, rolls back and starts again at random until everything is committed.
void RunInterrupted(const PolicySchedule& schedule, const std::vector<Record>& log, Random& random,
                    MemorySink& sink, Summary& summary) {
  MemoryStore store;
  for (bool done = false; !done;) {
    MemorySource source(log);
    const std::unique_ptr<Team> team = MakeThreadTeam(1 + random.Below(4));
    Replay replay(schedule, source, sink, &store, *team);
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
  for (int round = 0; round < 40; ++round) {
    const PolicySchedule schedule = RandomSchedule(random);
    const std::vector<Record> log = RandomLog(random, 3000);
    MemorySource source(log);
    MemorySink expected;
    Replay whole(schedule, source, expected, nullptr, Alone());
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

// One device that storms, from kStart on.
std::vector<Record> Storm() {
  std::vector<Record> log;
  for (int64_t i = 0; i < 20; ++i) {
    Alert alert;
    alert.device = Eui64{1};
    alert.code = *ParseAlertCode("8F3F");
    alert.received = TimeMs{kStart.value + i};
    Record record;
    record.event = alert;
    record.origin.offset = i;
    log.push_back(record);
  }
  return log;
}

// A replay of the whole log, committed.
void RunToTheEnd(const PolicySchedule& schedule, const std::vector<Record>& log, MemorySink& sink,
                 MemoryStore& store) {
  MemorySource source(log);
  Replay replay(schedule, source, sink, &store, Alone());
  ASSERT_TRUE(replay.Resume(false).ok());
  ASSERT_TRUE(replay.Step(log.size()).ok());
  ASSERT_TRUE(replay.Commit().ok());
}

absl::Status Resumed(const PolicySchedule& schedule, const std::vector<Record>& log,
                     MemoryStore store) {
  MemorySource source(log);
  MemorySink sink;
  Replay replay(schedule, source, sink, &store, Alone());
  return replay.Resume(false);
}

// Versions that begin so long before kStart, with these thresholds.
PolicySchedule Versions(const std::vector<std::pair<DurationMs, uint64_t>>& versions) {
  PolicySchedule schedule;
  for (const auto& [before, threshold] : versions) {
    PolicyRules rules;
    rules.effective_from = TimeMs{kStart.value - before.value};
    rules.fallback.threshold = threshold;
    rules.fallback.clear = threshold;
    schedule.versions.emplace_back(rules);
  }
  return schedule;
}

TEST(Replay, RefusesAStateDecidedUnderOtherVersionsUnlessForced) {
  const std::vector<Record> log = Storm();
  const PolicySchedule before = PolicySchedule::Default();
  MemoryStore store;
  MemorySink sink;
  RunToTheEnd(before, log, sink, store);
  const PolicySchedule after = Versions({{DurationMs{1}, 3}});
  MemorySource source(log);
  Replay refused(after, source, sink, &store, Alone());
  const absl::Status status = refused.Resume(false);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(std::string(status.message()).find("built-in defaults"), std::string::npos) << status;
  Replay forced(after, source, sink, &store, Alone());
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
  Replay forced(after, source, sink, &store, Alone());
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
