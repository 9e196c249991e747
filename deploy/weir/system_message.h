// Writes the records of a synthetic fleet that are not its alerts as messages.
//
// Layer: deploy/weir (connectors/formats, engine/alert).
#pragma once

#include <string>

#include "connectors/formats/format.h"
#include "deploy/weir/fleet_system.h"
#include "engine/alert/event.h"

namespace weir {

// The alert that an outcome is where it comes as the device sent it.
KeptAlert AlertOf(const SystemRecord& record, const SystemOutcome& outcome);

// Appends the message without a line feed: in duis if that is asked for and it can say the same,
// else in json. Whether it says its received time.
bool AppendSystemMessage(const SystemRecord& record, Format format, std::string& out);

}  // namespace weir
