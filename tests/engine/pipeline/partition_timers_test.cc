// Goal: what happens by itself happens as it would with the next record, however it is spread over
// steps and commits.
// Method: random logs under random policies. One round of one partition gives the lines to expect;
// another fires what is due before each record in small steps, and commits, rolls back and starts
// again from its store between them.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "gtest/gtest.h"

#include "engine/pipeline/partition.h"
#include "tests/support/logs.h"
#include "tests/support/memory_ports.h"
#include "tests/support/partition_run.h"
#include "tests/support/random.h"

namespace weir {
namespace {

// Goes through a log record by record, in steps that may be undone.
class InSteps {
 public:
  InSteps(const PolicySchedule& schedule, const std::vector<Record>& log, Random& random)
      : log_(log), random_(random), run_(schedule) {}

  void ToTheEnd() {
    while (next_ < log_.size()) {
      Step();
      if (random_.OneIn(3)) {
        Commit();
      } else if (random_.OneIn(12)) {
        run_.Rollback();
        next_ = committed_;
      } else if (random_.OneIn(25)) {
        const absl::Status loaded = run_.Restart(store_);
        ASSERT_TRUE(loaded.ok()) << loaded;
        next_ = committed_;
      }
    }
  }

  PartitionRun& run() { return run_; }

  // Steps at whose end there was more to fire.
  size_t split() const { return split_; }

 private:
  void Step() {
    Partition& partition = run_.partition();
    const std::optional<TimeMs> by = partition.TimeAfter(log_[next_]);
    if (by && partition.IsMoreDue(*by, 0)) {
      const std::optional<TimeMs> before = partition.stream_time();
      const size_t limit = 1 + random_.Below(5);
      const bool takes_more = partition.IsMoreDue(*by, limit);
      const bool more = run_.FireSome(*by, limit);
      ASSERT_EQ(partition.IsMoreDue(*by, 0), more);
      ASSERT_TRUE(more || !takes_more);
      ASSERT_EQ(partition.stream_time(), before);
      split_ += more ? 1 : 0;
    } else {
      run_.Round(absl::MakeConstSpan(log_).subspan(next_, 1));
      ++next_;
      ASSERT_EQ(partition.stream_time(), by);
    }
  }

  void Commit() {
    ++number_;
    ASSERT_TRUE(store_.Write(run_.Export(number_)).ok());
    ASSERT_TRUE(store_.Write(run_.ExportUpkeep(number_)).ok());
    run_.Accept();
    committed_ = next_;
  }

