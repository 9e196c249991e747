// Settings to compare: every combination of what each limit may be.
//
// Layer: engine/tune (engine/base, engine/throttle).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/units.h"
#include "engine/throttle/policy.h"

namespace weir {

// None of the lists is empty.
struct Grid {
  std::vector<uint64_t> thresholds;
  std::vector<DurationMs> windows;
  std::vector<WindowKind> window_kinds{WindowKind::kTumbling};
  std::vector<std::optional<uint64_t>> clears{std::nullopt};  // nothing: as the threshold
  std::vector<Forward> forwards{Forward{}};
  std::vector<bool> last_words{true};
};

// Each setting once, by window, kind, forward, clear, last word and threshold in the order of the
// grid. Combinations that are none, with `clear` above the threshold, are left out.
std::vector<CodePolicy> SettingsOf(const Grid& grid);

// For people, such as `10 in 1h, first_per_window`: what differs from the defaults, threshold,
// window and forward always.
std::string SettingName(const CodePolicy& setting);

// As a command line gives it: `first_per_window`, `one_in:100`, `none`.
std::string ForwardWord(const Forward& forward);

// As a policy file writes it: `first_per_window`, `one_in: 100`, `none`.
std::string ForwardName(const Forward& forward);

}  // namespace weir
