// Where the decisions of throttling go.
//
// Calls come in input order; what is passed is valid only during the call.
//
// Layer: engine/throttle (engine/alert, engine/base).
#pragma once

#include <cstdint>

#include "engine/alert/event.h"
#include "engine/throttle/episode_event.h"

namespace weir {

// What a forwarded copy says of itself (ThrottledAlertSequenceId, ThrottledAlertCount).
struct CopyMark {
  uint64_t sequence_id = 0;  // 1 for the first copy of an episode
  uint64_t count = 0;        // alerts that it stands for, itself included
};

class ThrottleOutput {
 public:
  virtual ~ThrottleOutput() = default;

  // An alert passes unchanged.
  virtual void Forward(const Alert& alert) = 0;

  // An alert passes as a copy.
  virtual void ForwardCopy(const Alert& alert, const CopyMark& mark) = 0;

  // An alert is held back.
  virtual void Consolidate(const Alert& alert) = 0;

  virtual void Episode(const EpisodeEvent& event) = 0;
};

}  // namespace weir
