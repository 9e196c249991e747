// Goal: what is said of a state is what the replay that left it says, and depends on the records
// alone; a state that is damaged, or not one of this program, is refused, and nothing stops the
// process.
// Method: replays over random logs leave states, by one commit or by many, which are compared with
// what the replay says and with one another. What is said of single keys is compared with small
// logs that are known. Then entries are cut, removed and changed.

#include "engine/pipeline/inspection.h"

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "gtest/gtest.h"

#include "engine/base/wire.h"
#include "engine/pipeline/inspected_devices.h"
#include "tests/support/logs.h"
#include "tests/support/memory_ports.h"
#include "tests/support/random.h"
#include "tests/support/teams.h"

namespace weir {
namespace {

using Read = absl::StatusOr<std::unique_ptr<Inspection>>;

AlertCode Code(const char* text) {
  return *ParseAlertCode(text);
}

// A few words of everything that is known of a key.
std::string Text(const InspectedKey& key) {
  std::string text = absl::StrCat(
      key.partition, " ", FormatEui64(key.key.device), " ", FormatAlertCode(key.key.code), " ",
      FormatEui64(key.key.recipient), " now ", key.now.value, " window ", key.window_start().value,
      " to ", key.window_end().value, " counts ", key.count.current);
  absl::StrAppend(&text, " measure ", key.measure, " of ", key.policy->threshold,
                  key.excluded ? " excluded" : "",
                  key.counted_with ? FormatAlertCode(*key.counted_with) : "",
                  key.open == nullptr ? "" : " open");
  if (key.episode != nullptr) {
    absl::StrAppend(&text, " since ", key.episode->started.value, " alerts ", key.episode->alerts,
                    " copies ", key.episode->sequence, " pending ", key.episode->pending, " last ",
                    key.episode->last.received.value_or(TimeMs{}).value);
  }
  return text;
}

std::vector<std::string> Texts(const std::vector<InspectedKey>& keys) {
  std::vector<std::string> texts;
  texts.reserve(keys.size());
  for (const InspectedKey& key : keys) {
    texts.push_back(Text(key));
  }
  return texts;
}

// Everything that depends on the records alone, of devices up to `last_device`.
std::vector<std::string> Everything(const Inspection& inspection, uint64_t last_device) {
  std::vector<std::string> all = Texts(inspection.Episodes());
  for (uint32_t i = 0; i < inspection.partitions(); ++i) {
    const Summary summary = inspection.Summarise(i);
    all.push_back(absl::StrCat(
        "partition ", i, " at ", inspection.partition(i).stream_time().value_or(TimeMs{}).value,
        " read ", summary.read, " alerts ", summary.totals.alerts, " keys ",
        inspection.CountKeys(i), " versions ", inspection.past(i).versions.size()));
  }
  for (uint64_t device = 0; device <= last_device; ++device) {
    const std::vector<std::string> keys = Texts(inspection.KeysOf(Eui64{device}));
    all.insert(all.end(), keys.begin(), keys.end());
    const DeviceStorms storms = inspection.StormsOf(Eui64{device});
    all.push_back(absl::StrCat(device, " stormed ", storms.episodes, " alerts ", storms.alerts));
  }
  return all;
}

// A replay with many commits, where RunToTheEnd has one.
void RunInSteps(const PolicySchedule& schedule, const std::vector<Record>& log, Random& random,
                MemoryStore& store, Summary& summary) {
  MemorySource source(log);
  MemorySink sink;
  Replay replay(schedule, DefaultRules(), source, sink, &store, Alone());
  ASSERT_TRUE(replay.Resume(false).ok());
  for (bool more = true; more;) {
    const absl::StatusOr<size_t> records = replay.Step(1 + random.Below(400));
    ASSERT_TRUE(records.ok());
    more = *records > 0;
    ASSERT_TRUE(replay.Commit().ok());
  }
  summary = replay.Summarise();
}

void ExpectEpisodesInOrder(const Inspection& inspection) {
  const std::vector<InspectedKey> keys = inspection.Episodes();
  CodeTotals seen;
  for (size_t i = 0; i < keys.size(); ++i) {
    ++seen.open;
    seen.pending += keys[i].episode->pending;
    EXPECT_TRUE(i == 0 || keys[i - 1].episode->consolidated() >= keys[i].episode->consolidated());
    const std::vector<std::string> of_device = Texts(inspection.KeysOf(keys[i].key.device));
    EXPECT_EQ(std::count(of_device.begin(), of_device.end(), Text(keys[i])), 1);
  }
  const CodeTotals totals = inspection.Summarise().totals;
  EXPECT_EQ(seen.open, totals.open);
  EXPECT_EQ(seen.pending, totals.pending);
}

TEST(Inspection, SaysWhatTheReplaySaysHoweverOftenItCommitted) {
  Random random = Random::FromEnvironment(7);
  SCOPED_TRACE(random.seed_text());
  uint64_t open = 0;
  for (int round = 0; round < Rounds(75); ++round) {
    const PolicySchedule schedule = RandomSchedule(random);
    const std::vector<Record> log = RandomLog(random, 3000);
    MemoryStore one_commit;
    MemorySink sink;
    RunToTheEnd(schedule, log, sink, one_commit);
    MemoryStore many_commits;
    Summary summary;
    RunInSteps(schedule, log, random, many_commits, summary);
    const Read one = Inspection::Read(one_commit);
    const Read many = Inspection::Read(many_commits);
    ASSERT_TRUE(one.ok() && many.ok()) << one.status() << many.status();
    EXPECT_EQ((*one)->commits(), 1U);
    EXPECT_GT((*many)->commits(), 5U);
    EXPECT_EQ((*one)->position(), "3000");
    ExpectSame((*many)->Summarise(), summary);
    ExpectEpisodesInOrder(**many);
    ASSERT_EQ(Everything(**one, 200), Everything(**many, 200)) << "round " << round;
    open += summary.totals.open;
  }
  EXPECT_GT(open, Rounds(100U)) << "too few open episodes to say much";
}

TEST(Inspection, ReadsAndWritesNothing) {
  MemoryStore store;
  MemorySink sink;
  RunToTheEnd(PolicySchedule::Default(), Storm(), sink, store);
  const auto before = store.entries();
  ASSERT_TRUE(Inspection::Read(store).ok());
  EXPECT_EQ(store.entries(), before);
}

TEST(Inspection, OfAStateWithoutACommitThereIsNothing) {
  MemoryStore store;
  const Read read = Inspection::Read(store);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ((*read)->commits(), 0U);
  EXPECT_EQ((*read)->partitions(), 0U);
  EXPECT_TRUE((*read)->Episodes().empty());
}

// ---- Single keys

PolicySchedule Always(const PolicyRules& rules) {
  PolicySchedule schedule;
  schedule.versions.emplace_back(rules);
  return schedule;
}

// Alerts of device 1 at times after kStart.
std::vector<Record> Alerts(std::initializer_list<std::pair<const char*, DurationMs>> alerts) {
  std::vector<Record> log;
  for (const auto& [code, after] : alerts) {
    Alert alert;
    alert.device = Eui64{1};
    alert.code = Code(code);
    alert.received = kStart + after;
    Record record;
    record.event = alert;
    record.origin.offset = static_cast<int64_t>(log.size());
    log.push_back(record);
  }
  return log;
}

class KeysTest : public testing::Test {
 protected:
  const std::vector<InspectedKey>& Inspect(const PolicySchedule& schedule,
                                           const std::vector<Record>& log) {
    MemorySink sink;
    MemoryStore store;
    RunToTheEnd(schedule, log, sink, store);
    Read read = Inspection::Read(store);
    EXPECT_TRUE(read.ok()) << read.status();
    inspection_ = *std::move(read);
    keys_ = inspection_->KeysOf(Eui64{1});
    EXPECT_EQ(keys_.size(), inspection_->CountKeys(0));
    return keys_;
  }

