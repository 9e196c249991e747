// Goal: what a sweep says of a setting is what a replay under that setting does, alert for alert
// and in every number, for every code and for any choice of settings by code.
// Method: random logs and grids. The replay is the engine's own; its verdicts are told to an
// account that knows nothing of sweeps and works on what comes out alone.

#include "engine/tune/sweep.h"

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "gtest/gtest.h"

#include "connectors/threads/thread_team.h"
#include "engine/alert/catalogue.h"
#include "engine/pipeline/event_time.h"
#include "engine/tune/grid.h"
#include "tests/support/logs.h"
#include "tests/support/memory_ports.h"
#include "tests/support/random.h"
#include "tests/support/teams.h"

namespace weir {
namespace {

// Keeps account of a replay that takes one record at a step.
class Account final : public MemorySink {
 public:
  explicit Account(const PolicySchedule& schedule)
      : version_(schedule.versions.back()), max_ahead_(schedule.max_ahead) {}

  void Write(const Results& results) override {
    std::optional<CopyMark> mark;
    for (const LedgerEntry& entry : results.ledger) {
      if (const auto* event = std::get_if<EpisodeEvent>(&entry.what)) {
        Take(results, *event);
      } else if (const auto* word = std::get_if<LastWord>(&entry.what)) {
        Take(PartitionOf(results), entry.order, *word);
      } else {
        mark = std::get<CopyMark>(entry.what);
      }
    }
    for (size_t i = 0; i < results.records.size(); ++i) {
      ASSERT_EQ(i, 0U);
      Take(results.records[i], results.verdicts[i], mark);
    }
  }

  // Of one code, or of all.
  Tally Of(std::optional<AlertCode> code) const {
    Tally sum;
    std::set<Eui64> devices;
    std::set<Eui64> recipients;
    std::map<int64_t, std::pair<uint64_t, uint64_t>> minutes;
    for (const auto& [each, tally] : tallies_) {
      if (code && each != *code) {
        continue;
      }
      sum.alerts += tally.alerts;
      sum.forwarded += tally.forwarded;
      sum.copies += tally.copies;
      sum.consolidated += tally.consolidated;
      sum.unrepresented += tally.unrepresented;
      sum.started += tally.started;
      sum.ended += tally.ended;
      sum.excluded_storms += tally.excluded_storms;
      sum.delays.Add(tally.delays);
      devices.merge(std::set<Eui64>(Get(devices_, each)));
      recipients.merge(std::set<Eui64>(Get(recipients_, each)));
      for (const auto& [minute, counts] : Get(minutes_, each)) {
        minutes[minute].first += counts.first;
        minutes[minute].second += counts.second;
      }
    }
    sum.devices = devices.size();
    sum.recipients = recipients.size();
    for (const auto& [minute, counts] : minutes) {
      sum.peak_before = std::max(sum.peak_before, counts.first);
      sum.peak_after = std::max(sum.peak_after, counts.second);
    }
    for (const auto& [key, waiting] : waiting_) {
      sum.pending += !code || key.second.code == *code ? waiting.size() : 0;
    }
    return sum;
  }

  // Of the pair with this lower code.
  PairTally OfPair(AlertCode lower) const {
    PairTally tally;
    for (const AlertCode code : {lower, *PairedCode(lower)}) {
      tally.consolidated += Get(tallies_, code).consolidated;
    }
    for (const auto& [key, pair] : pairs_) {
      if (key.second.code == lower) {
        tally.counts.wrong += pair.wrong;
        tally.counts.open += pair.since ? 1U : 0U;
        const TimeMs until = pair.since ? *clocks_.at(key.first).now() : TimeMs{};
        tally.counts.longest =
            std::max({tally.counts.longest, pair.longest, until - pair.since.value_or(until)});
      }
    }
    return tally;
  }

  const std::map<AlertCode, Tally>& tallies() const { return tallies_; }

  uint64_t digest() const { return digest_.value(); }

 private:
  using Key = std::pair<uint32_t, AlertKey>;  // with the partition

  // What a receiver knows of a pair of codes.
  struct Pair {
    std::optional<AlertCode> said;  // by the device, last
    std::optional<AlertCode> told;  // to the receiver, last
    std::optional<TimeMs> since;    // the two differ
    uint64_t wrong = 0;
    DurationMs longest;
  };

