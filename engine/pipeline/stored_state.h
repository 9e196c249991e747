// The layout of a whole state in the store: its format, the last commit, partitions and storms.
//
// Partitions and storms name and read their own entries; this says where those lie, and what has to
// be there besides.
//
// Errors: FailedPrecondition if the state is of another format, DataLoss if it is damaged or misses
// a part; and those of the store.
//
// Layer: engine/pipeline (engine/base).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "engine/base/state_batch.h"
#include "engine/pipeline/partition.h"
#include "engine/pipeline/store.h"
#include "engine/pipeline/storm_tally.h"

namespace weir {

// What ties outputs, positions and state together.
struct StoredCommit {
  uint64_t number = 0;   // in the whole life of the state, from 1; 0: nothing was committed yet
  std::string position;  // of the source; opaque
  std::string mark;      // how far the outputs reach; opaque
};

// The last commit, of a state whose format this program reads.
absl::StatusOr<StoredCommit> ReadCommit(Store& store);

// In which format the state is; PutCommit says it with the first commit.
void PutFormat(StateBatch& batch);

void PutCommit(const StoredCommit& commit, StateBatch& batch);

// Where a partition and the storms put their entries.
StateScope PartitionScope(size_t index, StateBatch& batch);
StateScope StormScope(StateBatch& batch);

// Gives the entries of all partitions to those that `partition_at` names by index, ascending.
using PartitionFinder = absl::FunctionRef<absl::StatusOr<Partition*>(uint32_t index)>;
absl::Status LoadPartitions(Store& store, PartitionFinder partition_at);

// The same without the entries that there are for every device or request, which are left to
// ScanRegistry; they are not gone through either.
absl::Status LoadPartitionsWithoutDevices(Store& store, PartitionFinder partition_at);

// Those entries, of one partition and section of its registry, whose names in it begin with
// `beginning`, ascending; with their names in the section.
absl::Status ScanRegistry(Store& store, uint32_t index, absl::string_view section,
                          absl::string_view beginning, Store::Visitor visit);

// Gives only those entries of one partition that say under which policy it was decided: enough for
// Partition::Past.
absl::Status LoadPast(Store& store, uint32_t index, Partition& partition);

absl::Status LoadStorms(Store& store, StormTally& storms);

}  // namespace weir
