// The content of a capture as one run of bytes, however it is stored.
//
// A capture is a plain file, gzip (RFC 1952, one or more members), zstd (RFC 8878, one or more
// frames), or any of these on a pipe; `-` is standard input. Compression is told from the first
// bytes, never from the name.
//
// Promises: reading the same file again gives the same bytes. What was read before a damaged part
// is given before the error.
// Does not promise: to notice that a file was cut where a member or a frame ends, or within its
// first four bytes; both leave a file that is whole.
// Errors: NotFound, PermissionDenied, InvalidArgument (a directory) and Unavailable from opening;
// DataLoss for compressed data that is damaged or cut short, anything behind the last member
// included; Unavailable if the operating system cannot read on. An error of decompression stays.
//
// Threads: one owner.
//
// Layer: connectors/capture (engine/base, zlib, zstd).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace weir {

class ByteStream {
 public:
  virtual ~ByteStream() = default;

  // Between 1 and `size` bytes of content, as soon as there are any; 0 at the end.
  virtual absl::StatusOr<size_t> Read(char* buffer, size_t size) = 0;

  // Goes on at a byte of the content that is not before what has been read: at once in a plain
  // file, by reading what lies between in any other. OutOfRange if the content ends before it.
  virtual absl::Status SkipTo(uint64_t offset) = 0;

  // How much of the file has been used, compressed bytes of a compressed one.
  virtual uint64_t consumed() const = 0;
};

// How messages call a capture: `capture 'NAME'`, or `standard input`.
std::string CaptureName(absl::string_view path);

absl::StatusOr<std::unique_ptr<ByteStream>> OpenCapture(const std::string& path);

// Whether a capture is there and may be read, without opening it: that would take a pipe from its
// writer. Gives its size in bytes if that is known before reading.
absl::StatusOr<std::optional<uint64_t>> CheckCapture(const std::string& path);

}  // namespace weir
