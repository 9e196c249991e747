// When stream time moved within a round, and which record moved it.
//
// Layer: engine/throttle (engine/base).
#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/base/check.h"
#include "engine/base/plain_vector.h"
#include "engine/base/units.h"

namespace weir {

class Timeline {
 public:
  void Clear() { steps_.clear(); }

  // Stream time is `now` as of `record`, an index in the round; both ascend.
  void Add(uint32_t record, TimeMs now) {
    if (steps_.empty() || steps_.back().now < now) {
      steps_.push_back({now, record});
    }
  }

  bool empty() const { return steps_.empty(); }

  // The times of the first and of the last step; not empty.
  TimeMs begin() const { return steps_.front().now; }

  TimeMs end() const { return steps_.back().now; }

  // The first record that was processed at `at` or later; `at` is not after end().
  uint32_t RecordAt(TimeMs at) const {
    const auto step = std::partition_point(steps_.begin(), steps_.end(),
                                           [&](const Step& each) { return each.now < at; });
    WEIR_CHECK(step != steps_.end());
    return step->record;
  }

 private:
  struct Step {
    TimeMs now;
    uint32_t record = 0;
  };

  PlainVector<Step> steps_;
};

}  // namespace weir
