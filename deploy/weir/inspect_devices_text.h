// The part of `weir inspect` for people that is about devices and service requests.
//
// Layer: deploy/weir (engine/pipeline).
#pragma once

#include <cstddef>
#include <string>

#include "deploy/weir/inspected_state.h"

namespace weir {

// Lines: how much is kept; none if that is nothing.
void AppendCountLines(const DeviceCounts& counts, std::string& out);

// What has been looked up of a device, in sections; none of what there is nothing of.
void AppendKept(const InspectedState& state, std::string& out);

// A row for each device that has been looked up, at most `top`.
std::string DevicesText(const InspectedState& state, size_t top);

}  // namespace weir
