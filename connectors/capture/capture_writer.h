// Writes a capture: lines behind one another, compressed if the file's name ends in .zst or .gz.
//
// Compressed content goes into the file by blocks, each a frame (zstd) or a member (gzip) of its
// own, so that what has been written can be read whatever becomes of the rest.
//
// Errors: AlreadyExists from opening, if there is such a file; else as an OutputFile.
//
// Threads: one owner; a team works for it.
//
// Layer: connectors/capture (engine/base, zlib, zstd).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "connectors/capture/output_file.h"
#include "engine/base/team.h"

namespace weir {

enum class Compression : uint8_t { kNone, kGzip, kZstd };

// That of a file, by the end of its name.
Compression CompressionOf(absl::string_view path);

class CaptureWriter {
 public:
  // Makes the file; the team outlives the writer.
  static absl::StatusOr<std::unique_ptr<CaptureWriter>> Open(const std::string& path, Team& team);

  // What is put here comes next, whole lines.
  std::string& buffer() { return buffer_; }

  // Begins to write what is in the buffer if that is a block.
  void WriteIfMany();

  // Waits until all of the buffer is in the file, durably.
  absl::Status Flush();

 private:
  CaptureWriter(std::unique_ptr<OutputFile> file, Compression compression)
      : file_(std::move(file)), compression_(compression) {}

  void WriteBlock();

  std::unique_ptr<OutputFile> file_;
  Compression compression_;
  std::string buffer_;
  bool has_begun_ = false;
};

}  // namespace weir
