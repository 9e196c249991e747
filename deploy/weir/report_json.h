// The data of a report's page: what a replay did, and what a comparison of settings has found.
//
// Reference: README.md in deploy/report, which a test holds to what the page reads.
//
// Layer: deploy/weir (connectors/formats, engine/pipeline, engine/tune).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

#include "engine/base/units.h"
#include "engine/pipeline/summary.h"
#include "engine/throttle/policy.h"
#include "engine/tune/activity.h"

namespace weir {

// A replay to report on. What it refers to outlives it.
struct ReportedReplay {
  const std::vector<std::string>& captures;
  const Summary& summary;
  const Activity& activity;
  const PolicyVersion& version;  // the last one
  std::string policy;            // the file's text; empty: the built-in defaults
  std::optional<TimeMs> made;    // when the report is
};

// `tune` is the JSON of a comparison, of which this is the replay; empty: there is none.
std::string ReportJson(const ReportedReplay& replay, absl::string_view tune);

}  // namespace weir
