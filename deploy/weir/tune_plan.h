// The plan of a sweep: what the command line asks for, on the ground of a policy.
//
// Layer: deploy/weir (connectors/config, engine/tune).
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"

#include "deploy/weir/tune_options.h"
#include "engine/tune/sweep_plan.h"

namespace weir {

struct BasePolicy {
  std::string file;  // empty: the built-in defaults
  PolicySchedule schedule = PolicySchedule::Default();
};

// That of `policy`, else that which `config` names, else the defaults. `remarks` on either file go
// to standard error.
absl::Status ReadBasePolicy(const std::string& policy, const std::string& config, BasePolicy& base);

// By the newest version of the base. Codes that it never throttles cannot be compared: one that was
// named by itself is a problem, and so are codes of which nothing is left.
SweepPlan PlanOf(const BasePolicy& base, const TuneChoices& choices,
                 std::vector<std::string>& problems);

}  // namespace weir