  const std::vector<Record>& log_;
  Random& random_;
  PartitionRun run_;
  MemoryStore store_;
  size_t next_ = 0;
  size_t committed_ = 0;
  uint64_t number_ = 0;
  size_t split_ = 0;
};

TEST(PartitionTimers, MayBeSpreadOverStepsAndCommits) {
  Random random = Random::FromEnvironment(21);
  SCOPED_TRACE(random.seed_text());
  size_t split = 0;
  for (int round = 0; round < Rounds(30); ++round) {
    const PolicySchedule schedule = RandomSchedule(random);
    const std::vector<Record> log = RandomLog(random, 2000);
    PartitionRun plain(schedule);
    plain.Round(log);
    InSteps steps(schedule, log, random);
    steps.ToTheEnd();
    ASSERT_EQ(ByStream(steps.run().lines()), ByStream(plain.lines())) << "round " << round;
    ExpectSameTotals(steps.run().partition(), plain.partition());
    EXPECT_EQ(steps.run().partition().fired_to(), std::nullopt);
    split += steps.split();
  }
  EXPECT_GT(split, Rounds(100U));
}

// Five devices that each storm in the same window, and a record of another one, a day later.
std::vector<Record> StormsAndTheNextDay() {
  std::vector<Record> log;
  for (int64_t i = 0; i < 100; ++i) {
    Alert alert;
    alert.device = Eui64{1 + static_cast<uint64_t>(i % 5)};
    alert.code = *ParseAlertCode("8F3F");
    alert.received = TimeMs{kStart.value + i};
    Record record;
    record.event = alert;
    record.origin.offset = i;
    log.push_back(record);
  }
  log.push_back(log.back());
  auto& last = std::get<Alert>(log.back().event);
  last.device = Eui64{9};
  last.received = kStart + kDay;
  log.back().origin.offset = 100;
  return log;
}

TEST(PartitionTimers, FiresNoMoreThanTheLimitInTheOrderOfTheLog) {
  const std::vector<Record> log = StormsAndTheNextDay();
  const PolicySchedule schedule = PolicySchedule::Default();
  PartitionRun run(schedule);
  run.Round(absl::MakeConstSpan(log).first(100));
  Partition& partition = run.partition();
  EXPECT_EQ(partition.TimeAfter(log.back()), kStart + kDay);
  EXPECT_TRUE(partition.IsMoreDue(kStart + kDay, 4));
  EXPECT_FALSE(partition.IsMoreDue(kStart + kDay, 5));
  EXPECT_FALSE(partition.IsMoreDue(kStart + DurationMs{kHour.value - 1}, 0));
  const size_t before = run.lines().size();
  EXPECT_TRUE(run.FireSome(kStart + kDay, 2));
  const std::string going_on = "continuing: 00-00-00-00-00-00-00-0";
  const std::vector<std::string> fired = run.LinesBehind(before);
  ASSERT_EQ(fired.size(), 2U);
  EXPECT_EQ(fired[0].substr(0, going_on.size() + 1), going_on + "1");
  EXPECT_EQ(fired[1].substr(0, going_on.size() + 1), going_on + "2");
  EXPECT_EQ(partition.stream_time(), TimeMs{kStart.value + 99});
  EXPECT_EQ(partition.fired_to(), kStart + kHour);
  // The three that are left, and the next window's ends of all five.
  EXPECT_TRUE(run.FireSome(kStart + kDay, 7));
  EXPECT_FALSE(run.FireSome(kStart + kDay, 7));
  run.Round(absl::MakeConstSpan(log).last(1));
  EXPECT_EQ(partition.stream_time(), kStart + kDay);
  EXPECT_EQ(partition.fired_to(), std::nullopt);
}

TEST(PartitionTimers, DoNotGetAheadOfAVersion) {
  const std::vector<Record> log = StormsAndTheNextDay();
  PolicySchedule schedule = Versions({{kHour, 10}});
  PolicyRules rules;
  rules.effective_from = kStart + DurationMs{kHour.value + 1};
  rules.fallback.threshold = 3;
  rules.fallback.clear = 3;
  schedule.versions.emplace_back(rules);
  PartitionRun plain(schedule);
  plain.Round(log);
  PartitionRun run(schedule);
  run.Round(absl::MakeConstSpan(log).first(100));
  // The first windows end before the version takes effect, which ends the episodes.
  EXPECT_FALSE(run.FireSome(kStart + kDay, 100));
  EXPECT_EQ(run.partition().fired_to(), kStart + kHour);
  EXPECT_FALSE(run.partition().IsMoreDue(kStart + kDay, 0));
  run.Round(absl::MakeConstSpan(log).last(1));
  EXPECT_EQ(run.lines(), plain.lines());
}

// Whoever breaks the promise of what record comes next gets what timers allow.
TEST(PartitionTimers, NothingHappensBeforeWhatHasFired) {
  const std::vector<Record> log = StormsAndTheNextDay();
  const PolicySchedule schedule = PolicySchedule::Default();
  PartitionRun run(schedule);
  run.Round(absl::MakeConstSpan(log).first(100));
  EXPECT_TRUE(run.FireSome(kStart + kDay, 2));
  const size_t before = run.lines().size();
  run.Round(absl::MakeConstSpan(log).subspan(99, 1));  // of a window that is over by now
  const std::vector<std::string> lines = run.LinesBehind(before);
  ASSERT_EQ(lines.size(), 4U);  // three more go on, and the first copy of the next window
  EXPECT_EQ(lines[3].substr(0, 4), "copy");
  EXPECT_EQ(run.partition().fired_to(), kStart + kHour);
}

// An idle round does what a record of no consequence does.
TEST(PartitionTimers, AnIdlePartitionGoesOn) {
  Random random = Random::FromEnvironment(22);
  SCOPED_TRACE(random.seed_text());
  for (int round = 0; round < Rounds(30); ++round) {
    const PolicySchedule schedule = RandomSchedule(random);
    const std::vector<Record> log = RandomLog(random, 1000);
    const size_t shards = 1 + random.Below(3);
    PartitionRun with_records(schedule, shards);
    PartitionRun idle(schedule, shards);
    for (size_t next = 0; next < log.size();) {
      const auto some =
          absl::MakeConstSpan(log).subspan(next, 1 + random.Below(random.OneIn(2) ? 200 : 3));
      next += some.size();
      with_records.Round(some);
      idle.Round(some);
      const std::optional<TimeMs> now = idle.partition().stream_time();
      if (now && random.OneIn(2)) {
        const auto ahead = static_cast<int64_t>(random.Below(2 * kHour.value));
        const TimeMs until{now->value + ahead - kMinute.value};
        Record record;
        static const DeviceRecord kForgotten{.removed = true};
        record.event = OtherEvent{.device = Eui64{77}, .received = until, .what = &kForgotten};
        with_records.Round(absl::MakeConstSpan(&record, 1));
        idle.Idle(until);
        ASSERT_EQ(idle.partition().stream_time(), std::max(*now, until));
      }
      idle.Accept();
    }
    ASSERT_EQ(idle.lines(), with_records.lines()) << "round " << round;
    EXPECT_EQ(idle.partition().throttle().TotalsByCode(),
              with_records.partition().throttle().TotalsByCode());
    EXPECT_EQ(idle.partition().counts().read, log.size());
  }
}

TEST(PartitionTimers, SaysWhenTheNextIsDue) {
  PolicySchedule schedule = Versions({{kHour, 10}});
  PolicyRules rules;
  rules.effective_from = kStart + DurationMs{kHour.value + 5};
  schedule.versions.emplace_back(rules);
  PartitionRun run(schedule, 3);
  run.Idle(kStart);
  EXPECT_EQ(run.partition().stream_time(), std::nullopt);
  EXPECT_EQ(run.partition().NextDue(), std::nullopt);
  const std::vector<Record> log = StormsAndTheNextDay();
  run.Round(absl::MakeConstSpan(log).first(100));
  EXPECT_EQ(run.partition().NextDue(), kStart + kHour);
  const size_t before = run.lines().size();
  run.Idle(kStart + DurationMs{kHour.value - 1});
  EXPECT_EQ(run.lines().size(), before);
  run.Idle(kStart + kHour);
  EXPECT_EQ(run.lines().size(), before + 5);  // all go on
  EXPECT_EQ(run.partition().NextDue(), rules.effective_from);
  run.Idle(*rules.effective_from);
  EXPECT_EQ(run.partition().throttle().versions_in_force(), 2U);
  EXPECT_EQ(run.partition().NextDue(), kStart + DurationMs{2 * kHour.value});
  run.Idle(kStart + DurationMs{2 * kHour.value});
  EXPECT_EQ(run.lines().size(), before + 15);  // last words and ends
  EXPECT_EQ(run.partition().NextDue(), std::nullopt);
}

}  // namespace
}  // namespace weir
