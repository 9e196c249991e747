// Splits the content of a capture into lines.
//
// A line ends at a line feed or at the end of the content; a line feed at the very end begins no
// further line. The line feed is not part of it; a carriage return before it is.
//
// Promises: kLinePadding bytes behind a line can be read. Lines are views into two buffers, which
// are kept from capture to capture, so that a steady stream allocates nothing.
// Errors: those of the stream, once the lines before them have been given; InvalidArgument for a
// line longer than kMaxLineBytes.
//
// Threads: one owner.
//
// Layer: connectors/capture (engine/base).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "connectors/capture/byte_stream.h"

namespace weir {

constexpr size_t kLinePadding = 64;
constexpr size_t kMaxLineBytes = size_t{64} << 20;

class LineReader {
 public:
  // `capacity` is the size that buffers start with; they grow for a line that does not fit.
  explicit LineReader(size_t capacity = size_t{4} << 20);

  // Where a line begins.
  struct Place {
    uint64_t offset = 0;  // in the content
    uint64_t line = 1;    // its number
  };

  // From here on gives the lines of `stream`, which stands at `place`. `name` is for messages.
  void Start(std::unique_ptr<ByteStream> stream, absl::string_view name, Place place);

  // The lines given since the Hold before are to stay until the next Hold, those given before that
  // may go. Without one, none stays.
  void Hold() { holds_ = true; }

  // Gives the next line if it is in the buffer whole.
  bool Next(absl::string_view& line) {
    const bool has_feed = next_feed_ < feeds_.size() || FindFeeds();
    if (!has_feed && (!at_end_ || begin_ == end_)) {
      return false;
    }
    const size_t line_end = has_feed ? feeds_[next_feed_++] : end_;
    line = {buffer_.bytes.get() + begin_, line_end - begin_};
    place_ = {.offset = front_.offset + begin_, .line = front_.line};
    ++front_.line;
    begin_ = has_feed ? line_end + 1 : end_;
    return true;
  }

  // After Next has found nothing: reads on. Lines given before are gone, but for those held. False
  // at the end.
  absl::StatusOr<bool> Refill();

  // Of the line that Next gave last.
  Place place() const { return place_; }

  // How much of the file the stream has used.
  uint64_t consumed() const { return stream_->consumed(); }

 private:
  struct Buffer {
    std::unique_ptr<char[]> bytes;
    size_t capacity = 0;  // the padding aside
  };

  bool FindFeeds();
  void MakeRoom();

  std::unique_ptr<ByteStream> stream_;
  std::string name_;
  Buffer buffer_;
  Buffer other_;        // holds lines that were given before
  bool holds_ = false;  // what is in buffer_ is to stay
  size_t begin_ = 0;    // of the line that comes next
  size_t scanned_ = 0;  // up to where line feeds have been looked for
  size_t end_ = 0;      // of what has been read
  // Those found last, as positions in the buffer, and the first of them that was not used.
  std::vector<uint32_t> feeds_;
  size_t next_feed_ = 0;
  bool at_end_ = false;
  Place front_;  // what lies at the front of the buffer; the line number is that of begin_
  Place place_;
};

}  // namespace weir
