// The GBCS messages of a synthetic fleet: what its devices would have signed or MACed.
//
// In the sizes and the layout of real alerts; billing data, outcomes of commands and restored
// supplies have bodies of their use case, all others are generic.
//
// Layer: deploy/weir (connectors/formats, engine/alert, engine/base).
#pragma once

#include <optional>
#include <string>

#include "deploy/weir/fleet_devices.h"
#include "engine/alert/event.h"
#include "engine/base/units.h"

namespace weir {

// The message of an alert of a device, of which all fields but the payload are set; the time may be
// left open. `lost` is when the supply went off, by the device's clock, if the alert says that it
// is back.
std::string FleetMessage(const KeptAlert& alert, FleetDevice kind, std::optional<TimeMs> lost);

// Whether the messages of such a device have room for that time: gas meters count seconds from 2000
// and get as far as early 2136.
bool CanSay(FleetDevice kind, TimeMs time);

}  // namespace weir
