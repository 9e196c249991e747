// The lines of captures, one capture after the other, in batches. A line of nothing but blanks is
// left out.
//
// Errors: those of byte_stream.h and line_reader.h, once all lines before have been given.
//
// Threads: one at a time.
//
// Layer: connectors/capture (engine/base).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

#include "connectors/capture/line_reader.h"

namespace weir {

class CaptureLines {
 public:
  struct Line {
    absl::string_view text;
    LineReader::Place place;
  };

  struct Batch {
    std::vector<Line> lines;      // all of one capture
    size_t capture = 0;           // its number
    std::vector<uint64_t> ended;  // sizes of the captures that ended before these lines
    uint64_t consumed = 0;        // bytes of the files used so far
  };

  explicit CaptureLines(std::vector<std::string> captures);

  const std::vector<std::string>& captures() const { return captures_; }

  // Replaces the batch by the next lines, at most `limit`; none at the end. They are valid until
  // the next call but one, so that a batch can be read while the one before is being used.
  absl::Status Read(size_t limit, Batch& batch);

  // Goes on at the beginning of all captures.
  void Restart();

  // Goes on at a place of a capture; those before have these sizes. OutOfRange if the capture ends
  // before it.
  absl::Status ContinueAt(size_t capture, LineReader::Place place,
                          const std::vector<uint64_t>& sizes_before);

 private:
  absl::StatusOr<bool> ReadOn(Batch& batch);
  absl::Status OpenCurrent(LineReader::Place place);

  std::vector<std::string> captures_;
  size_t current_ = 0;  // capture that is being read
  bool is_open_ = false;
  bool standard_input_used_ = false;
  uint64_t consumed_before_ = 0;  // by the captures before the current one
  LineReader lines_;
};

}  // namespace weir
