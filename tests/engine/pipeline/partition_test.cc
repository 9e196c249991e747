// Goal: a batch that has been exported can still be undone without a trace, and a state is the same
// whether its store was kept small or not.
// Method: random logs under random policies, in rounds and commits of random sizes. One partition
// exports and rolls back at random what another never sees; what both export for the commits that
// stand must be equal, byte by byte, but for what depends on where keys stand in the table.

#include "engine/pipeline/partition.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/types/span.h"
#include "gtest/gtest.h"

#include "engine/base/wire.h"
#include "engine/pipeline/decider.h"
#include "engine/pipeline/stored_state.h"
#include "engine/throttle/adopted_schedule.h"
#include "tests/support/logs.h"
#include "tests/support/memory_ports.h"
#include "tests/support/partition_run.h"
#include "tests/support/random.h"

namespace weir {
namespace {

constexpr absl::string_view kRemovals = "cc";
constexpr absl::string_view kDeltas = "ce";

bool IsRemoval(const StateBatch::Change& change) {
  return absl::StartsWith(change.key, kRemovals);
}

// A delta with one word for each device and tag, the last one, in their order. Where a version has
// removed keys, without those that have none any more: keys that were over may have been there or
// not.
std::string InOrder(absl::string_view delta, bool removes) {
  std::map<std::pair<uint64_t, uint64_t>, uint64_t> words;
  for (WireReader in(delta); !in.rest().empty();) {
    const uint64_t device = in.U64();
    const uint64_t word = in.U64();
    words[{device, word >> CounterTable::kValueBits}] = word;
  }
  std::string ordered;
  for (const auto& [key, word] : words) {
    if (!removes || (word & CounterTable::kMaxValue) != 0) {
      PutWords({key.first, word}, ordered);
    }
  }
  return ordered;
}

// The entries of the batches that differ, by name; in hexadecimal, as names are binary.
std::set<std::string> Differences(const StateBatch& a, const StateBatch& b) {
  std::map<std::string, std::vector<std::optional<std::string>>> entries;
  for (const StateBatch* batch : {&a, &b}) {
    const std::vector<StateBatch::Change>& changes = batch->changes();
    const bool removes = std::any_of(changes.begin(), changes.end(), IsRemoval);
    for (const StateBatch::Change& change : changes) {
      const bool is_delta = absl::StartsWith(change.key, kDeltas);
      entries[change.key].push_back(is_delta ? InOrder(*change.value, removes) : change.value);
    }
  }
  std::set<std::string> differences;
  for (const auto& [name, values] : entries) {
    if (values.size() != 2 || values[0] != values[1]) {
      differences.insert(absl::BytesToHexString(name));
    }
  }
  return differences;
}

// Up to `most` of the records from `begin` on, at least one.
absl::Span<const Record> Some(const std::vector<Record>& log, size_t begin, size_t most,
                              Random& random) {
  return absl::MakeConstSpan(log).subspan(begin, 1 + random.Below(most));
}

TEST(Partition, AnExportedBatchIsUndoneWithoutATrace) {
  Random random = Random::FromEnvironment(11);
  SCOPED_TRACE(random.seed_text());
  for (int round = 0; round < Rounds(30); ++round) {
    const PolicySchedule schedule = RandomSchedule(random);
    const std::vector<Record> log = RandomLog(random, 2000);
    const size_t shards = 1 + random.Below(3);
    PartitionRun plain(schedule, shards);
    PartitionRun undone(schedule, shards);
    uint64_t number = 1;
    for (size_t next = 0; next < log.size(); ++number) {
      for (uint64_t attempts = random.Below(3); attempts > 0; --attempts) {
        // Some of the same records, or others that never come again.
        const size_t from = random.OneIn(2) ? next : next + random.Below(log.size() - next);
        undone.Round(Some(log, from, 300, random));
        undone.Export(number);
        undone.Rollback();
      }
      const absl::Span<const Record> batch = Some(log, next, 300, random);
      next += batch.size();
      plain.Round(batch);
      undone.Round(batch);
      ASSERT_EQ(Differences(undone.Export(number), plain.Export(number)), std::set<std::string>())
          << "round " << round;
      if (random.OneIn(2)) {
        plain.ExportUpkeep(number);
        undone.ExportUpkeep(number);
      }
      plain.Accept();
      undone.Accept();
    }
    ASSERT_EQ(undone.lines(), plain.lines()) << "round " << round;
    ExpectSameTotals(undone.partition(), plain.partition());
  }
}

TEST(Partition, AStoreThatNeverSawUpkeepIsReadToTheSameState) {
  Random random = Random::FromEnvironment(12);
  SCOPED_TRACE(random.seed_text());
  for (int round = 0; round < Rounds(30); ++round) {
    const PolicySchedule schedule = RandomSchedule(random);
    const std::vector<Record> log = RandomLog(random, 3000);
    PartitionRun writer(schedule, 1 + random.Below(3));
    MemoryStore small;
    MemoryStore all;
    const size_t until = random.Below(log.size());
    size_t next = 0;
    for (uint64_t number = 1; next < until; ++number) {
      const absl::Span<const Record> batch = Some(log, next, 200, random);
      next += batch.size();
      writer.Round(batch);
      const StateBatch delta = writer.Export(number);
      ASSERT_TRUE(small.Write(delta).ok() && all.Write(delta).ok());
      ASSERT_TRUE(small.Write(writer.ExportUpkeep(number)).ok());
      writer.Accept();
    }
    const size_t lines = writer.lines().size();
    writer.Round(absl::MakeConstSpan(log).subspan(next));
    for (MemoryStore* store : {&small, &all}) {
      PartitionRun reader(schedule);
      const absl::Status loaded = reader.Restart(*store, 1 + random.Below(3));
      ASSERT_TRUE(loaded.ok()) << loaded;
      reader.Round(absl::MakeConstSpan(log).subspan(next));
      ASSERT_EQ(reader.lines(), writer.LinesBehind(lines)) << "round " << round;
      ExpectSameTotals(reader.partition(), writer.partition());
    }
  }
}

// What a service keeps of a partition outside: the last value of each lasting entry, and all
// expiring entries, commit by commit.
class Changelogs {
 public:
  void Append(const StateBatch& delta, std::optional<TimeMs> now) {
    StateBatch& expiring = commits_.emplace_back(now, StateBatch()).second;
    StateBatch lasting;
    for (const StateBatch::Change& change : delta.changes()) {
      const Lifetime lifetime = Partition::LifetimeOf(change.key);
      ASSERT_NE(lifetime, Lifetime::kUpkeep);
      StateBatch& batch = lifetime == Lifetime::kLasting ? lasting : expiring;
      if (change.value) {
        batch.Put(change.key, *change.value);
      } else {
        batch.Erase(change.key);
      }
    }
    ASSERT_TRUE(lasting_.Write(lasting).ok());
  }

