// The part of `weir inspect --json` that is about devices and service requests.
//
// Layer: deploy/weir (connectors/formats, engine/pipeline).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "deploy/weir/inspected_state.h"
#include "deploy/weir/json_object.h"

namespace weir {

// Which partition it is, if its records name one.
void AppendPartitionName(const InspectedState& state, uint32_t partition, JsonObject& object);

// An object: how much is kept.
void AppendJsonCounts(const DeviceCounts& counts, std::string& out);

// Members: what has been looked up of a device.
void AppendKept(const InspectedState& state, JsonObject& object);

// A line for each device that has been looked up, at most `top`.
std::string DevicesJson(const InspectedState& state, size_t top);

}  // namespace weir
