#include "engine/pipeline/storm_tally.h"

#include "absl/container/flat_hash_set.h"

#include "engine/base/wire.h"

namespace weir {

void StormTally::Add(const EpisodeEvent& event) {
  if (event.kind == EpisodeEvent::Kind::kEnded) {
    DeviceStorms& storms = devices_[event.key.device];
    journal_.emplace_back(event.key.device, storms);
    storms +=
        {.episodes = 1, .alerts = event.counts.alerts, .consolidated = event.counts.consolidated()};
  }
}

void StormTally::Rollback() {
  for (; !journal_.empty(); journal_.pop_back()) {
    const auto& [device, before] = journal_.back();
    if (before.episodes == 0) {
      devices_.erase(device);
    } else {
      devices_[device] = before;
    }
  }
}

void StormTally::Export(const StateScope& scope) const {
  absl::flat_hash_set<Eui64> written;
  for (const auto& [device, before] : journal_) {
    if (written.insert(device).second) {
      const DeviceStorms& storms = devices_.at(device);
      std::string value;
      PutU64(storms.episodes, value);
      PutU64(storms.alerts, value);
      PutU64(storms.consolidated, value);
      scope.Put(OrderedName(device.value), std::move(value));
    }
  }
}

absl::Status StormTally::Load(absl::string_view name, absl::string_view value) {
  WireReader key(name);
  const Eui64 device{key.OrderedU64()};
  WireReader in(value);
  devices_[device] = {.episodes = in.U64(), .alerts = in.U64(), .consolidated = in.U64()};
  return key.done() && in.done() ? absl::OkStatus()
                                 : absl::DataLossError("the storms kept in the state are damaged");
}

}  // namespace weir
