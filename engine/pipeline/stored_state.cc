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

// The first name, in a partition, of an entry that there is for every device.
const std::string& FirstOfDevices() {
  static const auto* const name =
      new std::string(absl::StrCat(Partition::kRegistry, Registry::kInventory));
  return *name;
}

// Visits the entries with the prefix up to the first one whose rest of a key `is_end` accepts.
absl::Status ScanUntil(Store& store, absl::string_view prefix,
                       absl::FunctionRef<bool(absl::string_view key)> is_end,
                       Store::Visitor visit) {
  bool has_ended = false;
  const absl::Status scanned =
      store.Scan(prefix, [&](absl::string_view key, absl::string_view value) {
        has_ended = is_end(key);
        return has_ended ? absl::CancelledError("seen enough") : visit(key, value);
      });
  return has_ended ? absl::OkStatus() : scanned;
}

// That there is no entry of this partition or one with a larger number. A store is asked by
// prefixes: those that the larger numbers begin with, by their length and last byte.
absl::Status CheckNoneFrom(Store& store, uint64_t index) {
  const auto missing = [](absl::string_view /*key*/, absl::string_view /*value*/) {
    return absl::DataLossError("the state misses a partition");
  };
  const std::string first = PartitionPrefix(index);
  WEIR_RETURN_IF_ERROR(store.Scan(first, missing));
  for (size_t size = kPartitionKeys.size(); size < first.size(); ++size) {
    for (unsigned byte = static_cast<uint8_t>(first[size]) + 1U; byte <= UINT8_MAX; ++byte) {
      WEIR_RETURN_IF_ERROR(store.Scan(first.substr(0, size) + static_cast<char>(byte), missing));
    }
  }
  return absl::OkStatus();
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

// Null if the store has nothing of a partition with this index.
absl::StatusOr<Partition*> LoadWithoutDevices(Store& store, uint32_t index,
                                              PartitionFinder partition_at) {
  Partition* partition = nullptr;
  WEIR_RETURN_IF_ERROR(ScanUntil(
      store, PartitionPrefix(index),
      [](absl::string_view name) { return name >= FirstOfDevices(); },
      [&](absl::string_view name, absl::string_view value) -> absl::Status {
        if (partition == nullptr) {
          WEIR_ASSIGN_OR_RETURN(partition, partition_at(index));
        }
        return partition->Load(name, value);
      }));
  return partition;
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

absl::Status LoadPartitionsWithoutDevices(Store& store, PartitionFinder partition_at) {
  for (uint32_t index = 0;; ++index) {
    WEIR_ASSIGN_OR_RETURN(const Partition* partition,
                          LoadWithoutDevices(store, index, partition_at));
    if (partition == nullptr) {
      return CheckNoneFrom(store, index);
    }
  }
}

absl::Status ScanRegistry(Store& store, uint32_t index, absl::string_view section,
                          absl::string_view beginning, Store::Visitor visit) {
  const std::string prefix =
      absl::StrCat(PartitionPrefix(index), Partition::kRegistry, section, beginning);
  return store.Scan(prefix, [&](absl::string_view rest, absl::string_view value) {
    return visit(absl::StrCat(beginning, rest), value);
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
