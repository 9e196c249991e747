// How long alerts waited: a distribution in little memory, exact below 64 ms and else to one part
// in 32.
//
// Layer: engine/tune (engine/base).
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"

#include "engine/base/units.h"

namespace weir {

class Delays {
 public:
  // `delay` is not negative.
  void Add(DurationMs delay) {
    const TimeMs since;
    Add(absl::MakeConstSpan(&since, 1), since + delay);
  }

  // Those of alerts at `times`, ascending, until `at`, which is not before.
  void Add(absl::Span<const TimeMs> times, TimeMs at) {
    if (times.empty()) {
      return;
    }
    const DurationMs longest = at - times.front();
    counts_.resize(std::max(counts_.size(), BucketOf(static_cast<uint64_t>(longest.value)) + 1));
    for (const TimeMs time : times) {
      ++counts_[BucketOf(static_cast<uint64_t>((at - time).value))];
    }
    count_ += times.size();
    worst_ = std::max(worst_, longest);
  }

  void Add(const Delays& other);

  uint64_t count() const { return count_; }

  DurationMs worst() const { return worst_; }

  // The delay that `share` of all, above 0 and up to 1, did not exceed: rounded up to the end of
  // its bucket, but never beyond the worst. Zero if there is none.
  DurationMs Quantile(double share) const;

  // The largest delay counted together with this one, as Quantile rounds it.
  static DurationMs RoundUp(DurationMs delay) {
    return EndOf(BucketOf(static_cast<uint64_t>(delay.value)));
  }

  friend bool operator==(const Delays&, const Delays&) = default;

 private:
  static constexpr int kSubBits = 5;  // buckets for each power of two

  static size_t BucketOf(uint64_t value) {
    const int shift = std::max(static_cast<int>(std::bit_width(value)) - kSubBits - 1, 0);
    return (static_cast<size_t>(shift) << kSubBits) + static_cast<size_t>(value >> shift);
  }

  static DurationMs EndOf(size_t bucket);

  std::vector<uint32_t> counts_;
  uint64_t count_ = 0;
  DurationMs worst_;
};

}  // namespace weir
