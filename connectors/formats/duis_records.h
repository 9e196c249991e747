// What the bodies of DUIS documents say that are no alerts: service requests, and devices of the
// inventory.
//
// Source: DUIS 5.4, the body of Request; DSPInventory and Device.
//
// Layer: connectors/formats (engine/alert, engine/base).
#pragma once

#include <pugixml.hpp>

#include <optional>

#include "connectors/formats/arena.h"
#include "connectors/formats/duis_fields.h"
#include "engine/alert/eui64.h"
#include "engine/alert/event.h"

namespace weir {

// Sets what the element in the body of a request says of it: when it is to be carried out, and the
// gas flow rate of a request 6.7. A command that is signed already says no rate; it lies in its
// GBCS message.
void ReadRequestBody(pugi::xml_node body, Request& request, DuisFields& fields, Arena& arena);

// The device that a request is about: that of its id, or the hub that 8.14.3 and 8.14.4 return,
// which go to the DCC.
std::optional<Eui64> DeviceOfRequest(pugi::xml_node body, const Request& request,
                                     DuisFields& fields);

// Whether a ResponseMessage is an inventory of exactly one device, whose status it says. If so,
// sets what it says, which is partial, and the device. kBadField for what the schema does not
// allow, and a version longer than DeviceRecord::kLongestText.
bool ReadDuisInventory(pugi::xml_node message, DuisFields& fields, Arena& arena, OtherEvent& event);

}  // namespace weir
