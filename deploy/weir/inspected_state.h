// A state read for `weir inspect`: what the engine keeps in it, and where the source stands.
//
// Layer: deploy/weir (connectors/capture, engine/pipeline).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "connectors/capture/capture_position.h"
#include "engine/pipeline/inspected_devices.h"
#include "engine/pipeline/inspection.h"

namespace weir {

struct InspectedState {
  std::string directory;
  std::unique_ptr<Inspection> inspection{};
  CapturePosition position{};

  // What is looked up besides, as far as it is asked for: how much each partition keeps; what is
  // kept of a device, or in the first list the devices with an MPxN.
  std::vector<DeviceCounts> counts{};
  std::vector<InspectedDevice> devices{};
  std::vector<InspectedGasFlow> gas_flows{};
  std::vector<InspectedRequest> requests{};

  // The partition's name, null for the one of the records that do not say.
  const PartitionName* NameOf(uint32_t partition) const;

  DeviceCounts AllCounts() const;
};

// Those of `requests` that are done, the last one first, and those that are open, by when they are
// due.
std::vector<InspectedRequest> DoneRequests(const InspectedState& state);
std::vector<InspectedRequest> OpenRequests(const InspectedState& state);

// How many of its outcomes say so.
size_t Succeeded(const SwitchRequest& request);

// How many entries of a list are shown.
inline size_t Shown(size_t entries, size_t top) {
  return entries < top ? entries : top;
}

}  // namespace weir
