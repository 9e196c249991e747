// A state read for `weir inspect`: what the engine keeps in it, and where the source stands.
//
// Layer: deploy/weir (connectors/capture, engine/pipeline).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "connectors/capture/capture_position.h"
#include "engine/pipeline/inspection.h"

namespace weir {

struct InspectedState {
  std::string directory;
  std::unique_ptr<Inspection> inspection;
  CapturePosition position;

  // The partition's name, null for the one of the records that do not say.
  const PartitionName* NameOf(uint32_t partition) const {
    // Number 0 is the unnamed one.
    return partition == 0 || partition > position.partitions.size()
               ? nullptr
               : &position.partitions[partition - 1];
  }
};

// How many entries of a list are shown.
inline size_t Shown(size_t entries, size_t top) {
  return entries < top ? entries : top;
}

}  // namespace weir
