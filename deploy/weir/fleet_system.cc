#include "deploy/weir/fleet_system.h"

#include <array>
#include <utility>

#include "deploy/weir/fleet_devices.h"
#include "deploy/weir/fleet_home.h"

namespace weir {

FleetSystem::FleetSystem(const FleetOptions& options) : options_(options) {
  if (options.system > 0) {
    FleetRandom random(options.seed, FleetRandom::Purpose::kSystemHomes, 0);
    homes_.emplace(options.devices / kDevicesPerHome, random);
  }
}

// In milliseconds since the start of the fleet.
int64_t FleetSystem::BeginOf(uint64_t home) const {
  const auto half = static_cast<uint64_t>(options_.duration.value / 2);
  return static_cast<int64_t>(half / options_.system * home +
                              half % options_.system * home / options_.system);
}

void FleetSystem::Plan(uint64_t home) {
  std::vector<SystemRecord> records = PlanHome(options_, (*homes_)[home], BeginOf(home));
  for (SystemRecord& record : records) {
    if (record.received < options_.start + options_.duration) {
      waiting_.push({.record = std::move(record), .ticket = tickets_++});
    }
  }
}

const SystemRecord* FleetSystem::Next() {
  while (planned_ < options_.system &&
         (waiting_.empty() ||
          options_.start + DurationMs{BeginOf(planned_)} <= waiting_.top().record.received)) {
    Plan(planned_++);
  }
  return waiting_.empty() ? nullptr : &waiting_.top().record;
}

void FleetSystem::Pop() {
  const std::array<uint64_t*, 4> counts = {&counts_.devices, &counts_.requests, &counts_.responses,
                                           &counts_.outcomes};
  ++*counts[waiting_.top().record.what.index()];
  waiting_.pop();
}

}  // namespace weir
