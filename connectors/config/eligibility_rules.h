// Reads `eligibility` of a configuration: who may send which service requests, beside the rules of
// the release.
//
// Layer: connectors/config (engine/eligibility, engine/alert, engine/base).
#pragma once

#include "connectors/config/yaml_reader.h"
#include "engine/eligibility/eligibility.h"

namespace weir {

// What is not as it should be becomes a problem, and what is hardly meant a remark.
EligibilityTable ReadEligibility(const YamlNode& node, YamlProblems& problems,
                                 YamlProblems& remarks);

}  // namespace weir
