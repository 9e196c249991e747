// Writes the page of a report to a file.
//
// Layer: deploy/weir (deploy/report, engine/pipeline, engine/tune).
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "engine/base/units.h"
#include "engine/pipeline/summary.h"
#include "engine/throttle/policy.h"
#include "engine/tune/activity.h"

namespace weir {

// What is told of a replay.
struct ReplayReport {
  const std::vector<std::string>& captures;
  const PolicySchedule& schedule;
  const std::string& policy;  // path of its file; empty: the built-in defaults
  const Summary& summary;
  const Activity& activity;
};

// Of a replay; `tune` is the JSON of the comparison that it belongs to, empty if there is none.
absl::Status WriteReport(const std::string& file, const ReplayReport& report,
                         const std::string& tune);

}  // namespace weir
