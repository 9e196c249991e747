#include "connectors/capture/line_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

#include "engine/base/check.h"
#include "engine/base/status_macros.h"

namespace weir {

namespace {

// A line of the largest size and its line feed.
constexpr size_t kMaxCapacity = kMaxLineBytes + 1;

}  // namespace

LineReader::LineReader(size_t capacity)
    : buffer_(std::make_unique<char[]>(capacity + kLinePadding)), capacity_(capacity) {
  WEIR_CHECK(capacity > 0 && capacity <= kMaxCapacity);
}

void LineReader::Start(std::unique_ptr<ByteStream> stream, absl::string_view name, Place place) {
  stream_ = std::move(stream);
  name_ = std::string(name);
  begin_ = 0;
  scanned_ = 0;
  end_ = 0;
  at_end_ = false;
  front_ = place;
  place_ = place;
}

bool LineReader::Next(absl::string_view& line) {
  const char* const base = buffer_.get();
  const void* const feed = std::memchr(base + scanned_, '\n', end_ - scanned_);
  size_t line_end = end_;
  if (feed != nullptr) {
    line_end = static_cast<size_t>(static_cast<const char*>(feed) - base);
  } else if (!at_end_ || begin_ == end_) {
    scanned_ = end_;
    return false;
  }
  line = {base + begin_, line_end - begin_};
  place_ = {.offset = front_.offset + begin_, .line = front_.line};
  ++front_.line;
  begin_ = feed != nullptr ? line_end + 1 : end_;
  scanned_ = begin_;
  return true;
}

absl::StatusOr<bool> LineReader::Refill() {
  if (at_end_) {
    return false;
  }
  if (end_ - begin_ > kMaxLineBytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        "Cannot read line ", front_.line, " of ", CaptureName(name_), ": it is longer than ",
        kMaxLineBytes, " bytes; check that this is a capture, with one record a line"));
  }
  MakeRoom();
  WEIR_ASSIGN_OR_RETURN(const size_t count, stream_->Read(&buffer_[end_], capacity_ - end_));
  end_ += count;
  at_end_ = count == 0;
  return !at_end_ || begin_ < end_;
}

void LineReader::MakeRoom() {
  if (begin_ > 0) {
    std::memmove(buffer_.get(), &buffer_[begin_], end_ - begin_);
    front_.offset += begin_;
    scanned_ -= begin_;
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == capacity_) {
    const size_t capacity = std::min(2 * capacity_, kMaxCapacity);
    auto buffer = std::make_unique<char[]>(capacity + kLinePadding);
    std::memcpy(buffer.get(), buffer_.get(), end_);
    buffer_ = std::move(buffer);
    capacity_ = capacity;
  }
}

}  // namespace weir
