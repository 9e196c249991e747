#include "engine/tune/proposal.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <tuple>

#include "engine/tune/code_by_code.h"

namespace weir {

namespace {

double Square(double number) {
  return number * number;
}

double ShareOf(uint64_t part, uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

// Whether a target is the better met the more there is.
bool WantsMore(const Target& target) {
  return target.comparison == Target::Comparison::kAtLeast ||
         target.comparison == Target::Comparison::kMore;
}

TargetResult Judge(const Target& target, const std::vector<SettingResult>& settings,
                   uint64_t devices) {
  TargetResult result;
  for (size_t i = 0; i < settings.size(); ++i) {
    const double reached = Reached(target, settings[i].totals, devices);
    result.met_by += Meets(target, reached) ? 1U : 0U;
    const bool is_better = WantsMore(target) ? reached > result.best : reached < result.best;
    if (i == 0 || is_better) {
      result.best = reached;
      result.best_setting = i;
    }
  }
  return result;
}

// By how much a target is missed, as a share of what was asked for.
double Miss(const Target& target, double reached) {
  if (Meets(target, reached)) {
    return 0;
  }
  return std::abs(reached - target.value) / std::max(std::abs(target.value), 1e-9);
}

size_t NearestOf(const std::vector<SettingResult>& settings, const std::vector<Target>& targets,
                 uint64_t devices) {
  size_t nearest = 0;
  std::pair<size_t, double> least = {targets.size() + 1, 0};
  for (size_t i = 0; i < settings.size(); ++i) {
    std::pair<size_t, double> missed = {0, 0};
    for (const Target& target : targets) {
      const double reached = Reached(target, settings[i].totals, devices);
      missed.first += Meets(target, reached) ? 0U : 1U;
      missed.second += Miss(target, reached);
    }
    if (missed < least) {
      least = missed;
      nearest = i;
    }
  }
  return nearest;
}

std::optional<size_t> Recommended(const std::vector<SettingResult>& settings, const SweepPlan& plan,
                                  bool has_targets) {
  const auto order = [&](size_t i) {
    const Weighed& weighed = settings[i].weighed;
    return std::make_tuple(has_targets ? weighed.wait : settings[i].cost, weighed.load,
                           weighed.devices, -static_cast<double>(plan.settings[i].threshold));
  };
  std::optional<size_t> best;
  for (size_t i = 0; i < settings.size(); ++i) {
    if (settings[i].meets && (!best || order(i) < order(*best))) {
      best = i;
    }
  }
  return best;
}

}  // namespace

Weighed Weigh(const Tally& tally) {
  const std::optional<DurationMs> wait = WaitOf(tally, 0.99);
  return {
      .load = tally.passed(),
      .held = tally.consolidated,
      .devices = tally.devices,
      .wait = wait ? static_cast<double>(wait->value) : std::numeric_limits<double>::infinity()};
}

Cost::Cost(const std::vector<Weighed>& settings) {
  for (const Weighed& each : settings) {
    most_held_ = std::max(most_held_, each.held);
    most_devices_ = std::max(most_devices_, each.devices);
  }
}

double Cost::Of(const Weighed& weighed) const {
  const auto hour = static_cast<double>(kHour.value);
  const double passed = most_held_ == 0 ? 0 : 1 - ShareOf(weighed.held, most_held_);
  const double wait = std::isinf(weighed.wait) ? 1 : weighed.wait / (weighed.wait + hour);
  // A choice by codes may hold back more than any setting does.
  return Square(std::max(passed, 0.0)) + Square(ShareOf(weighed.devices, most_devices_)) +
         Square(wait);
}

std::vector<bool> FrontOf(const std::vector<Weighed>& settings) {
  std::vector<size_t> order(settings.size());
  std::iota(order.begin(), order.end(), size_t{0});
  const auto place = [&](size_t i) { return std::make_pair(settings[i].wait, settings[i].load); };
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return place(a) < place(b); });
  std::vector<bool> front(settings.size());
  std::optional<size_t> last;  // on the front, with the least load so far
  for (const size_t i : order) {
    if (!last || settings[i].load < settings[*last].load || place(i) == place(*last)) {
      front[i] = true;
      last = i;
    }
  }
  return front;
}

Proposal Propose(const SweepPlan& plan, const SweepResult& result,
                 const std::vector<Target>& targets) {
  const uint64_t devices = result.devices_seen();
  Proposal proposal;
  std::vector<Weighed> weighed;
  for (size_t i = 0; i < plan.settings.size(); ++i) {
    SettingResult& setting = proposal.settings.emplace_back();
    setting.totals = result.Of(Choice{.setting = i});
    setting.weighed = Weigh(setting.totals);
    setting.meets = MeetsAll(targets, setting.totals, devices);
    weighed.push_back(setting.weighed);
  }
  const Cost cost(weighed);
  const std::vector<bool> front = FrontOf(weighed);
  for (size_t i = 0; i < front.size(); ++i) {
    proposal.settings[i].front = front[i];
    proposal.settings[i].cost = cost.Of(weighed[i]);
  }
  for (const Target& target : targets) {
    proposal.targets.push_back(Judge(target, proposal.settings, devices));
  }
  if (proposal.settings.front().totals.alerts == 0) {
    return proposal;
  }
  const std::optional<size_t> common = Recommended(proposal.settings, plan, !targets.empty());
  if (!common) {
    proposal.nearest = NearestOf(proposal.settings, targets, devices);
    return proposal;
  }
  const CodeByCode by_code(plan, result, targets, cost);
  proposal.choice = by_code.Improve({.setting = *common});
  for (const auto& [code, setting] : proposal.choice->codes) {
    proposal.codes.push_back({.code = code,
                              .setting = setting,
                              .before = by_code.Of(code, *common),
                              .after = by_code.Of(code, setting)});
  }
  proposal.promised = result.Of(*proposal.choice);
  return proposal;
}

}  // namespace weir
