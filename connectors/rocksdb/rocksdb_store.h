// The engine's Store on RocksDB.
//
// One database in one directory, owned by one process at a time. Each Write is one WriteBatch with
// a synced write-ahead log: atomic, and durable when it returns.
//
// Values are few and large (packed counters), so they are kept in blob files, outside the
// compactions that would copy them again and again.
//
// RocksDB may, after damage to its files, open at an older commit without an error. That is safe
// here: a commit holds the source's position and the outputs' lengths together with the state, and
// work since then is done again.
//
// A store can also be opened for reading alone, beside the process that owns it: it shows the
// commit that was the last one at that moment, whatever is written later, and changes nothing in
// the directory.
//
// Errors: Unavailable   the directory cannot be opened (the message says if another process has it)
//         DataLoss      RocksDB found damage, or misses a file
//         ResourceExhausted  this process has the directory open already
//         NotFound      for reading alone: there is no state in the directory
//         Aborted       for reading alone: its owner put files away while they were being read;
//                       opening it again gives a newer commit
//
// Threads: one owner.
//
// Layer: connectors/rocksdb (engine/base, engine/pipeline).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "engine/base/state_batch.h"
#include "engine/pipeline/store.h"

namespace weir {

// What a Write that has returned OK survives.
enum class Durability : uint8_t {
  kMachine,  // a crash of the machine
  kProcess,  // one of the process: for a store that may fall behind
};

// Opens the store in `directory`, made if it is not there.
absl::StatusOr<std::unique_ptr<Store>> OpenRocksDbStore(
    const std::string& directory, Durability durability = Durability::kMachine);

// Opens the store in `directory` for reading alone; a Write is answered with Unavailable.
absl::StatusOr<std::unique_ptr<Store>> OpenRocksDbStoreForReading(const std::string& directory);

}  // namespace weir
