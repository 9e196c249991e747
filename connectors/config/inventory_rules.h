// Reads `inventory` of a configuration: how long devices may stay pending, and who is told of their
// removal.
//
// Layer: connectors/config (engine/inventory, engine/alert, engine/base).
#pragma once

#include "connectors/config/yaml_reader.h"
#include "engine/alert/role.h"
#include "engine/inventory/inventory.h"

namespace weir {

// What is not as it should be becomes a problem, and what is hardly meant a remark.
PendingRules ReadInventory(const YamlNode& node, const Parties& parties, YamlProblems& problems,
                           YamlProblems& remarks);

}  // namespace weir
