// Writes a policy file, with comments.
//
// Promises: ParsePolicy reads it back to versions that decide like those written, with their dates
// and notes.
//
// Layer: connectors/config (engine/throttle, engine/alert, engine/base).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/alert/alert_code.h"
#include "engine/base/units.h"
#include "engine/throttle/policy.h"

namespace weir {

struct WrittenPolicy {
  std::vector<std::string> comment;  // lines at the top of the file
  DurationMs duplicate_window = kHour;
  DurationMs max_ahead = kDay;
  PolicyRules rules;
  std::map<AlertCode, std::string> code_comments;  // one line beside the limits of a code
};

// A file of one version. Rules without a date get the first one there is. Notes and comments are
// UTF-8, and comments of one line.
std::string PolicyYaml(const WrittenPolicy& policy);

}  // namespace weir
