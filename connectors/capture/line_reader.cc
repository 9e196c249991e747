#include "connectors/capture/line_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

#include "connectors/capture/line_feeds.h"
#include "engine/base/check.h"
#include "engine/base/status_macros.h"

namespace weir {

namespace {

static_assert(kLinePadding >= kLineFeedPadding);

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
  feeds_.clear();
  next_feed_ = 0;
  at_end_ = false;
  front_ = place;
  place_ = place;
}

// Looks for line feeds where none has been looked for yet; false if there are none. Not far beyond
// the first one: what is looked at is to be in the cache still when the lines are read.
bool LineReader::FindFeeds() {
  constexpr size_t kStep = size_t{16} << 10;
  feeds_.clear();
  next_feed_ = 0;
  while (feeds_.empty() && scanned_ < end_) {
    const size_t step_end = std::min(scanned_ + kStep, end_);
    FindLineFeeds(buffer_.bytes.get(), scanned_, step_end, feeds_);
    scanned_ = step_end;
  }
  return !feeds_.empty();
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