  void Learn(uint32_t partition, const Alert& alert, bool is_said, bool is_told, TimeMs at) {
    const std::optional<AlertCode> partner = PairedCode(alert.code);
    if (!partner || !alert.device) {
      return;
    }
    Pair& pair = pairs_[{partition, AlertKey{*alert.device, std::min(alert.code, *partner),
                                             alert.recipient.value_or(Eui64{})}}];
    pair.said = is_said ? alert.code : pair.said;
    pair.told = is_told ? alert.code : pair.told;
    if (pair.said != pair.told && !pair.since) {
      ++pair.wrong;
      pair.since = at;
    } else if (pair.said == pair.told && pair.since) {
      pair.longest = std::max(pair.longest, at - *pair.since);
      pair.since.reset();
    }
  }

  template <typename Map>
  static typename Map::mapped_type Get(const Map& map, AlertCode code) {
    const auto found = map.find(code);
    return found == map.end() ? typename Map::mapped_type() : found->second;
  }

  static uint32_t PartitionOf(const Results& results) { return results.records[0].partition; }

  Key KeyOf(uint32_t partition, const Alert& alert) const {
    return {partition, AlertKey{*alert.device, version_.counted_as(alert.code),
                                alert.recipient.value_or(Eui64{})}};
  }

  void Take(const Results& results, const EpisodeEvent& event) {
    Tally& tally = tallies_[event.key.code];
    if (event.kind == EpisodeEvent::Kind::kStarted) {
      ++tally.started;
      devices_[event.key.code].insert(event.key.device);
      if (event.key.recipient != Eui64{}) {
        recipients_[event.key.code].insert(event.key.recipient);
      }
    } else if (event.kind == EpisodeEvent::Kind::kEnded) {
      ++tally.ended;
      std::vector<TimeMs>& waiting = waiting_[{PartitionOf(results), event.key}];
      tally.unrepresented += waiting.size();
      waiting.clear();
    } else if (event.kind == EpisodeEvent::Kind::kExcludedStorm) {
      ++tally.excluded_storms;
    }
  }

  void Take(uint32_t partition, const LedgerOrder& order, const LastWord& word) {
    const Alert alert = View(word.alert);
    ++tallies_[alert.code].copies;
    --tallies_[alert.code].consolidated;
    ++minutes_[alert.code][order.at.value / kMinute.value].second;
    digest_.Add(VerdictDigest::Copied(VerdictDigest::IdentityOf(alert), word.mark));
    Release(KeyOf(partition, alert), order.at, word.mark.count, tallies_[alert.code].delays);
    Learn(partition, alert, false, true, order.at);
  }

  void Take(const Record& record, Verdict verdict, const std::optional<CopyMark>& mark) {
    StreamClock& clock = clocks_.try_emplace(record.partition, max_ahead_).first->second;
    if (const auto* other = std::get_if<OtherEvent>(&record.event)) {
      Observe(*other, clock);
    }
    const auto* alert = std::get_if<Alert>(&record.event);
    if (alert == nullptr) {
      return;
    }
    Observe(*alert, clock);
    if (verdict == Verdict::kDuplicate) {
      return;
    }
    Learn(record.partition, *alert, true, verdict != Verdict::kConsolidate, *clock.now());
    const VerdictDigest::Identity identity = VerdictDigest::IdentityOf(*alert);
    Tally& tally = tallies_[alert->code];
    auto& [received, passed] = minutes_[alert->code][clock.now()->value / kMinute.value];
    ++tally.alerts;
    ++received;
    passed += verdict == Verdict::kConsolidate ? 0U : 1U;
    if (verdict == Verdict::kForward) {
      ++tally.forwarded;
      digest_.Add(VerdictDigest::Forwarded(identity));
    } else if (verdict == Verdict::kConsolidate) {
      ++tally.consolidated;
      digest_.Add(VerdictDigest::Consolidated(identity));
      waiting_[KeyOf(record.partition, *alert)].push_back(*clock.now());
    } else {
      ++tally.copies;
      digest_.Add(VerdictDigest::Copied(identity, *mark));
      Release(KeyOf(record.partition, *alert), *clock.now(), mark->count - 1, tally.delays);
    }
  }

