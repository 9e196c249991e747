// Port: where the results of a partition go.
//
// Everything written belongs to the open commit: it becomes durable together with the state that
// led to it, or is discarded with it. Results arrive in input order; views are valid only during
// the call.
//
// Threads: one caller at a time.
//
// Layer: engine/pipeline.
#pragma once

#include <cstdint>

#include "engine/alert/event.h"
#include "engine/pipeline/record.h"
#include "engine/throttle/episode_event.h"

namespace weir {

// What a forwarded copy says of itself (ThrottledAlertSequenceId, ThrottledAlertCount).
struct CopyMark {
  uint64_t sequence_id = 0;  // 1 for the first copy of an episode
  uint64_t count = 0;        // alerts that it stands for, itself included
};

class Sink {
 public:
  virtual ~Sink() = default;

  // An alert passes unchanged.
  virtual void Forward(const Alert& alert) = 0;

  // An alert passes as a copy.
  virtual void ForwardCopy(const Alert& alert, const CopyMark& mark) = 0;

  // An alert is held back.
  virtual void Consolidate(const Alert& alert) = 0;

  virtual void Episode(const EpisodeEvent& event) = 0;

  virtual void DeadLetter(const Record& record, DeadReason reason) = 0;
};

}  // namespace weir
