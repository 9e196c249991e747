// The rules of the system changes beside throttling, as a configuration gives them.
//
// Layer: engine/pipeline (engine/alert, engine/eligibility, engine/inventory, engine/load_switch).
#pragma once

#include <optional>

#include "engine/alert/eui64.h"
#include "engine/alert/role.h"
#include "engine/eligibility/eligibility.h"
#include "engine/inventory/device.h"
#include "engine/inventory/inventory.h"
#include "engine/load_switch/load_switch.h"

namespace weir {

// Those of the November 2019 SEC release, without parties, unless something else is said.
struct SystemRules {
  Parties parties;
  EligibilityTable eligibility;
  LoadSwitchRules load_switch;
  PendingRules pending;

  // The network operator of a device: its record says so, or the distributor id of its MPAN does.
  std::optional<Eui64> OperatorOf(const Device& device) const {
    return device.network_operator ? device.network_operator : parties.OperatorOf(device.mpan());
  }
};

}  // namespace weir
