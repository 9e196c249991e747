// Reads the role of a party, such as ED.
//
// Layer: connectors/config (engine/alert, engine/base).
#pragma once

#include <optional>

#include "connectors/config/yaml_reader.h"
#include "engine/alert/role.h"

namespace weir {

// Nothing, and a problem, if the node is none.
std::optional<Role> ReadRole(const YamlNode& node, YamlProblems& problems);

// An entry of a list, whose key is told in problems.
std::optional<Role> ReadRoleOf(const YamlNode& list, const YamlNode& item, YamlProblems& problems);

}  // namespace weir
