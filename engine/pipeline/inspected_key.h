// The keys of a partition, to be looked at: how they are counted, and what is held back.
//
// Threads: as the partition, which does not change meanwhile.
//
// Layer: engine/pipeline (engine/alert, engine/base, engine/throttle).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/alert/alert_key.h"
#include "engine/alert/eui64.h"
#include "engine/base/units.h"
#include "engine/pipeline/partition.h"
#include "engine/throttle/open_keys.h"
#include "engine/throttle/policy.h"
#include "engine/throttle/window_count.h"

namespace weir {

// One key as it stands at `now`: the stream time of its partition, or up to where timers have fired
// ahead of it. Views the partition.
struct InspectedKey {
  uint32_t partition = 0;
  AlertKey key;
  TimeMs now;
  const PolicyVersion* version = nullptr;   // the one in force
  const CodePolicy* policy = nullptr;       // the limits that it is counted by
  bool excluded = false;                    // whether alerts of its code are never throttled
  std::optional<AlertCode> counted_with{};  // the other code of its pair, counted under this one
  WindowCount count;
  uint64_t measure = 0;              // what is held against the threshold
  const OpenKey* open = nullptr;     // null unless the key is open
  const Episode* episode = nullptr;  // null unless it is throttled

  // The current window. Its end may lie beyond kLatestTime, and is `now` for a key that is due
  // while only some of the timers have fired.
  TimeMs window_start() const { return TimeMs{count.window * policy->window.value}; }

  TimeMs window_end() const { return TimeMs{(count.window + 1) * policy->window.value}; }
};

// The keys of a device that count at the partition's time, by code and recipient. `index` is the
// partition's.
std::vector<InspectedKey> KeysOf(const Partition& partition, uint32_t index, Eui64 device);

// The keys that are throttled, in no particular order.
std::vector<InspectedKey> EpisodesOf(const Partition& partition, uint32_t index);

// Whether `a` comes before `b` in a list of episodes: most consolidated first, then by device,
// code, recipient and partition.
bool HoldsBackMore(const InspectedKey& a, const InspectedKey& b);

}  // namespace weir
