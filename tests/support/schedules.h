// Policy schedules for tests.
//
// Layer: tests.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "engine/throttle/policy.h"

namespace weir {

// Versions by date, in milliseconds, and threshold.
inline PolicySchedule ScheduleOf(const std::vector<std::pair<int64_t, uint64_t>>& versions) {
  PolicySchedule schedule;
  for (const auto& [from, threshold] : versions) {
    PolicyRules rules;
    rules.effective_from = TimeMs{from};
    rules.fallback.threshold = threshold;
    schedule.versions.emplace_back(rules);
  }
  return schedule;
}

}  // namespace weir
