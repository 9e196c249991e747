// What `weir tune` is asked to compare, from the lists of its command line.
//
// Promises: all that is wrong with the lists is told at once, each wrong item by itself.
//
// Layer: deploy/weir (engine/tune, engine/throttle).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "engine/throttle/policy.h"
#include "engine/tune/grid.h"
#include "engine/tune/measures.h"

namespace weir {

constexpr size_t kMostSettings = 1024;

// Lists with commas, as they were given; empty: not given.
struct TuneLists {
  std::string thresholds;
  std::string windows;
  std::string forwards;
  std::string clears;
  std::string window_kinds;
  std::string last_words;
  std::string codes;
  std::string targets;
};

// What holds where a list is not given.
constexpr const char* kDefaultThresholds = "3,5,10,20,50";
constexpr const char* kDefaultWindows = "10m,1h,6h,24h";

struct TuneChoices {
  std::vector<CodePolicy> settings;
  std::optional<std::vector<bool>> codes;  // by AlertCode::index(); nothing: all
  // Codes that were named by themselves, and not by a range.
  std::vector<bool> named;
  std::vector<Target> targets;
};

// Nothing if `problems` has got any, one a line.
std::optional<TuneChoices> ReadTuneLists(const TuneLists& lists,
                                         std::vector<std::string>& problems);

}  // namespace weir
