// When an event happened, and what it does to stream time.
//
// Layer: engine/pipeline (engine/alert, engine/base).
#pragma once

#include <optional>

#include "engine/alert/event.h"
#include "engine/base/units.h"
#include "engine/pipeline/stream_clock.h"

namespace weir {

inline const std::optional<TimeMs>& TimeOf(const Alert& alert) {
  return alert.received ? alert.received : alert.device_time;
}

inline const std::optional<TimeMs>& TimeOf(const OtherEvent& event) {
  return event.received;
}

// Whether the event says a time, which the clock then takes in.
template <typename Timed>
bool Observe(const Timed& event, StreamClock& clock) {
  const std::optional<TimeMs>& at = TimeOf(event);
  if (at) {
    clock.Observe(*at, event.device);
  }
  return at.has_value();
}

}  // namespace weir
