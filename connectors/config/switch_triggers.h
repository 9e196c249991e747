// Reads `load_switching` of a configuration: which service requests and alerts say that load
// switching has changed, beside those of the release.
//
// Layer: connectors/config (engine/load_switch, engine/alert, engine/base).
#pragma once

#include "connectors/config/yaml_reader.h"
#include "engine/load_switch/load_switch.h"

namespace weir {

// What is not as it should be becomes a problem, and what is hardly meant a remark.
LoadSwitchRules ReadLoadSwitching(const YamlNode& node, YamlProblems& problems,
                                  YamlProblems& remarks);

}  // namespace weir
