// The policy that `weir tune` proposes, as a file.
//
// Layer: deploy/weir (connectors/config, engine/tune).
#pragma once

#include <string>

#include "deploy/weir/tune_report.h"

namespace weir {

// Holds for the captures from their first alert on, and says in comments from what it comes and
// what it promises. The choice is there.
std::string ProposedPolicy(const TuneReport& report);

}  // namespace weir
