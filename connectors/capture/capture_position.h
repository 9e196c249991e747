// Where a capture source stands, as it is stored with the state.
//
// A position leads to the last record that was read, not behind it: reading that record's line
// again shows whether the capture is still the one it was, and what follows is read on from there.
// So a capture may grow, blank lines at its end included.
//
// Promises: decoding any bytes gives a position or says that they are none.
//
// Layer: connectors/capture (engine/base).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace weir {

// A partition of a topic.
struct PartitionName {
  std::string topic;  // empty: the records that do not say
  int32_t partition = 0;
};

struct CapturePosition {
  // A capture of which something has been read.
  struct Capture {
    std::string name;
    uint64_t size = 0;  // bytes of the file; of the last one, which may grow, 0
  };

  // The line of the last record.
  struct Line {
    uint64_t start = 0;  // byte of the content of the last of `captures`
    uint64_t number = 1;
    uint64_t hash = 0;  // XXH3-64
  };

  std::vector<Capture> captures;          // none: nothing has been read
  Line last;                              // only if there are captures
  int64_t next_offset = 0;                // of the unnamed partition
  std::vector<PartitionName> partitions;  // the named ones, in order of their numbers from 1
};

std::string EncodePosition(const CapturePosition& position);
std::optional<CapturePosition> DecodePosition(absl::string_view bytes);

}  // namespace weir
