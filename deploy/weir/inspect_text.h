// What `weir inspect` prints for people.
//
// Several lines each, the last one ended.
//
// Layer: deploy/weir (engine/pipeline).
#pragma once

#include <cstddef>
#include <string>

#include "deploy/weir/inspected_state.h"
#include "engine/alert/eui64.h"

namespace weir {

// The state as a whole, with at most `top` rows in each table.
std::string OverviewText(const InspectedState& state, size_t top);

// What is known of a device, with at most `top` of its keys.
std::string DeviceText(const InspectedState& state, Eui64 device, size_t top);

// A row for each key that is throttled, at most `top`.
std::string StormingText(const InspectedState& state, size_t top);

}  // namespace weir
