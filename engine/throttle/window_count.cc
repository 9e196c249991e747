#include "engine/throttle/window_count.h"

#include <bit>

namespace weir {

namespace {

// Windows up to this time get a short ordinal; a count in a later one does not fit. The year 2106.
constexpr TimeMs kLastCompactTime{int64_t{1000} << 32};

constexpr int BitsFor(int64_t number) {
  return static_cast<int>(std::bit_width(static_cast<uint64_t>(number)));
}

}  // namespace

CountCodec::CountCodec(const CodePolicy& policy)
    : window_(policy.window),
      sliding_(policy.window_kind == WindowKind::kSliding),
      count_bits_(kBits - BitsFor(WindowOf(kLastCompactTime, policy.window))),
      last_window_(WindowOf(kLastCompactTime, policy.window)) {
  if (sliding_) {
    count_bits_ /= 2;
  }
  most_ = (uint64_t{1} << count_bits_) - 1;
}

bool CountCodec::IsOver(uint64_t word, TimeMs now) const {
  // By a product instead of a quotient: it is asked of every key, again and again.
  return (Unpack(word).window + (sliding_ ? 2 : 1)) * window_.value <= now.value;
}

}  // namespace weir
