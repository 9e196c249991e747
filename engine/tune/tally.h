// What a setting comes to, in numbers.
//
// Layer: engine/tune (engine/base).
#pragma once

#include <cstdint>
#include <vector>

#include "engine/base/units.h"
#include "engine/tune/delays.h"

namespace weir {

// alerts = forwarded + copies + consolidated, as in a summary of a replay.
struct Tally {
  uint64_t alerts = 0;     // without duplicates
  uint64_t forwarded = 0;  // unchanged
  uint64_t copies = 0;     // last words included
  uint64_t consolidated = 0;
  uint64_t pending = 0;  // of the consolidated, at the end: in no copy yet
  uint64_t unrepresented = 0;
  uint64_t started = 0;  // episodes
  uint64_t ended = 0;
  uint64_t devices = 0;  // that had an episode
  uint64_t recipients = 0;
  uint64_t excluded_storms = 0;  // windows in which an excluded key passed the threshold
  uint64_t peak_before = 0;      // alerts in the busiest minute
  uint64_t peak_after = 0;       // alerts passed on in the busiest minute
  Delays delays;                 // from each consolidated alert to the next copy
  Delays due;                    // of those pending, to the last word if no alert came any more

  uint64_t open() const { return started - ended; }

  uint64_t passed() const { return forwarded + copies; }

  // Consolidated alerts that no copy stands for, nor would if no alert came any more.
  uint64_t never() const { return unrepresented + pending - due.count(); }

  // 0 to 1.
  double held_back() const {
    return alerts == 0 ? 0 : static_cast<double>(consolidated) / static_cast<double>(alerts);
  }
};

}  // namespace weir