  std::unique_ptr<Inspection> inspection_;
  std::vector<InspectedKey> keys_;
};

TEST_F(KeysTest, AStorm) {
  const std::vector<InspectedKey>& keys = Inspect(PolicySchedule::Default(), Storm());
  ASSERT_EQ(keys.size(), 1U);
  const InspectedKey& key = keys[0];
  EXPECT_EQ(key.key, (AlertKey{Eui64{1}, Code("8F3F"), Eui64{}}));
  EXPECT_EQ(key.now, kStart + DurationMs{19});
  EXPECT_EQ(key.window_start(), kStart);
  EXPECT_EQ(key.window_end(), kStart + kHour);
  EXPECT_EQ(key.count.current, 20U);
  EXPECT_EQ(key.measure, 20U);
  EXPECT_EQ(key.policy->threshold, 10U);
  EXPECT_FALSE(key.excluded);
  EXPECT_FALSE(key.counted_with);
  ASSERT_TRUE(key.open != nullptr && key.episode != nullptr);
  EXPECT_EQ(key.open->due(), kStart + kHour);
  EXPECT_EQ(key.episode->started, kStart + DurationMs{10});
  EXPECT_EQ(key.episode->alerts, 10U);
  EXPECT_EQ(key.episode->consolidated(), 10U);
  EXPECT_EQ(key.episode->pending, 10U);
  EXPECT_EQ(key.episode->last.received, kStart + DurationMs{19});
  EXPECT_EQ(inspection_->StormsOf(Eui64{1}).consolidated, 10U);
  EXPECT_EQ(inspection_->StormsOf(Eui64{2}).episodes, 0U);
  EXPECT_TRUE(inspection_->KeysOf(Eui64{2}).empty());
}

TEST_F(KeysTest, OnlyThoseWhoseWindowIsNotOver) {
  const std::vector<InspectedKey>& keys =
      Inspect(PolicySchedule::Default(), Alerts({{"8020", {}}, {"8F3F", kHour}}));
  ASSERT_EQ(keys.size(), 1U);
  EXPECT_EQ(keys[0].key.code, Code("8F3F"));
  EXPECT_EQ(keys[0].count.current, 1U);
  EXPECT_TRUE(keys[0].open == nullptr && keys[0].episode == nullptr);
}

TEST_F(KeysTest, ASlidingWindowCountsTheOneBefore) {
  PolicyRules rules;
  rules.fallback.window_kind = WindowKind::kSliding;
  const DurationMs half{3 * kHour.value / 2};
  const std::vector<InspectedKey>& keys =
      Inspect(Always(rules), Alerts({{"8020", {}}, {"8020", {}}, {"8F3F", half}}));
  ASSERT_EQ(keys.size(), 2U);
  // By the stream time, to which the other key has brought it.
  EXPECT_EQ(keys[0].key.code, Code("8020"));
  EXPECT_EQ(keys[0].window_start(), kStart + kHour);
  EXPECT_EQ(keys[0].count.current, 0U);
  EXPECT_EQ(keys[0].count.previous, 2U);
  EXPECT_EQ(keys[0].measure, 1U);
  EXPECT_EQ(keys[1].measure, 1U);
}

TEST_F(KeysTest, ExcludedCodes) {
  PolicyRules rules;
  rules.fallback.threshold = 1;
  rules.fallback.clear = 1;
  rules.excluded.assign(AlertCode::kCount, true);
  const std::vector<InspectedKey>& keys =
      Inspect(Always(rules), Alerts({{"8020", {}}, {"8020", {}}, {"8020", {}}}));
  ASSERT_EQ(keys.size(), 1U);
  EXPECT_TRUE(keys[0].excluded);
  EXPECT_EQ(keys[0].count.current, 3U);
  EXPECT_EQ(keys[0].episode, nullptr);
}

TEST_F(KeysTest, PairsAreCountedTogether) {
  PolicyRules rules;
  rules.pairs_together = true;
  const std::vector<InspectedKey>& keys =
      Inspect(Always(rules), Alerts({{"808D", {}}, {"8020", {}}, {"8F3F", {}}}));
  ASSERT_EQ(keys.size(), 2U);
  EXPECT_EQ(keys[0].key.code, Code("8020"));
  EXPECT_EQ(keys[0].counted_with, Code("808D"));
  EXPECT_EQ(keys[0].count.current, 2U);
}

TEST_F(KeysTest, TheVersionsThatHaveTakenEffect) {
  PolicySchedule schedule = Versions({{kHour, 5}, {DurationMs{-10}, 4}, {DurationMs{-20}, 3}});
  schedule.duplicate_window = kMinute;
  const std::vector<InspectedKey>& keys = Inspect(schedule, Storm());
  ASSERT_EQ(keys.size(), 1U);
  EXPECT_EQ(keys[0].policy->threshold, 4U);
  ASSERT_EQ(inspection_->past(0).versions.size(), 2U);
  EXPECT_EQ(inspection_->past(0).versions[1].effective_from(), kStart + DurationMs{10});
  EXPECT_EQ(inspection_->past(0).duplicate_window, kMinute);
  EXPECT_EQ(inspection_->past(0).max_ahead, kDay);
}

TEST_F(KeysTest, NothingIsCountedBeforeTheFirstVersion) {
  EXPECT_TRUE(Inspect(Versions({{DurationMs{-kHour.value}, 5}}), Storm()).empty());
  EXPECT_TRUE(inspection_->past(0).versions.empty());
  EXPECT_EQ(inspection_->Summarise().totals.forwarded, 20U);
}

// ---- States that are none

// Reads all that there is to be read.
absl::Status ReadEverything(Store& store) {
  const Read read = Inspection::Read(store);
  absl::Status status = read.status();
  for (uint32_t i = 0; status.ok() && i < (*read)->partitions(); ++i) {
    status = InspectedDevices(**read, DefaultRules(), store).Count(i).status();
  }
  return status;
}

absl::StatusCode Refusal(MemoryStore store) {
  const absl::Status read = ReadEverything(store);
  EXPECT_TRUE(read.ok() || !read.message().empty());
  return read.code();
}

class DamagedTest : public testing::Test {
 protected:
  void SetUp() override {
    MemorySink sink;
    RunToTheEnd(PolicySchedule::Default(), RandomLog(random_, 2000), sink, store_);
    ASSERT_EQ(Refusal(store_), absl::StatusCode::kOk);
  }

