// The count of one alert key in its current and previous window, and its compact form.
//
// Windows lie on the grid of the Unix epoch. A key that has not been seen counts nothing.
//
// Layer: engine/throttle (engine/alert, engine/base).
#pragma once

#include <algorithm>
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

  // Whether `now` lies in the window that the clock is in; at first that of the epoch.
  bool Holds(TimeMs now) const {
    // Before the window's begin this is larger than any window.
    return static_cast<uint64_t>(now.value - begin_) < static_cast<uint64_t>(window_.value);
  }

  void MoveTo(TimeMs now) {
    ordinal_ = WindowOf(now, window_);
    begin_ = ordinal_ * window_.value;
  }

  int64_t window() const { return ordinal_; }

  int64_t At(TimeMs now) {
    if (!Holds(now)) {
      MoveTo(now);
    }
    return window();
  }

 private:
  DurationMs window_;
  int64_t ordinal_ = 0;
  int64_t begin_ = 0;  // of that window
};

// The words of keys whose alerts just pass in one window, which make nearly all of what is counted:
// there the next word is found without unpacking one.
class PassingWords {
 public:
  // None.
  PassingWords() = default;

  // `zero` stands for no alert in the window; one more is one more, up to `most`.
  PassingWords(uint64_t zero, uint64_t most) : zero_(zero), last_(zero + most) {}

  // Whether the next alert passes where the key's word is this one, of the window or an earlier
  // one.
  bool Follow(uint64_t word) const { return std::max(word, zero_) < last_; }

  // The word with that alert counted.
  uint64_t After(uint64_t word) const { return std::max(word, zero_) + 1; }

 private:
  uint64_t zero_ = 0;
  uint64_t last_ = 0;
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

  // The words of this window whose alerts pass, as long as they are at most `threshold`.
  PassingWords PassingIn(int64_t window, uint64_t threshold) const {
    // Of a sliding window it depends on the time as well. In the last one, a word may not fit.
    return sliding_ || window >= last_window_
               ? PassingWords()
               : PassingWords(static_cast<uint64_t>(window) << count_bits_,
                              std::min(threshold, most_));
  }

  // Whether a key with this count behaves at `now`, and ever after, like one never seen.
  bool IsOver(uint64_t word, TimeMs now) const {
    // By a product instead of a quotient: it is asked of every key, again and again.
    return (static_cast<int64_t>(word >> window_shift_) + windows_kept_) * window_.value <=
           now.value;
  }

 private:
  static constexpr uint64_t kAllOnes = (uint64_t{1} << kBits) - 1;

  DurationMs window_;
  bool sliding_;
  int count_bits_;
  uint64_t most_;        // the largest count that fits
  int64_t last_window_;  // the last window that fits
  int window_shift_;     // the bits below the window
  int windows_kept_;     // for how many windows a count matters, its own included
};

}  // namespace weir
