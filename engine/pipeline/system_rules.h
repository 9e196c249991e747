// The rules of the system changes beside throttling, as a configuration gives them.
//
// Layer: engine/pipeline (engine/alert, engine/eligibility, engine/inventory, engine/load_switch).
#pragma once

#include "engine/alert/role.h"
#include "engine/eligibility/eligibility.h"
#include "engine/inventory/inventory.h"
#include "engine/load_switch/load_switch.h"

namespace weir {

// Those of the November 2019 SEC release, without parties, unless something else is said.
struct SystemRules {
  Parties parties;
  EligibilityTable eligibility;
  LoadSwitchRules load_switch;
  PendingRules pending;
};

}  // namespace weir
