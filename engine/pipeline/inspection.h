// A whole state, read from the store to be looked at: nothing is decided and nothing written.
//
// It needs no policy: the versions that have taken effect are part of the state, and what it holds
// was decided under them.
//
// Promises: what it says is of one commit, the last one in the store, and depends on the records up
// to there alone.
// Does not promise: that for commits(), nor for the messages remembered and the bytes of the
// counter table, which also depend on when was committed.
// Errors: FailedPrecondition if the state is of another format, DataLoss if it is damaged or misses
// a part; and those of the store.
//
// Threads: any number, as nothing changes.
//
// Layer: engine/pipeline (engine/alert, engine/base, engine/throttle).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"

#include "engine/alert/alert_key.h"
#include "engine/alert/eui64.h"
#include "engine/base/units.h"
#include "engine/pipeline/inspected_key.h"
#include "engine/pipeline/partition.h"
#include "engine/pipeline/store.h"
#include "engine/pipeline/stored_state.h"
#include "engine/pipeline/storm_tally.h"
#include "engine/pipeline/summary.h"
#include "engine/throttle/open_keys.h"
#include "engine/throttle/policy.h"
#include "engine/throttle/window_count.h"

namespace weir {

class Inspection {
 public:
  // Reads everything that is in the store but what is kept for every device and request, which
  // InspectedDevices looks up: what there is of a partition's registry are its totals. Of a store
  // in which nothing was committed yet there are no partitions.
  static absl::StatusOr<std::unique_ptr<Inspection>> Read(Store& store);

  // Commits in the life of the state, which is the number of the last one.
  uint64_t commits() const { return commit_.number; }

  // Where the source stands; opaque.
  const std::string& position() const { return commit_.position; }

  uint32_t partitions() const { return static_cast<uint32_t>(loaded_.size()); }

  // The time at which all that is said of a partition holds: its stream time, or up to where timers
  // have fired ahead of it.
  TimeMs now(uint32_t index) const;

  const Partition& partition(uint32_t index) const { return *loaded_[index]->partition; }

  // The versions under which a partition was decided, those that have taken effect.
  const PolicySchedule& past(uint32_t index) const { return loaded_[index]->past; }

  // As Replay::Summarise; of one partition without the storms that have ended.
  Summary Summarise() const;
  Summary Summarise(uint32_t index) const;

  // Episodes of a device, open ones included, in all partitions.
  DeviceStorms StormsOf(Eui64 device) const;

  // How many keys of a partition count at its time: see Throttle::ForEachKey.
  uint64_t CountKeys(uint32_t index) const;

  // Those of a device, in all partitions; by code, recipient and partition.
  std::vector<InspectedKey> KeysOf(Eui64 device) const;

  // The keys that are throttled, in all partitions; most consolidated first, then by device, code,
  // recipient and partition.
  std::vector<InspectedKey> Episodes() const;

 private:
  struct Loaded {
    explicit Loaded(PolicySchedule schedule)
        : past(std::move(schedule)), partition(std::make_unique<Partition>(past, rules, kShards)) {}

    static constexpr size_t kShards = 1;

    PolicySchedule past;
    SystemRules rules;  // nothing is decided by them
    std::unique_ptr<Partition> partition;
  };

  Inspection() = default;

  absl::Status Load(Store& store);
  absl::StatusOr<Partition*> PartitionAt(Store& store, uint32_t index);
  static absl::Status Finish(Loaded& loaded);
  StoredCommit commit_;
  std::vector<std::unique_ptr<Loaded>> loaded_;  // by partition
  StormTally ended_;
};

}  // namespace weir