  // A copy stands for all that have waited.
  void Release(const Key& key, TimeMs at, uint64_t count, Delays& delays) {
    std::vector<TimeMs>& waiting = waiting_[key];
    ASSERT_EQ(waiting.size(), count);
    for (const TimeMs time : waiting) {
      delays.Add(at - time);
    }
    waiting.clear();
  }

  PolicyVersion version_;
  DurationMs max_ahead_;
  std::map<uint32_t, StreamClock> clocks_;
  std::map<AlertCode, Tally> tallies_;
  std::map<AlertCode, std::set<Eui64>> devices_;
  std::map<AlertCode, std::set<Eui64>> recipients_;
  // Received and passed on.
  std::map<AlertCode, std::map<int64_t, std::pair<uint64_t, uint64_t>>> minutes_;
  std::map<Key, std::vector<TimeMs>> waiting_;
  std::map<Key, Pair> pairs_;  // by their lower codes
  VerdictDigest digest_;
};

Account Replayed(const PolicySchedule& schedule, const std::vector<Record>& log) {
  MemorySource source(log);
  Account account(schedule);
  Replay replay(schedule, DefaultRules(), source, account, nullptr, Alone());
  EXPECT_TRUE(replay.Resume(false).ok());
  while (*replay.Step(1) > 0) {
  }
  return account;
}

SweepResult Swept(const SweepPlan& plan, const std::vector<Record>& log, Random& random) {
  MemorySource source(log);
  const std::unique_ptr<Team> team = MakeThreadTeam(1 + random.Below(3));
  Sweep sweep(plan, source, *team);
  while (*sweep.Step(1 + random.Below(700)) > 0) {
  }
  return sweep.Finish();
}

// Settings that differ from others in their limits alone; now and then more than fit into a word.
void AddLikeOthers(Random& random, std::vector<CodePolicy>& settings) {
  for (uint64_t i = random.OneIn(10) ? 70 : random.Below(20); i > 0; --i) {
    CodePolicy setting = settings[random.Below(std::min(settings.size(), size_t{3}))];
    setting.threshold = 1 + random.Below(8);
    setting.clear = random.OneIn(2) ? setting.threshold : random.Below(setting.threshold + 1);
    settings.push_back(setting);
  }
}

SweepPlan RandomPlan(Random& random) {
  SweepPlan plan;
  plan.base.pairs_together = random.OneIn(2);
  plan.base.fallback = RandomPolicy(random);
  plan.base.codes[*ParseAlertCode("8F3F")] = RandomPolicy(random);
  if (random.OneIn(3)) {
    plan.base.excluded.assign(AlertCode::kCount, false);
    plan.base.excluded[ParseAlertCode("808D")->index()] = random.OneIn(2);
  }
  for (uint64_t i = 1 + random.Below(12); i > 0; --i) {
    plan.settings.push_back(RandomPolicy(random));
  }
  if (random.OneIn(3)) {
    AddLikeOthers(random, plan.settings);
  }
  if (random.OneIn(3)) {
    plan.codes.emplace(AlertCode::kCount, false);
    for (const char* code : {"8020", "8F3F", "81BC"}) {
      (*plan.codes)[ParseAlertCode(code)->index()] = random.OneIn(2);
    }
  }
  plan.duplicate_window = DurationMs{static_cast<int64_t>(random.Below(3)) * kMinute.value};
  return plan;
}

// Few keys, now and then at rates about as high as thresholds are: episodes come and go.
std::vector<Record> DenseLog(Random& random, size_t size) {
  constexpr const char* kCodes[] = {"8020", "808D", "8F3F"};
  constexpr int64_t kPauses[] = {300, 2000, 20000, 100000, 700000};  // ms, at most
  std::vector<Record> log = RandomLog(random, size);
  TimeMs now = kStart;
  int64_t pause = kPauses[0];
  for (Record& record : log) {
    if (random.OneIn(15)) {
      pause = kPauses[random.Below(5)];
    }
    now = TimeMs{now.value + static_cast<int64_t>(random.Below(static_cast<uint64_t>(pause)))};
    record.partition = static_cast<uint32_t>(random.Below(2));
    if (auto* alert = std::get_if<Alert>(&record.event)) {
      alert->device = Eui64{1 + random.Below(2)};
      alert->code = *ParseAlertCode(kCodes[random.Below(3)]);
      alert->recipient.reset();
      alert->report = nullptr;
      alert->received = now;
    }
  }
  return log;
}

std::vector<Record> AnyLog(Random& random) {
  const size_t size = random.Below(1500);
  return random.OneIn(2) ? RandomLog(random, size) : DenseLog(random, size);
}

void ExpectSame(const Tally& swept, const Tally& replayed) {
  EXPECT_EQ(swept.alerts, replayed.alerts);
  EXPECT_EQ(swept.forwarded, replayed.forwarded);
  EXPECT_EQ(swept.copies, replayed.copies);
  EXPECT_EQ(swept.consolidated, replayed.consolidated);
  EXPECT_EQ(swept.pending, replayed.pending);
  EXPECT_EQ(swept.unrepresented, replayed.unrepresented);
  EXPECT_EQ(swept.started, replayed.started);
  EXPECT_EQ(swept.ended, replayed.ended);
  EXPECT_EQ(swept.devices, replayed.devices);
  EXPECT_EQ(swept.recipients, replayed.recipients);
  EXPECT_EQ(swept.excluded_storms, replayed.excluded_storms);
  EXPECT_EQ(swept.peak_before, replayed.peak_before);
  EXPECT_EQ(swept.peak_after, replayed.peak_after);
  EXPECT_EQ(swept.delays, replayed.delays);
}

TEST(Sweep, SaysOfEverySettingWhatAReplayUnderItDoes) {
  Random random = Random::FromEnvironment(6);
  SCOPED_TRACE(random.seed_text());
  for (int round = 0; round < Rounds(200); ++round) {
    SCOPED_TRACE(round);
    const SweepPlan plan = RandomPlan(random);
    const std::vector<Record> log = AnyLog(random);
    const SweepResult result = Swept(plan, log, random);
    for (size_t setting = 0; setting < plan.settings.size(); ++setting) {
      SCOPED_TRACE(SettingName(plan.settings[setting]));
      const Account account = Replayed(ScheduleOf(plan, {.setting = setting}), log);
      ASSERT_EQ(result.Digest(setting), account.digest());
      ExpectSame(result.Of(Choice{.setting = setting}), account.Of(std::nullopt));
      for (const auto& [code, tally] : account.tallies()) {
        SCOPED_TRACE(FormatAlertCode(code));
        ExpectSame(result.Of(code, setting), account.Of(code));
      }
      ASSERT_FALSE(testing::Test::HasFailure());
    }
  }
}

void ExpectSame(const PairTally& swept, const PairTally& replayed) {
  EXPECT_EQ(swept.consolidated, replayed.consolidated);
  EXPECT_EQ(swept.counts.wrong, replayed.counts.wrong);
  EXPECT_EQ(swept.counts.open, replayed.counts.open);
  EXPECT_EQ(swept.counts.longest, replayed.counts.longest);
}

TEST(Sweep, SaysWhatPairsWouldComeToEitherWay) {
  Random random = Random::FromEnvironment(8);
  SCOPED_TRACE(random.seed_text());
  uint64_t wrong = 0;
  uint64_t open = 0;
  for (int round = 0; round < Rounds(100); ++round) {
    SCOPED_TRACE(round);
    const SweepPlan plan = RandomPlan(random);
    const std::vector<Record> log = AnyLog(random);
    const SweepResult result = Swept(plan, log, random);
    SweepPlan apart = plan;
    apart.base.pairs_together = false;
    SweepPlan together = plan;
    together.base.pairs_together = true;
    const AlertCode lower = *ParseAlertCode("8020");
    for (size_t setting = 0; setting < plan.settings.size(); ++setting) {
      SCOPED_TRACE(SettingName(plan.settings[setting]));
      const PairResult pair = result.OfPair(lower, setting);
      ExpectSame(pair.apart, Replayed(ScheduleOf(apart, {.setting = setting}), log).OfPair(lower));
      ExpectSame(pair.together,
                 Replayed(ScheduleOf(together, {.setting = setting}), log).OfPair(lower));
      wrong += pair.apart.counts.wrong;
      open += pair.apart.counts.open;
    }
    ASSERT_FALSE(testing::Test::HasFailure());
  }
  EXPECT_GT(wrong, Rounds(1000U)) << "too few to say much";
  EXPECT_GT(open, Rounds(50U)) << "too few to say much";
}

TEST(Sweep, SaysWhatAChoiceBySingleCodesComesTo) {
  Random random = Random::FromEnvironment(7);
  SCOPED_TRACE(random.seed_text());
  for (int round = 0; round < Rounds(100); ++round) {
    SCOPED_TRACE(round);
    const SweepPlan plan = RandomPlan(random);
    const std::vector<Record> log = AnyLog(random);
    const SweepResult result = Swept(plan, log, random);
    Choice choice = {.setting = random.Below(plan.settings.size())};
    for (const char* text : {"8020", "8F3F", "8F36", "81BC"}) {
      const AlertCode code = *ParseAlertCode(text);
      if (IsSwept(plan, code)) {
        choice.codes[code] = random.Below(plan.settings.size());
      }
    }
    ExpectSame(result.Of(choice), Replayed(ScheduleOf(plan, choice), log).Of(std::nullopt));
    ASSERT_FALSE(testing::Test::HasFailure());
  }
}

// Behind its end, when every episode is over; nothing but time goes on.
std::vector<Record> GoneQuiet(std::vector<Record> log, Random& random) {
  static std::deque<RandomEvents> kept;
  RandomEvents& events = kept.emplace_back(random);
  std::map<uint32_t, StreamClock> clocks;
  for (const Record& record : log) {
    StreamClock& clock = clocks.try_emplace(record.partition, kDay).first->second;
    std::visit(
        [&](const auto& event) {
          if constexpr (requires { event.received; }) {
            Observe(event, clock);
          }
        },
        record.event);
  }
  for (const auto& [partition, clock] : clocks) {
    if (clock.now()) {
      Record record;
      record.partition = partition;
      OtherEvent other = events.Other(*clock.now());
      other.received = TimeMs{clock.now()->value + 3 * kHour.value};
      record.event = other;
      log.push_back(record);
    }
  }
  return log;
}

TEST(Sweep, SaysHowLongWhatIsPendingWillWaitIfNoAlertComes) {
  Random random = Random::FromEnvironment(8);
  SCOPED_TRACE(random.seed_text());
  uint64_t due = 0;
  for (int round = 0; round < Rounds(100); ++round) {
    SCOPED_TRACE(round);
    const SweepPlan plan = RandomPlan(random);
    const std::vector<Record> log = AnyLog(random);
    const SweepResult open = Swept(plan, log, random);
    const SweepResult over = Swept(plan, GoneQuiet(log, random), random);
    for (size_t setting = 0; setting < plan.settings.size(); ++setting) {
      const Tally before = open.Of(Choice{.setting = setting});
      const Tally after = over.Of(Choice{.setting = setting});
      Delays sum = before.delays;
      sum.Add(before.due);
      ASSERT_EQ(after.pending, 0U);
      ASSERT_EQ(after.delays, sum);
      ASSERT_EQ(after.never(), before.never());
      due += before.due.count();
    }
  }
  EXPECT_GT(due, 100U);
}

TEST(Sweep, CountsDevicesThatHaveSentAnAlertAndSaysFromWhenToWhen) {
  Random random = Random::FromEnvironment(9);
  SCOPED_TRACE(random.seed_text());
  for (int round = 0; round < Rounds(50); ++round) {
    SCOPED_TRACE(round);
    const SweepPlan plan = RandomPlan(random);
    const std::vector<Record> log = AnyLog(random);
    std::set<Eui64> devices;
    std::map<uint32_t, StreamClock> clocks;
    std::optional<TimeMs> first;
    std::optional<TimeMs> last;
    for (const Record& record : log) {
      StreamClock& clock = clocks.try_emplace(record.partition, plan.max_ahead).first->second;
      if (const auto* other = std::get_if<OtherEvent>(&record.event)) {
        Observe(*other, clock);
      }
      if (const auto* alert = std::get_if<Alert>(&record.event)) {
        Observe(*alert, clock);
        first = std::min(first.value_or(*clock.now()), *clock.now());
        last = std::max(last.value_or(*clock.now()), *clock.now());
        if (alert->device) {
          devices.insert(*alert->device);
        }
      }
    }
    const SweepResult result = Swept(plan, log, random);
    EXPECT_EQ(result.devices_seen(), devices.size());
    EXPECT_EQ(result.counts().first, first);
    EXPECT_EQ(result.counts().last, last);
  }
}

}  // namespace
}  // namespace weir
