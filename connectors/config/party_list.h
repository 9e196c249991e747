// Reads `parties` of a configuration: who sends requests and receives alerts.
//
// Layer: connectors/config (engine/alert, engine/base).
#pragma once

#include "connectors/config/yaml_reader.h"
#include "engine/alert/role.h"

namespace weir {

// What is not as it should be becomes a problem, and what is hardly meant a remark.
Parties ReadParties(const YamlNode& list, YamlProblems& problems, YamlProblems& remarks);

}  // namespace weir
