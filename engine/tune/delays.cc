#include "engine/tune/delays.h"

#include <cmath>

namespace weir {

void Delays::Add(const Delays& other) {
  counts_.resize(std::max(counts_.size(), other.counts_.size()));
  for (size_t i = 0; i < other.counts_.size(); ++i) {
    counts_[i] += other.counts_[i];
  }
  count_ += other.count_;
  worst_ = std::max(worst_, other.worst_);
}

DurationMs Delays::Quantile(double share) const {
  const auto rank = static_cast<uint64_t>(std::ceil(share * static_cast<double>(count_)));
  uint64_t seen = 0;
  for (size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen >= rank && seen > 0) {
      return std::min(EndOf(i), worst_);
    }
  }
  return worst_;
}

DurationMs Delays::EndOf(size_t bucket) {
  constexpr size_t kSub = size_t{1} << kSubBits;
  if (bucket < 2 * kSub) {
    return DurationMs{static_cast<int64_t>(bucket)};
  }
  const size_t shift = bucket / kSub - 1;
  const size_t value = bucket - (shift << kSubBits);
  return DurationMs{static_cast<int64_t>(((value + 1) << shift) - 1)};
}

}  // namespace weir
