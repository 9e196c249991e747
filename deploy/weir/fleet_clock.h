// The stream time of a log while it is written.
//
// Source: engine/RULES.md and the engine's README, stream time.
//
// Threads: one owner.
//
// Layer: deploy/weir (engine/alert, engine/base).
#pragma once

#include <algorithm>
#include <optional>
#include <utility>

#include "engine/alert/eui64.h"
#include "engine/base/units.h"

namespace weir {

class FleetClock {
 public:
  void Take(std::optional<Eui64> device, std::optional<TimeMs> received) {
    if (!received) {
      return;
    }
    if (!now_) {
      now_ = received;
      return;
    }
    if (*received - *now_ <= kDay) {
      now_ = std::max(*now_, *received);
      return;
    }
    // A day ahead and more is believed of two devices.
    if (!device) {
      return;
    }
    if (ahead_ && ahead_->first != *device && ahead_->second - *now_ > kDay) {
      now_ = std::min(ahead_->second, *received);
      ahead_.reset();
      return;
    }
    ahead_ = {*device, *received};
  }

  std::optional<TimeMs> now() const { return now_; }

 private:
  std::optional<TimeMs> now_;
  std::optional<std::pair<Eui64, TimeMs>> ahead_;
};

}  // namespace weir
