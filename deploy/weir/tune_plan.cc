#include "deploy/weir/tune_plan.h"

#include <algorithm>
#include <cstdio>

#include "absl/strings/str_cat.h"

#include "connectors/config/policy_file.h"
#include "connectors/config/system_file.h"
#include "engine/base/status_macros.h"

namespace weir {

namespace {

void Note(const std::string& remarks) {
  if (!remarks.empty()) {
    static_cast<void>(std::fprintf(stderr, "%s\n", remarks.c_str()));
  }
}

}  // namespace

absl::Status ReadBasePolicy(const std::string& policy, const std::string& config,
                            BasePolicy& base) {
  std::string remarks;
  base.file = policy;
  if (!config.empty()) {
    WEIR_ASSIGN_OR_RETURN(const SystemConfig system, ReadSystemFile(config, &remarks));
    Note(remarks);
    base.file = policy.empty() ? system.policy : policy;
  }
  if (!base.file.empty()) {
    WEIR_ASSIGN_OR_RETURN(base.schedule, ReadPolicyFile(base.file, &remarks));
    Note(remarks);
  }
  return absl::OkStatus();
}

SweepPlan PlanOf(const BasePolicy& base, const TuneChoices& choices,
                 std::vector<std::string>& problems) {
  const PolicyVersion& version = base.schedule.versions.back();
  SweepPlan plan{.base = RulesOf(version),
                 .settings = choices.settings,
                 .codes = {},
                 .duplicate_window = base.schedule.duplicate_window,
                 .max_ahead = base.schedule.max_ahead};
  if (!choices.codes) {
    return plan;
  }
  const std::string origin = base.file.empty() ? "the default list" : base.file;
  plan.codes.emplace(AlertCode::kCount, false);
  for (uint16_t i = 0; i < AlertCode::kCount; ++i) {
    const AlertCode code = AlertCode::FromIndex(i);
    if (!(*choices.codes)[i]) {
      continue;
    }
    if (!version.excluded(code)) {
      (*plan.codes)[version.counted_as(code).index()] = true;
    } else if (choices.named[i]) {
      problems.push_back(absl::StrCat(
          "--code: ", FormatAlertCode(code), " is excluded by ", origin,
          " and never held back: leave it out, or give a --policy whose `excluded` does not have "
          "it"));
    }
  }
  if (problems.empty() && std::count(plan.codes->begin(), plan.codes->end(), true) == 0) {
    problems.push_back(absl::StrCat("--code: all of these codes are excluded by ", origin,
                                    " and never held back: give others"));
  }
  return plan;
}

}  // namespace weir
