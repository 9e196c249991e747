// Goal: what an activity says of a replay is what a sweep says of its policy, wherever both say the
// same, and what the summary says; and its episodes are those that were told.
// Method: random logs under random policies of one version; rounds of random sizes.

#include "engine/tune/activity.h"

#include <optional>
#include <vector>

#include "gtest/gtest.h"

#include "engine/tune/activity_sink.h"
#include "engine/tune/sweep.h"
#include "tests/support/logs.h"
#include "tests/support/memory_ports.h"
#include "tests/support/random.h"
#include "tests/support/teams.h"

namespace weir {
namespace {

SweepPlan RandomPlan(Random& random) {
  SweepPlan plan;
  plan.base.pairs_together = random.OneIn(2);
  plan.settings = {RandomPolicy(random)};
  plan.duplicate_window = DurationMs{static_cast<int64_t>(random.Below(2)) * kMinute.value};
  return plan;
}

Summary Replayed(const SweepPlan& plan, const std::vector<Record>& log, Random& random,
                 Activity& activity) {
  const PolicySchedule schedule = ScheduleOf(plan, {});
  MemorySource source(log);
  MemorySink end;
  ActivitySink sink(activity, end);
  Replay replay(schedule, DefaultRules(), source, sink, nullptr, Alone());
  EXPECT_TRUE(replay.Resume(false).ok());
  while (*replay.Step(1 + random.Below(900)) > 0) {
  }
  return replay.Summarise();
}

SweepResult Swept(const SweepPlan& plan, const std::vector<Record>& log) {
  MemorySource source(log);
  Sweep sweep(plan, source, Alone());
  while (*sweep.Step(log.size()) > 0) {
  }
  return sweep.Finish();
}

void ExpectSameMinutes(const std::vector<MinuteOfAlerts>& swept, const TrafficByMinute& minutes) {
  std::vector<MinuteOfAlerts> seen;
  for (const auto& [minute, traffic] : minutes) {
    seen.push_back({TimeMs{minute * kMinute.value}, traffic.received, traffic.passed});
  }
  ASSERT_EQ(swept.size(), seen.size());
  for (size_t i = 0; i < seen.size(); ++i) {
    EXPECT_EQ(swept[i].begin, seen[i].begin);
    EXPECT_EQ(swept[i].received, seen[i].received);
    EXPECT_EQ(swept[i].passed, seen[i].passed);
  }
}

TEST(Activity, SaysWhatASweepSays) {
  Random random = Random::FromEnvironment(3);
  SCOPED_TRACE(random.seed_text());
  for (int round = 0; round < Rounds(60); ++round) {
    SCOPED_TRACE(round);
    const SweepPlan plan = RandomPlan(random);
    const std::vector<Record> log = RandomLog(random, random.Below(2000));
    Activity activity(plan.max_ahead);
    const Summary summary = Replayed(plan, log, random, activity);
    const SweepResult swept = Swept(plan, log);
    const Tally tally = swept.Of(Choice{});
    EXPECT_EQ(activity.delays(), tally.delays);
    EXPECT_EQ(activity.devices().size(), tally.devices);
    EXPECT_EQ(activity.recipients().size(), tally.recipients);
    EXPECT_EQ(activity.episodes(), tally.started);
    ExpectSameMinutes(swept.Minutes(Choice{}), activity.Minutes());
    for (const auto& [code, minutes] : activity.codes()) {
      ExpectSameMinutes(swept.Minutes(code, Choice{}), minutes);
      EXPECT_EQ(activity.DevicesOf(code), swept.Of(code, 0).devices);
    }
    uint64_t consolidated = 0;
    uint64_t episodes = 0;
    for (const auto& [device, story] : activity.devices()) {
      consolidated += story.consolidated;
      episodes += story.episodes;
    }
    EXPECT_EQ(consolidated, summary.totals.consolidated());
    EXPECT_EQ(episodes, activity.episodes());
    ASSERT_FALSE(testing::Test::HasFailure());
  }
}

TEST(Activity, KeepsTheEpisodesThatHeldBackMost) {
  Random random = Random::FromEnvironment(4);
  SCOPED_TRACE(random.seed_text());
  uint64_t left_out = 0;
  for (int round = 0; round < Rounds(20); ++round) {
    const SweepPlan plan = RandomPlan(random);
    const std::vector<Record> log = RandomLog(random, 3000);
    Activity activity(plan.max_ahead);
    const Summary summary = Replayed(plan, log, random, activity);
    const std::vector<EpisodeStory> episodes = activity.Episodes();
    EXPECT_EQ(episodes.size(), std::min<uint64_t>(activity.episodes(), Activity::kMostEpisodes));
    uint64_t consolidated = 0;
    uint64_t open = 0;
    for (size_t i = 0; i < episodes.size(); ++i) {
      consolidated += episodes[i].counts.consolidated();
      open += episodes[i].ended ? 0U : 1U;
      EXPECT_TRUE(i == 0 ||
                  episodes[i - 1].counts.consolidated() >= episodes[i].counts.consolidated());
    }
    if (activity.episodes() == episodes.size()) {
      EXPECT_EQ(consolidated, summary.totals.consolidated());
      EXPECT_EQ(open, summary.totals.open);
    } else {
      ++left_out;
      EXPECT_LE(consolidated, summary.totals.consolidated());
    }
  }
  EXPECT_GT(left_out, 0U) << "too few episodes to say much";
}

}  // namespace
}  // namespace weir
