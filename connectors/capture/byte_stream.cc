#include "connectors/capture/byte_stream.h"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "connectors/capture/file_descriptor.h"
#include "engine/base/check.h"
#include "engine/base/status_macros.h"

#include <sys/stat.h>

namespace weir {

namespace {

constexpr absl::string_view kStandardInput = "-";

constexpr size_t kHeadSize = 4;  // enough to tell the kinds of compression apart
constexpr size_t kInputSize = size_t{256} << 10;

bool IsStandardInput(absl::string_view path) {
  return path == kStandardInput;
}

// ---- Files

absl::Status OpenError(absl::string_view path, int error) {
  const std::string what = absl::StrCat("Cannot open ", CaptureName(path), ": ", OsReason(error));
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return absl::NotFoundError(absl::StrCat(what, "; check the path"));
    case EACCES:
    case EPERM:
      return absl::PermissionDeniedError(absl::StrCat(what, "; allow this user to read it"));
    case EISDIR:
      return absl::InvalidArgumentError(absl::StrCat(what, "; give the files in it"));
    case EBADF:
      return absl::UnavailableError(absl::StrCat(what, "; it is closed, redirect it"));
    default:
      return absl::UnavailableError(absl::StrCat(what, "; give a file or a pipe"));
  }
}

// The size of what is read from front to back and has one.
absl::StatusOr<std::optional<uint64_t>> SizeOf(absl::string_view path, const struct stat& status) {
  if (S_ISDIR(status.st_mode)) {
    return OpenError(path, EISDIR);
  }
  // Standard input may be a file that is not read from its beginning.
  if (!S_ISREG(status.st_mode) || IsStandardInput(path)) {
    return std::optional<uint64_t>();
  }
  return std::optional<uint64_t>(static_cast<uint64_t>(status.st_size));
}

// An open file, its first bytes read ahead.
class RawFile {
 public:
  static absl::StatusOr<RawFile> Open(const std::string& path);

  // Up to `size` bytes; 0 at the end.
  absl::StatusOr<size_t> Read(char* buffer, size_t size);

  // OutOfRange beyond the end. Only if is_seekable().
  absl::Status SeekTo(uint64_t offset);

  const std::string& path() const { return path_; }

  absl::string_view head() const { return {head_.data(), head_size_}; }

  uint64_t position() const { return position_; }

  bool is_seekable() const { return is_seekable_; }

 private:
  explicit RawFile(std::string path) : path_(std::move(path)) {}

  absl::StatusOr<size_t> ReadFromSystem(char* buffer, size_t size);
  absl::Status ReadHead();

