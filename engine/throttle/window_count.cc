#include "engine/throttle/window_count.h"

#include <bit>

namespace weir {

namespace {

// Windows up to this time get a short ordinal; a count in a later one does not fit. The year 2106.
constexpr TimeMs kLastCompactTime{int64_t{1000} << 32};

constexpr int BitsFor(int64_t number) {
  return static_cast<int>(std::bit_width(static_cast<uint64_t>(number)));
}

constexpr uint64_t Low(int bits) {
  return (uint64_t{1} << bits) - 1;
}

}  // namespace

CountCodec::CountCodec(const CodePolicy& policy)
    : window_(policy.window),
      sliding_(policy.window_kind == WindowKind::kSliding),
      count_bits_(kBits - BitsFor(WindowOf(kLastCompactTime, policy.window))) {
  if (sliding_) {
    count_bits_ /= 2;
  }
}

std::optional<uint64_t> CountCodec::Pack(const WindowCount& count) const {
  const uint64_t previous = sliding_ ? count.previous : 0;
  if (count.current > Low(count_bits_) || previous > Low(count_bits_) ||
      count.window > WindowOf(kLastCompactTime, window_)) {
    return std::nullopt;
  }
  uint64_t word = static_cast<uint64_t>(count.window) << count_bits_ | count.current;
  if (sliding_) {
    word = word << count_bits_ | previous;
  }
  // All ones is left for whoever keeps the words.
  return word == Low(kBits) ? std::nullopt : std::make_optional(word);
}

WindowCount CountCodec::Unpack(uint64_t word) const {
  WindowCount count;
  if (sliding_) {
    count.previous = word & Low(count_bits_);
    word >>= count_bits_;
  }
  count.current = word & Low(count_bits_);
  count.window = static_cast<int64_t>(word >> count_bits_);
  return count;
}

bool CountCodec::IsOver(uint64_t word, TimeMs now) const {
  return WindowOf(now, window_) > Unpack(word).window + (sliding_ ? 1 : 0);
}

}  // namespace weir
