// Which devices stormed: adds up the episodes of each device as they end.
//
// It is for the summary that people read; the results do not depend on it. Memory: about 40 bytes a
// device that has stormed.
//
// Layer: engine/pipeline (engine/alert, engine/base, engine/throttle).
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"

#include "engine/alert/eui64.h"
#include "engine/base/state_batch.h"
#include "engine/throttle/episode_event.h"
#include "engine/throttle/open_keys.h"

namespace weir {

struct DeviceStorms {
  uint64_t episodes = 0;
  uint64_t alerts = 0;        // in episodes
  uint64_t consolidated = 0;  // of them

  DeviceStorms& operator+=(const DeviceStorms& other) {
    episodes += other.episodes;
    alerts += other.alerts;
    consolidated += other.consolidated;
    return *this;
  }
};

// What an open episode adds to them, as it stands.
inline DeviceStorms StormOf(const Episode& open) {
  return {.episodes = 1, .alerts = open.alerts, .consolidated = open.consolidated()};
}

class StormTally {
 public:
  // Takes in an episode that has ended; other events say nothing.
  void Add(const EpisodeEvent& event);

  // Devices whose episodes have ended.
  const absl::flat_hash_map<Eui64, DeviceStorms>& devices() const { return devices_; }

  void Accept() { journal_.clear(); }

  void Rollback();
  void Export(const StateScope& scope) const;
  absl::Status Load(absl::string_view name, absl::string_view value);

 private:
  absl::flat_hash_map<Eui64, DeviceStorms> devices_;
  std::vector<std::pair<Eui64, DeviceStorms>> journal_;  // before each change
};

}  // namespace weir
