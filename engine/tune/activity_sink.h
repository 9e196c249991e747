// A sink that lets an activity see the results on their way to another sink.
//
// What it saw of a round that is discarded stays seen: for replays that do not roll back.
//
// Layer: engine/tune (engine/pipeline).
#pragma once

#include <string>

#include "engine/pipeline/sink.h"
#include "engine/tune/activity.h"

namespace weir {

class ActivitySink final : public Sink {
 public:
  // Both outlive it.
  ActivitySink(Activity& activity, Sink& sink) : activity_(activity), sink_(sink) {}

  void Write(const Results& results) override {
    activity_.Take(results);
    sink_.Write(results);
  }

  absl::StatusOr<std::string> Seal() override { return sink_.Seal(); }

  absl::Status Sync() override { return sink_.Sync(); }

  absl::Status Discard() override { return sink_.Discard(); }

  absl::Status Reopen(absl::string_view mark) override { return sink_.Reopen(mark); }

 private:
  Activity& activity_;
  Sink& sink_;
};

}  // namespace weir
