// Writes the fields of records that are no alerts, as the format json reads them.
//
// Layer: connectors/formats (engine/alert).
#pragma once

#include <optional>

#include "connectors/formats/json_members.h"
#include "engine/alert/event.h"
#include "engine/alert/role.h"

namespace weir {

// Each writes `type` first and `received`, if there is one, behind the fields of its kind; what is
// read again is the same, except that a device record that is partial reads as a whole one, and
// that what an outcome says of its instruction lies in a payload, which is the caller's matter.

void AppendDeviceFields(const OtherEvent& event, const DeviceRecord& device, JsonMembers& members);

// `role` in place of the request's own.
void AppendRequestFields(const OtherEvent& event, const Request& request, std::optional<Role> role,
                         JsonMembers& members);

void AppendResponseFields(const OtherEvent& event, const Response& response, JsonMembers& members);
void AppendOutcomeFields(const OtherEvent& event, const Outcome& outcome, JsonMembers& members);

}  // namespace weir
