// What `weir inspect --json` prints: one compact JSON object a line.
//
// The reference of the fields is deploy/INSPECT.md. Every line ends with a line feed.
//
// Layer: deploy/weir (connectors/formats, engine/pipeline).
#pragma once

#include <cstddef>
#include <string>

#include "deploy/weir/inspected_state.h"
#include "engine/alert/eui64.h"

namespace weir {

// One line: the state as a whole, with at most `top` entries in its lists.
std::string OverviewJson(const InspectedState& state, size_t top);

// One line: what is known of a device, with at most `top` keys.
std::string DeviceJson(const InspectedState& state, Eui64 device, size_t top);

// A line for each key that is throttled, at most `top`.
std::string StormingJson(const InspectedState& state, size_t top);

}  // namespace weir
