#include "engine/tune/setting_groups.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

#include "engine/alert/catalogue.h"

namespace weir {

namespace {

SettingGroup& GroupFor(const CodePolicy& setting, std::vector<SettingGroup>& groups) {
  for (SettingGroup& group : groups) {
    if (group.lowest.window == setting.window && group.lowest.window_kind == setting.window_kind) {
      return group;
    }
  }
  groups.push_back({.lowest = setting, .codec = CountCodec(setting), .ladders = {}});
  return groups.back();
}

// Settings come by ascending threshold.
Ladder& LadderFor(const CodePolicy& setting, std::vector<Ladder>& ladders) {
  for (Ladder& ladder : ladders) {
    if (setting.window_kind == WindowKind::kTumbling && ladder.forward == setting.forward &&
        ladder.last_word == setting.last_word && ladder.rungs.back().clear <= setting.clear) {
      return ladder;
    }
  }
  ladders.push_back({.forward = setting.forward, .last_word = setting.last_word, .rungs = {}});
  return ladders.back();
}

}  // namespace

SettingGroups GroupsOf(const std::vector<CodePolicy>& settings) {
  std::vector<size_t> order(settings.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return settings[a].threshold < settings[b].threshold;
  });
  SettingGroups all{.groups = {}, .settings = settings.size()};
  for (const size_t i : order) {
    Ladder& ladder = LadderFor(settings[i], GroupFor(settings[i], all.groups).ladders);
    SettingSet up_to =
        ladder.rungs.empty() ? SettingSet(settings.size()) : ladder.rungs.back().up_to;
    up_to.Add(i);
    ladder.rungs.push_back({.threshold = settings[i].threshold,
                            .clear = settings[i].clear,
                            .setting = i,
                            .up_to = std::move(up_to)});
  }
  return all;
}

GroupsByCode::GroupsByCode(const SweepPlan& plan)
    : pairs_together_(plan.base.pairs_together),
      version_(plan.base),
      all_({GroupsOf(plan.settings)}),
      index_(AlertCode::kCount),
      partner_(AlertCode::kCount) {
  for (const CodePolicy& policy : version_.policies()) {
    all_.push_back(GroupsOf({policy}));
  }
  for (uint16_t i = 0; i < AlertCode::kCount; ++i) {
    const AlertCode code = AlertCode::FromIndex(i);
    partner_[i] = PairedCode(code);
    index_[i] = IsSwept(plan, code) ? 0 : 1 + version_.policy_index(code);
  }
}

size_t GroupsByCode::most_groups() const {
  size_t most = 0;
  for (const SettingGroups& each : all_) {
    most = std::max(most, each.groups.size());
  }
  return most;
}

DurationMs GroupsByCode::least_memory() const {
  DurationMs least{INT64_MAX};
  for (const size_t i : std::set<size_t>(index_.begin(), index_.end())) {
    DurationMs longest;
    for (const SettingGroup& group : all_[i].groups) {
      longest = std::max(longest, group.lowest.window);
    }
    least = std::min(least, longest);
  }
  return least;
}

}  // namespace weir
