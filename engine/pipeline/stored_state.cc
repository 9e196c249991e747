#include "engine/pipeline/stored_state.h"

#include "absl/strings/str_cat.h"

#include "engine/base/status_macros.h"
#include "engine/base/wire.h"

namespace weir {

namespace {

// Of the state's records. A change to any of them that an older reader would misread raises it.
constexpr uint64_t kStateFormat = 4;

constexpr uint64_t kMostCommits = uint64_t{1} << 63;  // what is beyond is damaged

constexpr absl::string_view kFormatKey = "format";
constexpr absl::string_view kCommitKey = "commit";
constexpr absl::string_view kPartitionKeys = "partition/";
constexpr absl::string_view kStormKeys = "storm/";

std::string PartitionPrefix(size_t index) {
  std::string prefix(kPartitionKeys);
  PutOrderedU64(index, prefix);
  return prefix;
}

absl::Status CheckFormat(Store& store) {
  return store.Scan(kFormatKey, [](absl::string_view /*key*/, absl::string_view value) {
    WireReader in(value);
    const uint64_t format = in.U64();
    return in.done() && format == kStateFormat
               ? absl::OkStatus()
               : absl::FailedPreconditionError(absl::StrCat(
                     "the state is of format ", format, ", this program reads format ",
                     kStateFormat, ": use the release that wrote it, or start a new state"));
  });
}

}  // namespace

absl::StatusOr<StoredCommit> ReadCommit(Store& store) {
  WEIR_RETURN_IF_ERROR(CheckFormat(store));
  StoredCommit commit;
  WEIR_RETURN_IF_ERROR(
      store.Scan(kCommitKey, [&](absl::string_view /*key*/, absl::string_view value) {
        WireReader in(value);
        commit = {in.U64(), std::string(in.Bytes()), std::string(in.Bytes())};
        return in.done() && commit.number > 0 && commit.number < kMostCommits
                   ? absl::OkStatus()
                   : absl::DataLossError("the last commit kept in the state is damaged");
      }));
  if (commit.number == 0) {
    WEIR_RETURN_IF_ERROR(store.Scan("", [](absl::string_view /*key*/, absl::string_view /*value*/) {
      return absl::DataLossError("the state has entries, but does not say where it stands");
    }));
  }
  return commit;
}

void PutFormat(StateBatch& batch) {
  std::string format;
  PutU64(kStateFormat, format);
  batch.Put(std::string(kFormatKey), std::move(format));
}

void PutCommit(const StoredCommit& commit, StateBatch& batch) {
  if (commit.number == 1) {
    PutFormat(batch);
  }
  std::string value;
  PutU64(commit.number, value);
  PutBytes(commit.position, value);
  PutBytes(commit.mark, value);
  batch.Put(std::string(kCommitKey), std::move(value));
}

StateScope PartitionScope(size_t index, StateBatch& batch) {
  return {batch, PartitionPrefix(index)};
}

StateScope StormScope(StateBatch& batch) {
  return {batch, std::string(kStormKeys)};
}

absl::Status LoadPartitions(Store& store, PartitionFinder partition_at) {
  uint64_t next = 0;
  return store.Scan(kPartitionKeys, [&](absl::string_view key, absl::string_view value) {
    WireReader in(key);
    const uint64_t index = in.OrderedU64();
    // Partitions are numbered densely, and the store gives them in order.
    if (!in.ok() || index > next) {
      return absl::DataLossError("the state misses a partition");
    }
    next = index + 1;
    WEIR_ASSIGN_OR_RETURN(Partition * partition, partition_at(static_cast<uint32_t>(index)));
    return partition->Load(in.rest(), value);
  });
}

absl::Status LoadPast(Store& store, uint32_t index, Partition& partition) {
  for (const absl::string_view section : Partition::kPastSections) {
    WEIR_RETURN_IF_ERROR(store.Scan(absl::StrCat(PartitionPrefix(index), section),
                                    [&](absl::string_view key, absl::string_view value) {
                                      return partition.Load(absl::StrCat(section, key), value);
                                    }));
  }
  return absl::OkStatus();
}

absl::Status LoadStorms(Store& store, StormTally& storms) {
  return store.Scan(kStormKeys, [&](absl::string_view key, absl::string_view value) {
    return storms.Load(key, value);
  });
}

}  // namespace weir
