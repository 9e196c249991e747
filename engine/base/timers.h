// Counting of timers that stand in order of their due times.
//
// Layer: engine/base.
#pragma once

#include <cstddef>

#include "engine/base/units.h"

namespace weir {

// How many of `timers` are due by `now`. Counts no further than `limit`.
template <typename Timers>
size_t CountDueBy(const Timers& timers, TimeMs now, size_t limit) {
  size_t count = 0;
  for (auto timer = timers.begin(); timer != timers.end() && timer->due <= now && count < limit;
       ++timer) {
    ++count;
  }
  return count;
}

}  // namespace weir