  // Drops the commits that are no longer needed; how many.
  size_t Trim(const Partition& partition) {
    const auto first_needed =
        std::find_if(commits_.begin(), commits_.end(), [&](const auto& commit) {
          return commit.first && *partition.stream_time() - *commit.first < partition.KeptFor();
        });
    const auto trimmed = static_cast<size_t>(first_needed - commits_.begin());
    commits_.erase(commits_.begin(), first_needed);
    return trimmed;
  }

  // A store made from them.
  MemoryStore Restore() const {
    MemoryStore store = lasting_;
    for (const auto& [now, expiring] : commits_) {
      store.Write(expiring).IgnoreError();
    }
    return store;
  }

 private:
  MemoryStore lasting_;
  std::vector<std::pair<std::optional<TimeMs>, StateBatch>> commits_;
};

// Timers that fire ahead of their record make commits of their own.
TEST(Partition, GoesOnFromLastingEntriesAndThoseStillNeeded) {
  Random random = Random::FromEnvironment(13);
  SCOPED_TRACE(random.seed_text());
  size_t trimmed = 0;
  for (int round = 0; round < Rounds(60); ++round) {
    PolicySchedule schedule = RandomSchedule(random);
    if (random.OneIn(2)) {  // longer than the windows
      schedule.duplicate_window = DurationMs{4 * kHour.value};
    }
    const std::vector<Record> log = RandomLog(random, 2000);
    PartitionRun plain(schedule);
    plain.Round(log);
    Changelogs changelogs;
    PartitionRun run(schedule);
    size_t next = 0;
    for (uint64_t number = 1; next < log.size(); ++number) {
      const std::optional<TimeMs> by = run.partition().TimeAfter(log[next]);
      if (run.partition().throttle().shards() == 1 && by && random.OneIn(2)) {
        run.FireSome(*by, 1 + random.Below(3));
      } else {
        const absl::Span<const Record> batch = Some(log, next, 20, random);
        next += batch.size();
        run.Round(batch);
      }
      changelogs.Append(run.Export(number), run.partition().stream_time());
      run.Accept();
      if (random.OneIn(8)) {
        trimmed += changelogs.Trim(run.partition());
        MemoryStore store = changelogs.Restore();
        const absl::Status loaded = run.Restart(store, 1 + random.Below(3));
        ASSERT_TRUE(loaded.ok()) << loaded << " round " << round;
      }
    }
    ASSERT_EQ(run.lines(), plain.lines()) << "round " << round;
    ExpectSameTotals(run.partition(), plain.partition());
  }
  EXPECT_GT(trimmed, Rounds(100U));
}

TEST(Partition, KeepsForTwiceTheLongestWindowInForceOrTheDuplicateWindow) {
  PolicyRules rules;
  rules.effective_from = TimeMs{kStart.value + 5};
  rules.fallback.window = kMinute;
  rules.codes[*ParseAlertCode("8F3F")].window = kDay;
  PolicySchedule schedule;
  schedule.versions.emplace_back(rules);
  PartitionRun run(schedule);
  EXPECT_EQ(run.partition().KeptFor(), kHour);  // no version is in force: duplicate_window
  const std::vector<Record> log = Storm();
  run.Round(log);
  EXPECT_EQ(run.partition().KeptFor(), kHour);  // the round may be rolled back
  run.Accept();
  EXPECT_EQ(run.partition().KeptFor(), DurationMs{2 * kDay.value});
}

TEST(Partition, GoesOnUnderAnAdoptedSchedule) {
  Random random = Random::FromEnvironment(14);
  SCOPED_TRACE(random.seed_text());
  for (int round = 0; round < Rounds(30); ++round) {
    const PolicySchedule schedule = RandomSchedule(random);
    const std::vector<Record> log = RandomLog(random, 500);
    PartitionRun before(schedule);
    before.Round(absl::MakeConstSpan(log).first(random.Below(log.size())));
    MemoryStore store;
    ASSERT_TRUE(store.Write(before.Export(1)).ok());
    before.Accept();
    const PolicySchedule given = random.OneIn(4) ? schedule : RandomSchedule(random);
    std::string remarks;
    const PolicySchedule adopted =
        AdoptSchedule(before.partition().Past(), given, before.partition().now(), remarks);
    PartitionRun after(adopted);
    const absl::Status loaded = after.Restart(store);
    ASSERT_TRUE(loaded.ok()) << loaded << " round " << round;
    after.Round(log);
    EXPECT_EQ(after.partition().throttle().versions_in_force(),
              adopted.TakenEffectBy(*after.partition().stream_time()));
  }
}

// Whenever a version becomes known, as long as that is before it takes effect.
TEST(Partition, GoesOnWithVersionsThatBecomeKnownInTime) {
  Random random = Random::FromEnvironment(15);
  SCOPED_TRACE(random.seed_text());
  int took_effect = 0;
  for (int round = 0; round < Rounds(60); ++round) {
    const PolicySchedule whole = RandomSchedule(random);
    const std::vector<Record> log = RandomLog(random, 1000);
    PartitionRun plain(whole);
    plain.Round(log);
    PolicySchedule known = whole;
    for (uint64_t unknown = random.Below(whole.versions.size() + 1); unknown > 0; --unknown) {
      known.versions.pop_back();
    }
    const size_t known_first = known.versions.size();
    PartitionRun run(known);
    bool exchanged = false;
    for (size_t next = 0; next < log.size();) {
      const absl::Span<const Record> batch = Some(log, next, 50, random);
      const std::optional<TimeMs> after = run.partition().TimeAfter(batch);
      if (!exchanged &&
          (random.OneIn(10) || (after && whole.TakenEffectBy(*after) > known_first))) {
        run.partition().GoOnWith(whole);
        exchanged = true;
      }
      run.Round(batch);
      if (random.OneIn(4)) {
        run.Rollback();
      } else {
        next += batch.size();
        run.Accept();
      }
    }
    took_effect += run.partition().throttle().versions_in_force() > known_first ? 1 : 0;
    ASSERT_EQ(run.lines(), plain.lines()) << "round " << round;
    ExpectSameTotals(run.partition(), plain.partition());
  }
  EXPECT_GT(took_effect, Rounds(10));
}

TEST(Partition, UpkeepKeepsAStoreSmall) {
  const PolicySchedule schedule = PolicySchedule::Default();
  PartitionRun run(schedule);
  MemoryStore store;
  size_t largest = 0;
  for (uint64_t number = 1; number <= 4000; ++number) {
    Alert alert;
    alert.device = Eui64{number % 7};
    alert.code = *ParseAlertCode("8F3F");
    alert.counter = number;
    alert.received = TimeMs{kStart.value + static_cast<int64_t>(number) * kMinute.value};
    Record record;
    record.event = alert;
    run.Round(absl::MakeConstSpan(&record, 1));
    ASSERT_TRUE(store.Write(run.Export(number)).ok());
    ASSERT_TRUE(store.Write(run.ExportUpkeep(number)).ok());
    run.Accept();
    largest = std::max(largest, store.entries().size());
  }
  // An image for each of the 1,024 segments, the deltas of as many commits at most, and the
  // messages seen in an hour of commits.
  EXPECT_LT(largest, 1024U + 1024U + 60U + 20U);
}

// What is over under the rules that a state is taken up under happens with the next record, though
// that brings no time.
TEST(Partition, OtherRulesMayFindMoreOver) {
  SystemRules before = DefaultRules();
  before.pending.periods = {{.from = {}, .months = 36}};
  SystemRules after = DefaultRules();
  after.pending.periods = {{.from = {}, .months = 12}};
  const PolicySchedule schedule = PolicySchedule::Default();
  DeviceRecord pending{.status = DeviceStatus::kPending};
  pending.added = TimeMs{kStart.value - 400 * kDay.value};
  const DeviceRecord gone{.removed = true};
  Record record;
  record.event = OtherEvent{.device = Eui64{1}, .received = kStart, .what = &pending};
  Partition first(schedule, before, 1);
  Decider decider;
  EXPECT_TRUE(decider.Decide(first, absl::MakeConstSpan(&record, 1)).notices.empty());
  MemoryStore store;
  StateBatch batch;
  PutCommit({.number = 1, .position = {}, .mark = {}}, batch);
  first.Export(1, PartitionScope(0, batch));
  ASSERT_TRUE(store.Write(batch).ok());
  Partition second(schedule, after, 1);
  ASSERT_TRUE(
      LoadPartitions(store, [&](uint32_t) -> absl::StatusOr<Partition*> { return &second; }).ok());
  ASSERT_TRUE(second.FinishLoad(false).ok());
  record.event = OtherEvent{.device = Eui64{2}, .received = {}, .what = &gone};
  const Results results = decider.Decide(second, absl::MakeConstSpan(&record, 1));
  ASSERT_EQ(results.notices.size(), 1U);
  const auto& removal = std::get<RemovalNotice>(results.notices[0].what);
  EXPECT_EQ(removal.device, Eui64{1});
  EXPECT_EQ(removal.at, AddMonths(*pending.added, 12));
}

}  // namespace
}  // namespace weir
