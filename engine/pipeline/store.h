// Port: where state is kept.
//
// The one promise: a batch is written whole or not at all, and once Write has returned OK it
// survives a crash of the process or of the machine.
//
// Errors: Unavailable if the store cannot be read or written; DataLoss if what it holds is damaged.
//
// Threads: one caller at a time.
//
// Layer: engine/pipeline.
#pragma once

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"

#include "engine/base/state_batch.h"

namespace weir {

class Store {
 public:
  virtual ~Store() = default;

  virtual absl::Status Write(const StateBatch& batch) = 0;

  // Calls `visit` for every entry whose key starts with `prefix`, ascending by key as bytes; the
  // key is given without the prefix. Stops at the first error and returns it.
  using Visitor = absl::FunctionRef<absl::Status(absl::string_view key, absl::string_view value)>;
  virtual absl::Status Scan(absl::string_view prefix, Visitor visit) = 0;
};

}  // namespace weir
