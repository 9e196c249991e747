// The clocks of the devices of a synthetic fleet.
//
// Nearly all are right. Those chosen to be wrong are so by the same length of time for ever: half
// of them are 30 days to 15 years behind, as after a reset, and half 1 day to 10 years ahead.
// A time that would lie before 1970 or after 9999 becomes the first or the last second there is.
//
// Memory: 16 bytes or so for each wrong clock.
//
// Layer: deploy/weir (engine/base).
#pragma once

#include <cstdint>

#include "absl/container/flat_hash_map.h"

#include "deploy/weir/fleet_options.h"
#include "engine/base/units.h"

namespace weir {

class FleetClocks {
 public:
  explicit FleetClocks(const FleetOptions& options);

  // What the clock of a device shows at a time.
  TimeMs Show(uint64_t device, TimeMs time) const;

  bool IsWrong(uint64_t device) const { return wrong_.contains(device); }

 private:
  absl::flat_hash_map<uint64_t, int64_t> wrong_;  // by how much
};

}  // namespace weir
