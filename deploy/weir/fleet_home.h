// What happens in one home of a synthetic fleet besides its alerts.
//
// Nearly everything may go wrong: a meter is not in the inventory, or nobody knows whose network it
// is in, or somebody who is not configured; a request was never seen, or stands behind what became
// of it; responses fail, come twice, at once or hours later; of the outcomes of a request some
// fail, some get lost, some are repeated, and they come in any order, as outcomes or as the bare
// alerts of the device.
//
// Layer: deploy/weir (connectors/formats, engine/alert, engine/base).
#pragma once

#include <cstdint>
#include <vector>

#include "deploy/weir/fleet_options.h"
#include "deploy/weir/fleet_system.h"
#include "engine/base/units.h"

namespace weir {

// In no order; those of one device and one time in the order of the log. `begin` counts from the
// start of the fleet, in milliseconds, and nothing is before it.
std::vector<SystemRecord> PlanHome(const FleetOptions& options, uint64_t home, int64_t begin);

// The time so many months later, or earlier: the same day and time of day, or the last day of the
// month.
TimeMs AddMonths(TimeMs time, int months);

}  // namespace weir
