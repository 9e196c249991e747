// How a partition stands, by what is known of it in memory: all but its lag, which the consumer
// knows.
//
// Threads: the owner of the partition.
//
// Layer: connectors/kafka (engine/pipeline).
#pragma once

#include "connectors/kafka/parked_partitions.h"
#include "connectors/kafka/service_watch.h"

namespace weir {

PartitionProgress ProgressOf(const ReadyPartition& partition);

}  // namespace weir
