// Port: where the local stores of partitions lie.
//
// Threads: any, but for one partition one at a time.
//
// Layer: engine/pipeline.
#pragma once

#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "engine/pipeline/store.h"

namespace weir {

class StoreHome {
 public:
  virtual ~StoreHome() = default;

  // Opens the store of a partition, made if there is none. DataLoss if it is damaged; Unavailable
  // if there can be none for now; ResourceExhausted if it is open still, and soon will not be.
  virtual absl::StatusOr<std::unique_ptr<Store>> Open(int32_t partition) = 0;

  // Puts a store that is not open aside for people to look at, so that the next one is empty. Only
  // the last one put aside is kept.
  virtual absl::Status PutAside(int32_t partition) = 0;

  // Takes a store that is not open away, so that the next one is empty.
  virtual absl::Status Discard(int32_t partition) = 0;
};

}  // namespace weir
