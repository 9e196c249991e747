// The stores of partitions on RocksDB: a directory for each, in one directory.
//
// The store of partition 3 lies in `3`, one put aside in `3.aside`.
//
// Errors and threads: as StoreHome and RocksDbStore.
//
// Layer: connectors/rocksdb (engine/pipeline).
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "engine/pipeline/store_home.h"

namespace weir {

class RocksDbStoreHome final : public StoreHome {
 public:
  explicit RocksDbStoreHome(std::string directory) : directory_(std::move(directory)) {}

  absl::StatusOr<std::unique_ptr<Store>> Open(int32_t partition) override;
  absl::Status PutAside(int32_t partition) override;
  absl::Status Discard(int32_t partition) override;

 private:
  std::string PathOf(int32_t partition) const;

  const std::string directory_;
};

}  // namespace weir
