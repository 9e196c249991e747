#include "engine/tune/setting_groups.h"

#include <algorithm>
#include <numeric>

#include "engine/alert/catalogue.h"

namespace weir {

SettingGroups GroupsOf(const std::vector<CodePolicy>& settings) {
  std::vector<size_t> order(settings.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return settings[a].threshold < settings[b].threshold;
  });
  SettingGroups all{.groups = {}, .settings = settings.size()};
  for (const size_t i : order) {
    const CodePolicy& setting = settings[i];
    auto group = std::find_if(all.groups.begin(), all.groups.end(), [&](const SettingGroup& each) {
      return each.window == setting.window && each.window_kind == setting.window_kind;
    });
    if (group == all.groups.end()) {
      all.groups.push_back({.window = setting.window,
                            .window_kind = setting.window_kind,
                            .codec = CountCodec(setting),
                            .policies = {},
                            .settings = {}});
      group = all.groups.end() - 1;
    }
    group->policies.push_back(setting);
    group->settings.push_back(i);
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

}  // namespace weir
