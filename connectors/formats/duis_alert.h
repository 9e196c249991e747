// What the body of a DCC alert says of a device.
//
// Source: DUIS 5.4, DCCAlert.
//
// Layer: connectors/formats (engine/alert, engine/base).
#pragma once

#include <pugixml.hpp>

#include <optional>

#include "connectors/formats/duis_fields.h"
#include "engine/alert/eui64.h"
#include "engine/base/units.h"

namespace weir {

// The device that an alert is about; nothing if it names none or many. `alert` is the element in
// DCCAlert. kMissingField if such an alert must name one.
std::optional<Eui64> DeviceOfDccAlert(pugi::xml_node alert, DuisFields& fields);

// Two kinds of DCC alert repeat what a device reported, with the time of its own clock.
std::optional<TimeMs> DeviceTimeOfDccAlert(pugi::xml_node alert, DuisFields& fields);

}  // namespace weir
