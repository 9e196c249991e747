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

// Not set to zero: a large buffer that is never filled takes no memory.
std::unique_ptr<char[]> MakeBytes(size_t capacity) {
  return std::unique_ptr<char[]>(new char[capacity + kLinePadding]);
}

}  // namespace

LineReader::LineReader(size_t capacity)
    : buffer_{.bytes = MakeBytes(capacity), .capacity = capacity} {
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
  const char* const base = buffer_.bytes.get();
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
  WEIR_ASSIGN_OR_RETURN(const size_t count,
                        stream_->Read(&buffer_.bytes[end_], buffer_.capacity - end_));
  end_ += count;
  at_end_ = count == 0;
  return !at_end_ || begin_ < end_;
}

// Puts what has not been given to the front, of a buffer that has room behind it.
void LineReader::MakeRoom() {
  const size_t kept = end_ - begin_;
  const size_t needed =
      kept < buffer_.capacity ? buffer_.capacity : std::min(2 * buffer_.capacity, kMaxCapacity);
  if (holds_) {
    if (other_.capacity < needed) {
      other_ = {.bytes = MakeBytes(needed), .capacity = needed};
    }
    std::memcpy(other_.bytes.get(), &buffer_.bytes[begin_], kept);
    std::swap(buffer_, other_);
    holds_ = false;
  } else if (buffer_.capacity < needed) {
    std::unique_ptr<char[]> larger = MakeBytes(needed);
    std::memcpy(larger.get(), &buffer_.bytes[begin_], kept);
    buffer_ = {.bytes = std::move(larger), .capacity = needed};
  } else {
    std::memmove(buffer_.bytes.get(), &buffer_.bytes[begin_], kept);
  }
  front_.offset += begin_;
  scanned_ -= begin_;
  begin_ = 0;
  end_ = kept;
}

}  // namespace weir
