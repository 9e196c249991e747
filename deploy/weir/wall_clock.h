// The clock of the machine, for what the service tells and for partitions where nothing arrives.
//
// Layer: deploy/weir (engine/base).
#pragma once

#include <chrono>

#include "engine/base/units.h"

namespace weir {

inline TimeMs WallClockNow() {
  return TimeMs{std::chrono::duration_cast<std::chrono::milliseconds>(
                    std::chrono::system_clock::now().time_since_epoch())
                    .count()};
}

}  // namespace weir
