// Stream time: the one clock of a partition, the largest received time so far.
//
// A record more than `max_ahead` ahead of it does not move it: one device with a clock gone wrong
// must not end everybody's windows. Such a record is remembered, and when one of another device
// lies as far ahead, the two are believed and time moves to the smaller of theirs.
//
// Layer: engine/pipeline (engine/alert, engine/base).
#pragma once

#include <algorithm>
#include <optional>
#include <string>

#include "engine/alert/eui64.h"
#include "engine/base/units.h"
#include "engine/base/wire.h"

namespace weir {

class StreamClock {
 public:
  explicit StreamClock(DurationMs max_ahead) : max_ahead_(max_ahead) {}

  // Takes in the time of a record, of `device` if it names one. Never moves back.
  void Observe(TimeMs at, std::optional<Eui64> device) {
    if (!now_ || at - *now_ <= max_ahead_) {
      now_ = now_ && *now_ > at ? *now_ : at;
    } else if (device && ahead_ && ahead_->device != *device) {
      now_ = std::max(*now_, std::min(ahead_->at, at));
      ahead_.reset();
    } else if (device) {
      ahead_ = {*device, at};
    }
  }

  // Without a record: `at` is not before now().
  void MoveTo(TimeMs at) { now_ = at; }

  // Nothing before the first record that has a time.
  const std::optional<TimeMs>& now() const { return now_; }

  void Encode(std::string& out) const;
  // False if these are no times.
  bool Decode(WireReader& in);

 private:
  struct Ahead {
    Eui64 device;
    TimeMs at;
  };

  DurationMs max_ahead_;
  std::optional<TimeMs> now_;
  std::optional<Ahead> ahead_;  // the latest record that lay too far ahead
};

}  // namespace weir
