// Goal: what is proposed is what the rules of proposal.h and code_by_code.h say.
// Method: random sweeps and random targets; fronts, waits and choices are found again by trying
// everything. Small cases by hand for what measures mean.

#include "engine/tune/proposal.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

#include "engine/tune/code_by_code.h"
#include "engine/tune/sweep.h"
#include "tests/support/logs.h"
#include "tests/support/memory_ports.h"
#include "tests/support/random.h"
#include "tests/support/teams.h"

namespace weir {
namespace {

constexpr const char* kCodes[] = {"8020", "808D", "8F3F", "81BC"};

SweepPlan RandomPlan(Random& random) {
  SweepPlan plan;
  plan.base.pairs_together = random.OneIn(2);
  for (uint64_t i = 2 + random.Below(9); i > 0; --i) {
    plan.settings.push_back(RandomPolicy(random));
  }
  if (random.OneIn(3)) {
    plan.codes.emplace(AlertCode::kCount, false);
    for (const char* code : kCodes) {
      (*plan.codes)[ParseAlertCode(code)->index()] = random.OneIn(2);
    }
  }
  return plan;
}

SweepResult Swept(const SweepPlan& plan, Random& random) {
  const std::vector<Record> log =
      RandomLog(random, random.OneIn(20) ? 0 : 200 + random.Below(1200));
  MemorySource source(log);
  Sweep sweep(plan, source, Alone());
  while (*sweep.Step(500) > 0) {
  }
  return sweep.Finish();
}

// A target that some of the settings meet, for most.
Target RandomTarget(const SweepPlan& plan, const SweepResult& result, Random& random) {
  Target target;
  target.measure = static_cast<SweepMeasure>(random.Below(kMeasures));
  target.quantity = QuantityOf(target.measure);
  if (HasShare(target.measure) && random.OneIn(2)) {
    target.quantity = Quantity::kShare;
  }
  target.comparison = static_cast<Target::Comparison>(random.Below(4));
  const Tally some = result.Of(Choice{.setting = random.Below(plan.settings.size())});
  target.value = Reached(target, some, result.devices_seen());
  if (std::isinf(target.value)) {
    target.value = 1e9;
  }
  return target;
}

std::vector<Target> RandomTargets(const SweepPlan& plan, const SweepResult& result,
                                  Random& random) {
  std::vector<Target> targets;
  for (uint64_t i = random.Below(3); i > 0; --i) {
    targets.push_back(RandomTarget(plan, result, random));
  }
  return targets;
}

bool MeetsEach(const std::vector<Target>& targets, const Tally& tally, uint64_t devices) {
  for (const Target& target : targets) {
    const double reached = Reached(target, tally, devices);
    const bool met[] = {reached >= target.value, reached <= target.value, reached > target.value,
                        reached < target.value};
    if (!met[static_cast<size_t>(target.comparison)]) {
      return false;
    }
  }
  return true;
}

TEST(Proposal, FrontIsWhatNoOtherBeats) {
  Random random = Random::FromEnvironment(11);
  SCOPED_TRACE(random.seed_text());
  for (int round = 0; round < 2000; ++round) {
    std::vector<Weighed> settings(random.Below(12));
    for (Weighed& each : settings) {
      each.load = random.Below(6);
      each.wait = random.OneIn(6) ? std::numeric_limits<double>::infinity()
                                  : static_cast<double>(random.Below(6));
    }
    const std::vector<bool> front = FrontOf(settings);
    ASSERT_EQ(front.size(), settings.size());
    for (size_t i = 0; i < settings.size(); ++i) {
      bool is_beaten = false;
      for (const Weighed& other : settings) {
        is_beaten =
            is_beaten || (other.load <= settings[i].load && other.wait <= settings[i].wait &&
                          (other.load < settings[i].load || other.wait < settings[i].wait));
      }
      EXPECT_EQ(front[i], !is_beaten) << round << " " << i;
    }
  }
}

TEST(Proposal, WaitsAreThoseOfAllThatIsHeldBack) {
  Random random = Random::FromEnvironment(12);
  SCOPED_TRACE(random.seed_text());
  for (int round = 0; round < 500; ++round) {
    Tally tally;
    std::vector<double> waits;
    for (uint64_t i = random.Below(30); i > 0; --i) {
      const auto wait = static_cast<int64_t>(random.Below(60));  // told exactly
      const bool is_pending = random.OneIn(3);
      (is_pending ? tally.due : tally.delays).Add(DurationMs{wait});
      tally.pending += is_pending ? 1U : 0U;
      waits.push_back(static_cast<double>(wait));
    }
    tally.unrepresented = random.OneIn(2) ? random.Below(4) : 0;
    tally.pending += random.OneIn(2) ? random.Below(3) : 0;
    waits.resize(waits.size() + tally.never(), std::numeric_limits<double>::infinity());
    std::sort(waits.begin(), waits.end());
    for (const double share : {0.01, 0.5, 0.95, 0.99, 1.0}) {
      const auto rank = static_cast<size_t>(std::ceil(share * static_cast<double>(waits.size())));
      const double expected = waits.empty() ? 0 : waits[std::max(rank, size_t{1}) - 1];
      const std::optional<DurationMs> wait = WaitOf(tally, share);
      EXPECT_EQ(wait ? static_cast<double>(wait->value) : std::numeric_limits<double>::infinity(),
                expected)
          << round << " " << share;
    }
    EXPECT_EQ(WaitsOf(tally).count, waits.size());
    EXPECT_EQ(WaitsOf(tally).never, tally.never());
  }
}

TEST(Proposal, MeasuresSayWhatTheirNamesSay) {
  Tally tally;
  tally.alerts = 100;
  tally.forwarded = 60;
  tally.copies = 10;
  tally.consolidated = 30;
  tally.unrepresented = 2;
  tally.started = 7;
  tally.devices = 5;
  tally.recipients = 3;
  tally.peak_after = 12;
  tally.delays.Add(DurationMs{40});
  tally.delays.Add(DurationMs{50});
  const std::vector<std::pair<const char*, double>> counts = {
      {"passed", 70},       {"copies", 10},     {"consolidated", 30},
      {"unrepresented", 2}, {"episodes", 7},    {"devices", 5},
      {"recipients", 3},    {"peak_after", 12}, {"held_back", 30}};
  for (const auto& [name, count] : counts) {
    const SweepMeasure measure = *ParseMeasure(name);
    EXPECT_EQ(MeasureName(measure), name);
    if (QuantityOf(measure) == Quantity::kCount) {
      EXPECT_EQ(Reached({.measure = measure, .quantity = Quantity::kCount}, tally, 50), count);
    }
    if (HasShare(measure)) {
      const double whole = measure == SweepMeasure::kDevices ? 50 : 100;
      EXPECT_EQ(Reached({.measure = measure, .quantity = Quantity::kShare}, tally, 50),
                count / whole);
    }
  }
  // Two of the four wait for ever.
  EXPECT_EQ(WaitOf(tally, 0.5), DurationMs{50});
  EXPECT_EQ(WaitOf(tally, 0.51), std::nullopt);
  EXPECT_TRUE(std::isinf(
      Reached({.measure = SweepMeasure::kDelayP99, .quantity = Quantity::kDuration}, tally, 50)));
  EXPECT_FALSE(ParseMeasure("held"));
}

TEST(Proposal, CommonSettingIsTheBestOfThoseThatMeetTheTargets) {
  Random random = Random::FromEnvironment(13);
  SCOPED_TRACE(random.seed_text());
  int without = 0;
  int chosen = 0;
  for (int round = 0; round < Rounds(200); ++round) {
    SCOPED_TRACE(round);
    const SweepPlan plan = RandomPlan(random);
    const SweepResult result = Swept(plan, random);
    const std::vector<Target> targets = RandomTargets(plan, result, random);
    const Proposal proposal = Propose(plan, result, targets);
    ASSERT_EQ(proposal.settings.size(), plan.settings.size());
    bool any = false;
    for (size_t i = 0; i < plan.settings.size(); ++i) {
      const Tally totals = result.Of(Choice{.setting = i});
      const bool meets = MeetsEach(targets, totals, result.devices_seen());
      EXPECT_EQ(proposal.settings[i].meets, meets);
      EXPECT_EQ(proposal.settings[i].weighed.load, totals.passed());
      any = any || meets;
    }
    const bool has_alerts = proposal.settings[0].totals.alerts > 0;
    ASSERT_EQ(proposal.choice.has_value(), any && has_alerts);
    ASSERT_EQ(proposal.nearest.has_value(), !any && has_alerts);
    if (!proposal.choice) {
      ++without;
      continue;
    }
    ++chosen;
    const SettingResult& best = proposal.settings[proposal.choice->setting];
    EXPECT_TRUE(best.meets);
    for (const SettingResult& other : proposal.settings) {
      if (other.meets && targets.empty()) {
        EXPECT_GE(other.cost, best.cost);
      } else if (other.meets) {
        EXPECT_GE(std::make_pair(other.weighed.wait, other.weighed.load),
                  std::make_pair(best.weighed.wait, best.weighed.load));
      }
    }
  }
  EXPECT_GT(without, Rounds(5));
  EXPECT_GT(chosen, Rounds(50));
}

TEST(Proposal, TargetsSayHowManyMeetThemAndTheBestThereIs) {
  Random random = Random::FromEnvironment(14);
  SCOPED_TRACE(random.seed_text());
  for (int round = 0; round < Rounds(100); ++round) {
    SCOPED_TRACE(round);
    const SweepPlan plan = RandomPlan(random);
    const SweepResult result = Swept(plan, random);
    const std::vector<Target> targets = RandomTargets(plan, result, random);
    const Proposal proposal = Propose(plan, result, targets);
    ASSERT_EQ(proposal.targets.size(), targets.size());
    for (size_t t = 0; t < targets.size(); ++t) {
      size_t met = 0;
      std::vector<double> reached;
      for (const SettingResult& setting : proposal.settings) {
        reached.push_back(Reached(targets[t], setting.totals, result.devices_seen()));
        met += MeetsEach({targets[t]}, setting.totals, result.devices_seen()) ? 1U : 0U;
      }
      const bool wants_more = targets[t].comparison == Target::Comparison::kAtLeast ||
                              targets[t].comparison == Target::Comparison::kMore;
      EXPECT_EQ(proposal.targets[t].met_by, met);
      EXPECT_EQ(proposal.targets[t].best, wants_more
                                              ? *std::max_element(reached.begin(), reached.end())
                                              : *std::min_element(reached.begin(), reached.end()));
      EXPECT_EQ(reached[proposal.targets[t].best_setting], proposal.targets[t].best);
    }
    if (proposal.nearest) {
      const auto missed = [&](size_t setting) {
        return std::count_if(targets.begin(), targets.end(), [&](const Target& target) {
          return !MeetsEach({target}, proposal.settings[setting].totals, result.devices_seen());
        });
      };
      for (size_t i = 0; i < plan.settings.size(); ++i) {
        EXPECT_LE(missed(*proposal.nearest), missed(i));
      }
    }
  }
}

// Of the settings that no other beats for a code.
void ExpectNoneToPay(const SweepPlan& plan, const SweepResult& result, const CodeByCode& by_code,
                     size_t common) {
  std::set<AlertCode> codes;
  for (const AlertCode code : result.Codes()) {
    codes.insert(PolicyVersion(plan.base).counted_as(code));
  }
  for (const AlertCode code : codes) {
    for (size_t i = 0; IsSwept(plan, code) && i < plan.settings.size(); ++i) {
      const Weighed own = Weigh(by_code.Of(code, i));
      bool is_beaten = false;
      for (size_t j = 0; j < plan.settings.size(); ++j) {
        const Weighed other = Weigh(by_code.Of(code, j));
        is_beaten =
            is_beaten ||
            (other.load <= own.load && other.wait <= own.wait && other.devices <= own.devices &&
             (other.load < own.load || other.wait < own.wait || other.devices < own.devices));
      }
      const Choice alone{.setting = common};
      EXPECT_FALSE(!is_beaten && by_code.Pays(alone, {.setting = common, .codes = {{code, i}}}))
          << FormatAlertCode(code) << " " << i;
    }
  }
}

TEST(Proposal, CodesHaveSettingsOfTheirOwnOnlyWhereThatPays) {
  Random random = Random::FromEnvironment(15);
  SCOPED_TRACE(random.seed_text());
  int with_exceptions = 0;
  for (int round = 0; round < Rounds(600); ++round) {
    SCOPED_TRACE(round);
    const SweepPlan plan = RandomPlan(random);
    const SweepResult result = Swept(plan, random);
    const std::vector<Target> targets = RandomTargets(plan, result, random);
    const Proposal proposal = Propose(plan, result, targets);
    if (!proposal.choice) {
      continue;
    }
    const Choice& choice = *proposal.choice;
    const Weighed promised = Weigh(proposal.promised);
    EXPECT_EQ(promised.load, Weigh(result.Of(choice)).load);
    EXPECT_TRUE(MeetsEach(targets, proposal.promised, result.devices_seen()));
    EXPECT_LE(choice.codes.size(), CodeByCode::kMost);
    EXPECT_EQ(proposal.codes.size(), choice.codes.size());
    with_exceptions += choice.codes.empty() ? 0 : 1;
    std::vector<Weighed> weighed;
    for (const SettingResult& setting : proposal.settings) {
      weighed.push_back(setting.weighed);
    }
    const Cost cost(weighed);
    for (const auto& [code, setting] : choice.codes) {
      SCOPED_TRACE(FormatAlertCode(code));
      EXPECT_TRUE(IsSwept(plan, code));
      EXPECT_EQ(PolicyVersion(plan.base).counted_as(code), code);
      EXPECT_NE(setting, choice.setting);
      Choice without = choice;
      without.codes.erase(code);
      const Tally tally = result.Of(without);
      const Weighed less = Weigh(tally);
      const double before = targets.empty() ? cost.Of(less) : less.wait;
      const double after = targets.empty() ? cost.Of(promised) : promised.wait;
      const bool has_less_load = !targets.empty() && after <= before && promised.load < less.load &&
                                 100 * promised.load <= 99 * less.load;
      EXPECT_TRUE((after < before && after <= 0.9 * before) || has_less_load ||
                  !MeetsEach(targets, tally, result.devices_seen()));
    }
    if (choice.codes.empty()) {
      ExpectNoneToPay(plan, result, CodeByCode(plan, result, targets, cost), choice.setting);
    }
  }
  EXPECT_GT(with_exceptions, Rounds(5) / 5);
}

TEST(Proposal, OfNothingThereIsNone) {
  Random random(1);
  SweepPlan plan;
  plan.settings = {CodePolicy{}};
  const std::vector<Record> log;
  MemorySource source(log);
  Sweep sweep(plan, source, Alone());
  while (*sweep.Step(500) > 0) {
  }
  const Proposal proposal = Propose(plan, sweep.Finish(), {});
  EXPECT_FALSE(proposal.choice);
  EXPECT_FALSE(proposal.nearest);
  EXPECT_EQ(proposal.settings.size(), 1U);
}

}  // namespace
}  // namespace weir
