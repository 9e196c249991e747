// Stores around and beside the real one, to measure it.
//
// Errors: as the port says.
//
// Threads: as the port says.
//
// Layer: bench (connectors/capture, engine/base, engine/pipeline).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

#include "connectors/capture/file_descriptor.h"
#include "engine/base/state_batch.h"
#include "engine/pipeline/store.h"

namespace weir {

// Passes everything on, and says what the last batch was and how long it took.
class TimedStore : public Store {
 public:
  explicit TimedStore(std::unique_ptr<Store> store) : store_(std::move(store)) {}

  absl::Status Write(const StateBatch& batch) override;
  absl::Status Scan(absl::string_view prefix, Visitor visit) override;

  double seconds() const { return seconds_; }

  // Keys and values of it.
  uint64_t bytes() const { return bytes_; }

 private:
  std::unique_ptr<Store> store_;
  double seconds_ = 0;
  uint64_t bytes_ = 0;
};

// Writes keys and values to a file as they come and makes them durable: what any store has to do.
// The file is there from the start and is written round and round, so that syncing it is about its
// content alone. It can give nothing back.
class BareFile : public Store {
 public:
  explicit BareFile(const std::string& path);

  absl::Status Write(const StateBatch& batch) override;
  absl::Status Scan(absl::string_view prefix, Visitor visit) override;

 private:
  FileDescriptor descriptor_;
  std::string buffer_;
  uint64_t next_ = 0;  // where the next batch goes
};

}  // namespace weir
