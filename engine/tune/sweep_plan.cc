#include "engine/tune/sweep_plan.h"

namespace weir {

bool IsSwept(const SweepPlan& plan, AlertCode counted_as) {
  return !plan.codes || (*plan.codes)[counted_as.index()];
}

PolicyRules RulesOf(const PolicyVersion& version) {
  PolicyRules rules;
  rules.effective_from = version.effective_from();
  rules.note = version.note();
  rules.fallback = version.policies().front();
  for (uint16_t i = 0; i < AlertCode::kCount; ++i) {
    const AlertCode code = AlertCode::FromIndex(i);
    rules.excluded[i] = version.excluded(code);
    if (version.counted_as(code) != code) {
      rules.pairs_together = true;
    } else if (version.policy_index(code) != 0) {
      rules.codes[code] = version.policy(code);
    }
  }
  return rules;
}

PolicyRules RulesOf(const SweepPlan& plan, const Choice& choice) {
  PolicyRules rules = plan.base;
  rules.effective_from.reset();
  if (!plan.codes) {
    rules.fallback = plan.settings[choice.setting];
    rules.codes.clear();
  } else {
    for (uint16_t i = 0; i < AlertCode::kCount; ++i) {
      if ((*plan.codes)[i]) {
        rules.codes[AlertCode::FromIndex(i)] = plan.settings[choice.setting];
      }
    }
  }
  for (const auto& [code, setting] : choice.codes) {
    rules.codes[code] = plan.settings[setting];
  }
  return rules;
}

PolicySchedule ScheduleOf(const SweepPlan& plan, const Choice& choice) {
  PolicySchedule schedule;
  schedule.versions.emplace_back(RulesOf(plan, choice));
  schedule.duplicate_window = plan.duplicate_window;
  schedule.max_ahead = plan.max_ahead;
  return schedule;
}

}  // namespace weir
