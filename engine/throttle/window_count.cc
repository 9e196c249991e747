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
      last_window_(WindowOf(kLastCompactTime, policy.window)),
      window_shift_(count_bits_),
      windows_kept_(sliding_ ? 2 : 1) {
  if (sliding_) {
    count_bits_ /= 2;
    window_shift_ = 2 * count_bits_;
  }
  most_ = (uint64_t{1} << count_bits_) - 1;
}

}  // namespace weir
