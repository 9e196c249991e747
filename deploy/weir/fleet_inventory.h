// The inventory of a large synthetic fleet: a record for each device, as JSON, made fast.
//
// Five devices are a home: electricity meter, gas meter, hub, gas proxy and a display or, in every
// twentieth home, a load switch. About 5 % are pending, a few more not installed, suspended,
// withdrawn or being recovered. Meters have MPANs or MPRNs; suppliers, operators, their agents are
// some of FleetParties. Received times rise evenly over the duration.
//
// Promises: the same options give the same bytes on every machine; no device stands twice; a record
// follows from its number, so that any may be made alone.
//
// Threads: any.
//
// Layer: deploy/weir (engine/alert, engine/base).
#pragma once

#include <cstdint>
#include <string>

#include "deploy/weir/fleet_options.h"
#include "engine/alert/eui64.h"
#include "engine/base/units.h"

namespace weir {

class FleetInventory {
 public:
  // `records` is 1 to kMaxFleetInventory.
  FleetInventory(const FleetOptions& options, uint64_t records)
      : options_(options), records_(records) {}

  Eui64 DeviceOf(uint64_t number) const;
  TimeMs ReceivedOf(uint64_t number) const;

  // Appends the JSON object, without a line feed.
  void Append(uint64_t number, std::string& out) const;

 private:
  FleetOptions options_;
  uint64_t records_;
};

}  // namespace weir
