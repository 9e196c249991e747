#include "connectors/capture/capture_writer.h"

#include <zlib.h>
#include <zstd.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "engine/base/check.h"
#include "engine/base/status_macros.h"

namespace weir {

namespace {

constexpr size_t kBlock = size_t{4} << 20;

// Appends a frame of zstd, at the level that is its default.
void AppendFrame(absl::string_view content, std::string& out) {
  const size_t begin = out.size();
  out.resize(begin + ZSTD_compressBound(content.size()));
  const size_t size = ZSTD_compress(out.data() + begin, out.size() - begin, content.data(),
                                    content.size(), ZSTD_CLEVEL_DEFAULT);
  WEIR_CHECK(ZSTD_isError(size) == 0);  // there is room for all that it can become
  out.resize(begin + size);
}

// Appends a member of gzip.
void AppendMember(absl::string_view content, std::string& out) {
  constexpr int kGzipWindow = 15 + 16;  // the largest window; with the header of gzip
  constexpr int kMemory = 8;            // zlib's default
  z_stream stream = {};
  WEIR_CHECK(deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindow, kMemory,
                          Z_DEFAULT_STRATEGY) == Z_OK);
  const size_t begin = out.size();
  out.resize(begin + deflateBound(&stream, content.size()));
  std::string input(content);  // zlib asks for bytes that it could change
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data() + begin);
  stream.avail_out = static_cast<uInt>(out.size() - begin);
  WEIR_CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(begin + stream.total_out);
  deflateEnd(&stream);
}

}  // namespace

Compression CompressionOf(absl::string_view path) {
  if (absl::EndsWith(path, ".zst")) {
    return Compression::kZstd;
  }
  return absl::EndsWith(path, ".gz") ? Compression::kGzip : Compression::kNone;
}

absl::StatusOr<std::unique_ptr<CaptureWriter>> CaptureWriter::Open(const std::string& path,
                                                                   Team& team) {
  std::error_code error;
  if (std::filesystem::exists(path, error)) {
    return absl::AlreadyExistsError(absl::StrCat(
        "Cannot write '", path, "': there is such a file; give another name, or remove it"));
  }
  WEIR_ASSIGN_OR_RETURN(std::unique_ptr<OutputFile> file, OutputFile::Open(path, team));
  WEIR_RETURN_IF_ERROR(file->Reopen(0));
  return absl::WrapUnique(new CaptureWriter(std::move(file), CompressionOf(path)));
}

void CaptureWriter::WriteIfMany() {
  if (buffer_.size() >= kBlock) {
    WriteBlock();
  }
}

void CaptureWriter::WriteBlock() {
  has_begun_ = true;
  switch (compression_) {
    case Compression::kNone:
      file_->buffer().append(buffer_);
      break;
    case Compression::kGzip:
      AppendMember(buffer_, file_->buffer());
      break;
    case Compression::kZstd:
      AppendFrame(buffer_, file_->buffer());
      break;
  }
  buffer_.clear();
  file_->WriteIfMany();
}

absl::Status CaptureWriter::Flush() {
  // Of nothing a frame as well: other tools take no empty file for a compressed one.
  if (!buffer_.empty() || !has_begun_) {
    WriteBlock();
  }
  WEIR_RETURN_IF_ERROR(file_->Flush());
  file_->Seal();
  return file_->Sync();
}

}  // namespace weir
