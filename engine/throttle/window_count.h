// The count of one alert key in its current and previous window, and its compact form.
//
// Windows lie on the grid of the Unix epoch. A key that has not been seen counts nothing.
//
// Layer: engine/throttle (engine/alert, engine/base).
#pragma once

#include <cstdint>
#include <optional>

#include "engine/base/units.h"
#include "engine/throttle/policy.h"

namespace weir {

struct WindowCount {
  int64_t window = 0;     // ordinal of the current window
  uint64_t current = 0;   // alerts counted in it
  uint64_t previous = 0;  // alerts counted in the window before

  friend bool operator==(const WindowCount&, const WindowCount&) = default;
};

// Moves the count to window `to`, which is not before its own.
inline void RollTo(int64_t to, WindowCount& count) {
  if (to > count.window) {
    count.previous = to == count.window + 1 ? count.current : 0;
    count.current = 0;
    count.window = to;
  }
}

// What is held against the threshold at `now`, a time in the current window: the count, and for a
// sliding window the share of the previous one that still overlaps, rounded down.
inline uint64_t Measure(const WindowCount& count, const CodePolicy& policy, TimeMs now) {
  if (policy.window_kind == WindowKind::kTumbling) {
    return count.current;
  }
  const int64_t elapsed = now.value - count.window * policy.window.value;
  const auto overlap = static_cast<uint64_t>(policy.window.value - elapsed);
  return count.current + count.previous * overlap / static_cast<uint64_t>(policy.window.value);
}

// WindowOf for a time that seldom leaves its window: without a division while it stays.
//
// Threads: one owner.
class WindowClock {
 public:
  explicit WindowClock(DurationMs window) : window_(window) {}

  int64_t At(TimeMs now) {
    const int64_t since = now.value - begin_;
    if (since < 0 || since >= window_.value) {
      ordinal_ = WindowOf(now, window_);
      begin_ = ordinal_ * window_.value;
    }
    return ordinal_;
  }

 private:
  DurationMs window_;
  int64_t ordinal_ = 0;
  int64_t begin_ = 0;  // of that window
};

// The compact form of a count: a non-zero word of kBits bits, split by the policy into window and
// counts. It holds what nearly every key needs; what does not fit is kept as an OpenKey.
class CountCodec {
 public:
  static constexpr int kBits = 44;

  explicit CountCodec(const CodePolicy& policy);

  // Nothing if the count does not fit. `count.current` or `count.previous` is not zero.
  std::optional<uint64_t> Pack(const WindowCount& count) const {
    const uint64_t previous = sliding_ ? count.previous : 0;
    if (count.current > most_ || previous > most_ || count.window > last_window_) {
      return std::nullopt;
    }
    uint64_t word = static_cast<uint64_t>(count.window) << count_bits_ | count.current;
    if (sliding_) {
      word = word << count_bits_ | previous;
    }
    // All ones is left for whoever keeps the words.
    return word == kAllOnes ? std::nullopt : std::make_optional(word);
  }

  // The count that `word` was packed from, under the same policy.
  WindowCount Unpack(uint64_t word) const {
    WindowCount count;
    if (sliding_) {
      count.previous = word & most_;
      word >>= count_bits_;
    }
    count.current = word & most_;
    count.window = static_cast<int64_t>(word >> count_bits_);
    return count;
  }

  // Whether a key with this count behaves at `now`, and ever after, like one never seen.
  bool IsOver(uint64_t word, TimeMs now) const;

 private:
  static constexpr uint64_t kAllOnes = (uint64_t{1} << kBits) - 1;

  DurationMs window_;
  bool sliding_;
  int count_bits_;
  uint64_t most_;        // the largest count that fits
  int64_t last_window_;  // the last window that fits
};

}  // namespace weir
