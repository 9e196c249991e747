#include "connectors/capture/capture_lines.h"

#include <memory>
#include <numeric>
#include <utility>

#include "connectors/capture/byte_stream.h"
#include "engine/base/status_macros.h"

namespace weir {

namespace {

bool IsBlank(absl::string_view line) {
  return (line.empty() || line.front() <= ' ') &&
         line.find_first_not_of(" \t\r") == absl::string_view::npos;
}

}  // namespace

CaptureLines::CaptureLines(std::vector<std::string> captures) : captures_(std::move(captures)) {}

absl::Status CaptureLines::Read(size_t limit, Batch& batch) {
  batch.lines.clear();
  batch.ended.clear();
  lines_.Hold();
  while (batch.lines.size() < limit) {
    absl::string_view line;
    if (is_open_ && lines_.Next(line)) {
      if (!IsBlank(line)) {
        batch.lines.push_back({line, lines_.place()});
      }
      continue;
    }
    // Reading on would take the lines away.
    if (!batch.lines.empty()) {
      break;
    }
    WEIR_ASSIGN_OR_RETURN(const bool has_more, ReadOn(batch));
    if (!has_more) {
      break;
    }
  }
  batch.capture = current_;
  batch.consumed = consumed_before_ + (is_open_ ? lines_.consumed() : 0);
  return absl::OkStatus();
}

// False at the end of the last capture.
absl::StatusOr<bool> CaptureLines::ReadOn(Batch& batch) {
  if (is_open_) {
    WEIR_ASSIGN_OR_RETURN(const bool has_more, lines_.Refill());
    if (has_more) {
      return true;
    }
    batch.ended.push_back(lines_.consumed());
    consumed_before_ += lines_.consumed();
    is_open_ = false;
    ++current_;
  }
  if (current_ == captures_.size()) {
    return false;
  }
  WEIR_RETURN_IF_ERROR(OpenCurrent({}));
  return true;
}

absl::Status CaptureLines::OpenCurrent(LineReader::Place place) {
  const std::string& capture = captures_[current_];
  if (capture == "-") {
    if (standard_input_used_) {
      return absl::FailedPreconditionError(
          "Cannot read standard input again: it is a stream; start anew with the same input");
    }
    standard_input_used_ = true;
  }
  WEIR_ASSIGN_OR_RETURN(std::unique_ptr<ByteStream> stream, OpenCapture(capture));
  if (place.offset > 0) {
    WEIR_RETURN_IF_ERROR(stream->SkipTo(place.offset));
  }
  lines_.Start(std::move(stream), capture, place);
  is_open_ = true;
  return absl::OkStatus();
}

void CaptureLines::Restart() {
  current_ = 0;
  is_open_ = false;
  consumed_before_ = 0;
}

absl::Status CaptureLines::ContinueAt(size_t capture, LineReader::Place place,
                                      const std::vector<uint64_t>& sizes_before) {
  current_ = capture;
  is_open_ = false;
  consumed_before_ = std::accumulate(sizes_before.begin(), sizes_before.end(), uint64_t{0});
  return OpenCurrent(place);
}

}  // namespace weir