  std::string path_;
  FileDescriptor file_;
  bool is_seekable_ = false;
  std::array<char, kHeadSize> head_ = {};
  size_t head_size_ = 0;
  uint64_t position_ = 0;  // of what Read gives next
};

absl::StatusOr<RawFile> RawFile::Open(const std::string& path) {
  RawFile raw(path);
  raw.file_ = FileDescriptor(IsStandardInput(path) ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                                                   : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status = {};
  if (!raw.file_.is_open() || ::fstat(raw.file_.get(), &status) != 0) {
    return OpenError(path, errno);
  }
  WEIR_ASSIGN_OR_RETURN(const std::optional<uint64_t> size, SizeOf(path, status));
  raw.is_seekable_ = size.has_value();
  WEIR_RETURN_IF_ERROR(raw.ReadHead());
  return raw;
}

absl::Status RawFile::ReadHead() {
  while (head_size_ < head_.size()) {
    WEIR_ASSIGN_OR_RETURN(const size_t count,
                          ReadFromSystem(&head_[head_size_], head_.size() - head_size_));
    if (count == 0) {
      break;
    }
    head_size_ += count;
  }
  return absl::OkStatus();
}

absl::StatusOr<size_t> RawFile::ReadFromSystem(char* buffer, size_t size) {
  ssize_t count = 0;
  do {
    count = ::read(file_.get(), buffer, size);
  } while (count < 0 && errno == EINTR);
  if (count < 0) {
    return absl::UnavailableError(absl::StrCat("Cannot read ", CaptureName(path_), " at byte ",
                                               position_, ": ", OsReason(errno),
                                               "; check the disk and start again"));
  }
  return static_cast<size_t>(count);
}

absl::StatusOr<size_t> RawFile::Read(char* buffer, size_t size) {
  if (position_ < head_size_) {
    const size_t count = std::min<size_t>(size, head_size_ - position_);
    std::memcpy(buffer, &head_[position_], count);
    position_ += count;
    return count;
  }
  WEIR_ASSIGN_OR_RETURN(const size_t count, ReadFromSystem(buffer, size));
  position_ += count;
  return count;
}

absl::Status RawFile::SeekTo(uint64_t offset) {
  if (offset < head_size_) {
    position_ = offset;
    return absl::OkStatus();
  }
  struct stat status = {};
  if (::fstat(file_.get(), &status) != 0) {
    return OpenError(path_, errno);
  }
  if (offset > static_cast<uint64_t>(status.st_size)) {
    return absl::OutOfRangeError(absl::StrCat("Cannot go to byte ", offset, " of ",
                                              CaptureName(path_), ": it ends after ",
                                              status.st_size, "; give the capture it was"));
  }
  if (::lseek(file_.get(), static_cast<off_t>(offset), SEEK_SET) < 0) {
    return OpenError(path_, errno);
  }
  position_ = offset;
  return absl::OkStatus();
}

// Reads on to `offset`, with `position` bytes of the content read.
absl::Status ReadTo(uint64_t offset, uint64_t position, absl::string_view path,
                    ByteStream& stream) {
  WEIR_CHECK(offset >= position);
  std::vector<char> buffer(kInputSize);
  while (position < offset) {
    WEIR_ASSIGN_OR_RETURN(
        const size_t count,
        stream.Read(buffer.data(), std::min<uint64_t>(buffer.size(), offset - position)));
    if (count == 0) {
      return absl::OutOfRangeError(absl::StrCat("Cannot go to byte ", offset, " of ",
                                                CaptureName(path), ": its content ends after ",
                                                position, "; give the capture it was"));
    }
    position += count;
  }
  return absl::OkStatus();
}

class PlainStream : public ByteStream {
 public:
  explicit PlainStream(RawFile file) : file_(std::move(file)) {}

  absl::StatusOr<size_t> Read(char* buffer, size_t size) override {
    return file_.Read(buffer, size);
  }

  absl::Status SkipTo(uint64_t offset) override {
    WEIR_CHECK(offset >= file_.position());
    return file_.is_seekable() ? file_.SeekTo(offset)
                               : ReadTo(offset, file_.position(), file_.path(), *this);
  }

  uint64_t consumed() const override { return file_.position(); }

 private:
  RawFile file_;
};

// ---- Compression

class Decompressor {
 public:
  struct Step {
    size_t taken = 0;   // bytes of the input
    size_t made = 0;    // bytes of the output
    std::string fault;  // why there is nothing more to come; empty if all is well
  };

  virtual ~Decompressor() = default;

  // Takes or makes something unless there is no input. `output` is not empty.
  virtual Step Run(absl::string_view input, char* output, size_t size) = 0;

  // Whether a member or a frame has begun and is not at its end.
  bool is_within() const { return is_within_; }

 protected:
  bool is_within_ = false;
};

class GzipDecompressor : public Decompressor {
 public:
  GzipDecompressor() {
    // 16 asks for the gzip format, and nothing but memory can be missing here.
    WEIR_CHECK(::inflateInit2(&stream_, MAX_WBITS + 16) == Z_OK);
  }

  GzipDecompressor(const GzipDecompressor&) = delete;
  GzipDecompressor& operator=(const GzipDecompressor&) = delete;

  ~GzipDecompressor() override { ::inflateEnd(&stream_); }

  Step Run(absl::string_view input, char* output, size_t size) override {
    if (!is_within_) {
      ::inflateReset(&stream_);
    }
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): zlib only reads through it
    stream_.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(input.data()));
    stream_.avail_in = static_cast<uInt>(input.size());
    stream_.next_out = reinterpret_cast<Bytef*>(output);
    const auto room = static_cast<uInt>(std::min(size, size_t{1} << 30));
    stream_.avail_out = room;
    const int result = ::inflate(&stream_, Z_NO_FLUSH);
    is_within_ = result != Z_STREAM_END;
    Step step = {
        .taken = input.size() - stream_.avail_in, .made = room - stream_.avail_out, .fault = {}};
    // Z_BUF_ERROR only says that there was nothing to do.
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
      step.fault = stream_.msg != nullptr ? stream_.msg : "no gzip data";
    }
    return step;
  }

 private:
  z_stream stream_ = {};
};

class ZstdDecompressor : public Decompressor {
 public:
  ZstdDecompressor() : stream_(ZSTD_createDStream()) { WEIR_CHECK(stream_ != nullptr); }