  Random random_ = Random::FromEnvironment(8);
  testing::ScopedTrace seed_{__FILE__, __LINE__, random_.seed_text()};
  MemoryStore store_;
};

TEST_F(DamagedTest, EntriesThatAreCut) {
  for (const auto& [key, value] : store_.entries()) {
    if (value.size() < 9) {
      continue;
    }
    MemoryStore damaged = store_;
    damaged.entries()[key] = value.substr(0, value.size() - 3);
    EXPECT_EQ(Refusal(damaged), absl::StatusCode::kDataLoss) << key;
  }
}

TEST_F(DamagedTest, PartsThatAreMissing) {
  // The commit that ties all together, and the head and the policy of the first partition.
  const auto head = store_.entries().lower_bound("partition/");
  for (const std::string& key : {std::string("commit"), head->first, std::next(head)->first}) {
    MemoryStore damaged = store_;
    ASSERT_EQ(damaged.entries().erase(key), 1U);
    EXPECT_EQ(Refusal(damaged), absl::StatusCode::kDataLoss) << key;
  }
  // The first partition, and one between others.
  for (const uint64_t index : {0U, 1U}) {
    std::string prefix = "partition/";
    PutOrderedU64(index, prefix);
    MemoryStore damaged = store_;
    std::erase_if(damaged.entries(),
                  [&](const auto& entry) { return absl::StartsWith(entry.first, prefix); });
    EXPECT_EQ(Refusal(damaged), absl::StatusCode::kDataLoss) << index;
  }
}

TEST_F(DamagedTest, APartitionFarBehindTheOthers) {
  for (const uint64_t index : {4U, 255U, 256U, 70'000U, UINT32_MAX}) {
    std::string name = "partition/";
    PutOrderedU64(index, name);
    MemoryStore damaged = store_;
    damaged.entries()[name + "a"] = "head";
    EXPECT_EQ(Refusal(damaged), absl::StatusCode::kDataLoss) << index;
  }
}

TEST_F(DamagedTest, AVersionThatCannotHaveTakenEffect) {
  std::string name = "partition/";
  PutOrderedU64(0, name);
  name += "b";
  PutOrderedU64(1, name);
  store_.entries()[name] = Versions({{DurationMs{-3650 * kDay.value}, 5}}).versions[0].Encode();
  EXPECT_EQ(Refusal(store_), absl::StatusCode::kDataLoss);
}

TEST_F(DamagedTest, AnotherFormat) {
  store_.entries()["format"][0] = 99;
  EXPECT_EQ(Refusal(store_), absl::StatusCode::kFailedPrecondition);
}

TEST_F(DamagedTest, AnythingIsAnswered) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : store_.entries()) {
    // Of the images one is as good as another.
    if (key.find("cc") == std::string::npos || random_.OneIn(50)) {
      keys.push_back(key);
    }
  }
  for (int i = 0; i < 300; ++i) {
    MemoryStore damaged = store_;
    std::string& value = damaged.entries()[keys[random_.Below(keys.size())]];
    for (uint64_t changes = 1 + random_.Below(3); changes > 0 && !value.empty(); --changes) {
      value[random_.Below(value.size())] = static_cast<char>(random_.Next());
    }
    const Read read = Inspection::Read(damaged);
    if (read.ok()) {
      EXPECT_FALSE(Everything(**read, 4).empty());
    } else {
      EXPECT_TRUE(absl::IsDataLoss(read.status()) || absl::IsFailedPrecondition(read.status()))
          << read.status();
    }
  }
}

}  // namespace
}  // namespace weir
