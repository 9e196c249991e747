#include "connectors/kafka/partition_progress.h"

namespace weir {

PartitionProgress ProgressOf(const ReadyPartition& partition) {
  const OwnedPartition& owned = *partition.owned;
  const Throttle& throttle = owned.state().throttle();
  PartitionProgress progress;
  progress.partition = owned.number();
  progress.stream_time = owned.state().stream_time().value_or(TimeMs{});
  progress.live_keys = throttle.counters().table().KeysHeld();
  progress.open_episodes = throttle.EpisodesOpen();
  progress.table_bytes = throttle.counters().table().MemoryBytes();
  progress.recent = partition.recent.Told();
  if (const PolicyVersion* version = throttle.version_in_force(); version != nullptr) {
    progress.policy = version->effective_from();
  }
  if (owned.shadow() != nullptr) {
    progress.comparison = owned.shadow()->Sum(throttle);
  }
  return progress;
}

}  // namespace weir