  Step Run(absl::string_view input, char* output, size_t size) override {
    ZSTD_inBuffer in = {.src = input.data(), .size = input.size(), .pos = 0};
    ZSTD_outBuffer out = {.dst = output, .size = size, .pos = 0};
    const size_t result = ZSTD_decompressStream(stream_.get(), &out, &in);
    is_within_ = result != 0;
    Step step = {.taken = in.pos, .made = out.pos, .fault = {}};
    if (ZSTD_isError(result) != 0) {
      step.fault = ZSTD_getErrorName(result);
      if (ZSTD_getErrorCode(result) == ZSTD_error_frameParameter_windowTooLarge) {
        step.fault += " (compress it with --long=27 at most)";
      }
    }
    return step;
  }

 private:
  struct Free {
    void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
  };

  std::unique_ptr<ZSTD_DStream, Free> stream_;
};

class CompressedStream : public ByteStream {
 public:
  CompressedStream(RawFile file, std::unique_ptr<Decompressor> decompressor)
      : file_(std::move(file)), decompressor_(std::move(decompressor)), input_(kInputSize) {}

  absl::StatusOr<size_t> Read(char* buffer, size_t size) override {
    while (failed_.ok()) {
      if (next_ == filled_) {
        WEIR_RETURN_IF_ERROR(FillInput());
      }
      // Without input there may still be something in the decompressor.
      if (next_ == filled_ && !decompressor_->is_within()) {
        return 0;
      }
      const bool was_last = next_ == filled_;
      const Decompressor::Step step =
          decompressor_->Run({&input_[next_], filled_ - next_}, buffer, size);
      next_ += step.taken;
      position_ += step.made;
      if (!step.fault.empty()) {
        failed_ = Damaged(step.fault);
      }
      if (step.made > 0) {
        return step.made;
      }
      if (was_last && decompressor_->is_within() && failed_.ok()) {
        failed_ = Damaged("the compressed data is cut short");
      }
    }
    return failed_;
  }

  absl::Status SkipTo(uint64_t offset) override {
    return ReadTo(offset, position_, file_.path(), *this);
  }

  uint64_t consumed() const override { return file_.position() - (filled_ - next_); }

 private:
  absl::Status FillInput() {
    next_ = 0;
    filled_ = 0;
    WEIR_ASSIGN_OR_RETURN(filled_, file_.Read(input_.data(), kInputSize));
    return absl::OkStatus();
  }

  absl::Status Damaged(absl::string_view reason) const {
    return absl::DataLossError(absl::StrCat(
        "Cannot decompress ", CaptureName(file_.path()), " beyond byte ", consumed(), " (byte ",
        position_, " of its content): ", reason, "; get the file again and start again"));
  }

  RawFile file_;
  std::unique_ptr<Decompressor> decompressor_;
  std::vector<char> input_ = {};
  size_t next_ = 0;  // of the input, what has not been taken
  size_t filled_ = 0;
  uint64_t position_ = 0;  // in the content
  absl::Status failed_ = absl::OkStatus();
};

bool IsGzip(absl::string_view head) {
  return absl::StartsWith(head, "\x1F\x8B");
}

// A frame of data, or one that says something about the file and is skipped.
bool IsZstd(absl::string_view head) {
  return head == "\x28\xB5\x2F\xFD" ||
         (head.size() == kHeadSize && (head[0] & 0xF0) == 0x50 && head.substr(1) == "\x2A\x4D\x18");
}

}  // namespace

std::string CaptureName(absl::string_view path) {
  return IsStandardInput(path) ? "standard input" : absl::StrCat("capture '", path, "'");
}

absl::StatusOr<std::unique_ptr<ByteStream>> OpenCapture(const std::string& path) {
  WEIR_ASSIGN_OR_RETURN(RawFile file, RawFile::Open(path));
  const absl::string_view head = file.head();
  if (IsGzip(head)) {
    return std::make_unique<CompressedStream>(std::move(file),
                                              std::make_unique<GzipDecompressor>());
  }
  if (IsZstd(head)) {
    return std::make_unique<CompressedStream>(std::move(file),
                                              std::make_unique<ZstdDecompressor>());
  }
  return std::make_unique<PlainStream>(std::move(file));
}

absl::StatusOr<std::optional<uint64_t>> CheckCapture(const std::string& path) {
  struct stat status = {};
  const bool is_there = IsStandardInput(path) ? ::fstat(STDIN_FILENO, &status) == 0
                                              : ::stat(path.c_str(), &status) == 0 &&
                                                    ::access(path.c_str(), R_OK) == 0;
  if (!is_there) {
    return OpenError(path, errno);
  }
  return SizeOf(path, status);
}

}  // namespace weir
