// Port: where the results of the partitions go.
//
// Results belong to the open commit: they become durable with the state that led to them, or are
// discarded with it. They are given round by round, in the order of the input.
//
// Threads: one owner; another thread may be in Sync.
//
// Layer: engine/pipeline.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "engine/pipeline/results.h"

namespace weir {

class Sink {
 public:
  virtual ~Sink() = default;

  // Takes the results of a round; what they view is valid only during the call. What goes wrong is
  // told by the next Seal.
  virtual void Write(const Results& results) = 0;

  // Makes everything since the last Seal final for this run, and returns a mark of how far the
  // outputs reach: it is with the operating system, no more. Unavailable if the outputs cannot be
  // written.
  virtual absl::StatusOr<std::string> Seal() = 0;

  // Makes durable what the last Seal made final: it survives a crash of the machine, and the caller
  // may store the mark with the state. May run beside Write, and beside nothing else.
  virtual absl::Status Sync() = 0;

  // Drops everything since the last Seal.
  virtual absl::Status Discard() = 0;

  // Before anything is written: cuts the outputs back to where a mark says they reached. DataLoss
  // if they are shorter than that.
  virtual absl::Status Reopen(absl::string_view mark) = 0;
};

}  // namespace weir
