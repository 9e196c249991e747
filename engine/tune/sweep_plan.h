// What a sweep compares: settings, and for which codes.
//
// One version holds for the whole capture, whatever its date.
//
// Layer: engine/tune (engine/alert, engine/base, engine/throttle).
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <vector>

#include "engine/alert/alert_code.h"
#include "engine/base/units.h"
#include "engine/throttle/policy.h"

namespace weir {

struct SweepPlan {
  // Exclusions, `pairs_together`, and what holds for codes that are not swept.
  PolicyRules base;
  std::vector<CodePolicy> settings;  // at least one
  // Codes that the settings are for, by AlertCode::index(). Nothing: for all, whatever `base` has
  // for single codes.
  std::optional<std::vector<bool>> codes{};
  DurationMs duplicate_window = kHour;
  DurationMs max_ahead = kDay;
};

// A setting for all codes that are swept, with exceptions.
struct Choice {
  size_t setting = 0;
  std::map<AlertCode, size_t> codes{};  // by the code counted under

  size_t Of(AlertCode counted_as) const {
    const auto found = codes.find(counted_as);
    return found == codes.end() ? setting : found->second;
  }
};

// Whether what is counted under this code is swept.
bool IsSwept(const SweepPlan& plan, AlertCode counted_as);

// Rules that resolve to a version.
PolicyRules RulesOf(const PolicyVersion& version);

// The policy that a choice comes to.
PolicyRules RulesOf(const SweepPlan& plan, const Choice& choice);

// The schedule of a replay that decides as the choice does.
PolicySchedule ScheduleOf(const SweepPlan& plan, const Choice& choice);

}  // namespace weir
