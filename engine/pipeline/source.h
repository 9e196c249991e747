// Port: where records come from.
//
// A source gives the records of one or more partitions in one order. Reading the same input again
// from the same position gives the same records: everything else rests on that.
//
// Threads: one caller at a time.
//
// Layer: engine/pipeline.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "engine/pipeline/record.h"

namespace weir {

class Source {
 public:
  virtual ~Source() = default;

  // Replaces `records` by the next ones, at most `limit`; none at the end of the input. They are
  // valid until the next call. Unavailable or DataLoss if the input cannot be read on.
  virtual absl::Status Read(size_t limit, std::vector<Record>& records) = 0;

  // The next position: behind everything read so far. Opaque; the caller stores it with the state.
  virtual std::string Position() const = 0;

  // Continues at a position that this source, or one over the same input, has given.
  // FailedPrecondition if the input is not the one that the position belongs to.
  virtual absl::Status Seek(absl::string_view position) = 0;
};

}  // namespace weir
