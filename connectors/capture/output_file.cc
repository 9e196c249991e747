#include "connectors/capture/output_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"

#include "engine/base/status_macros.h"

#include <sys/file.h>
#include <sys/stat.h>

namespace weir {

namespace {

constexpr size_t kMany = size_t{1} << 20;
// So that what fills the buffer seldom makes it grow.
constexpr size_t kBufferSize = 2 * kMany;

absl::Status OsError(absl::string_view attempt, absl::string_view path, int error) {
  return absl::UnavailableError(
      absl::StrCat("Cannot ", attempt, " '", path, "': ", OsReason(error),
                   "; see to the free space and the permissions there, then start again"));
}

absl::Status WriteAll(int descriptor, absl::string_view bytes, absl::string_view path) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno != EINTR) {
      return OsError("write", path, errno);
    }
    bytes.remove_prefix(count < 0 ? 0 : static_cast<size_t>(count));
  }
  return absl::OkStatus();
}

std::string ParentOf(const std::string& path) {
  const size_t end = path.find_last_not_of('/');
  const size_t slash = end == std::string::npos ? end : path.find_last_of('/', end);
  if (slash == std::string::npos) {
    return path.empty() || path.front() != '/' ? "." : "/";
  }
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

OutputFile::OutputFile(std::string path, FileDescriptor descriptor, Team& team)
    : path_(std::move(path)),
      descriptor_(std::move(descriptor)),
      team_(team),
      status_(absl::FailedPreconditionError("Cannot write the outputs: they were not reopened")) {
  buffer_.reserve(kBufferSize);
  writing_.reserve(kBufferSize);
}

absl::StatusOr<std::unique_ptr<OutputFile>> OutputFile::Open(std::string path, Team& team) {
  FileDescriptor descriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  if (!descriptor.is_open()) {
    return OsError("open", path, errno);
  }
  // Where locks are not supported, there are none.
  if (::flock(descriptor.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    return absl::UnavailableError(
        absl::StrCat("Cannot write '", path,
                     "': another process is writing it; end that one or give another directory"));
  }
  return absl::WrapUnique(new OutputFile(std::move(path), std::move(descriptor), team));
}

void OutputFile::WriteIfMany() {
  if (buffer_.size() >= kMany) {
    Write();
  }
}

void OutputFile::Write() {
  job_.reset();
  if (status_.ok()) {
    std::swap(buffer_, writing_);
    length_ += writing_.size();
    job_ = team_.Start([this] { status_ = WriteAll(descriptor_.get(), writing_, path_); });
  }
  buffer_.clear();
}

absl::Status OutputFile::Flush() {
  if (!buffer_.empty()) {
    Write();
  }
  job_.reset();
  if (!status_.ok() || length_ == sealed_) {
    return status_;
  }
  WEIR_ASSIGN_OR_RETURN(const uint64_t length, Length());
  if (length != length_) {
    status_ = absl::UnavailableError(absl::StrCat(
        "Cannot write '", path_, "': it is ", length, " bytes long instead of ", length_,
        "; keep others from changing it, log rotation included, then start again"));
  }
  return status_;
}

absl::Status OutputFile::Sync() {
  if (synced_ != sealed_ && ::fdatasync(descriptor_.get()) != 0) {
    return OsError("sync", path_, errno);
  }
  synced_ = sealed_;
  return absl::OkStatus();
}

absl::Status OutputFile::CutBackTo(uint64_t length) {
  buffer_.clear();
  if (length_ != length && ::ftruncate(descriptor_.get(), static_cast<off_t>(length)) != 0) {
    return OsError("cut back", path_, errno);
  }
  length_ = length;
  return absl::OkStatus();
}

absl::Status OutputFile::Discard() {
  job_.reset();
  // After an error too, so that a full disk gets some room.
  status_.Update(CutBackTo(sealed_));
  return status_;
}

absl::StatusOr<uint64_t> OutputFile::Length() const {
  struct stat status = {};
  if (::fstat(descriptor_.get(), &status) != 0) {
    return OsError("get the length of", path_, errno);
  }
  return static_cast<uint64_t>(status.st_size);
}

absl::Status OutputFile::Reopen(uint64_t sealed) {
  job_.reset();
  WEIR_ASSIGN_OR_RETURN(length_, Length());
  sealed_ = sealed;
  synced_ = sealed;
  status_ = CutBackTo(sealed);
  return status_;
}

// ---- Files and directories

absl::Status SyncDirectory(const std::string& path) {
  const FileDescriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // Some file systems cannot sync a directory, and say so with EINVAL.
  if (!directory.is_open() || (::fsync(directory.get()) != 0 && errno != EINVAL)) {
    return OsError("sync directory", path, errno);
  }
  return absl::OkStatus();
}

absl::Status MakeDirectories(const std::string& path) {
  for (size_t end = 0; end != std::string::npos;) {
    end = path.find('/', end + 1);
    const std::string directory = path.substr(0, end);
    if (::mkdir(directory.c_str(), 0777) == 0) {
      WEIR_RETURN_IF_ERROR(SyncDirectory(ParentOf(directory)));
      continue;
    }
    const int error = errno;
    // A read-only parent, for one, gives another error than EEXIST.
    if (struct stat status = {}; ::stat(directory.c_str(), &status) != 0) {
      return OsError("make directory", directory, error);
    }
  }
  return absl::OkStatus();
}

absl::Status WriteFileAtomically(const std::string& path, absl::string_view contents) {
  const std::string temporary = path + ".tmp";
  const FileDescriptor file(
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (!file.is_open()) {
    return OsError("open", temporary, errno);
  }
  absl::Status written = WriteAll(file.get(), contents, temporary);
  if (written.ok() && ::fsync(file.get()) != 0) {
    written = OsError("sync", temporary, errno);
  }
  if (written.ok() && std::rename(temporary.c_str(), path.c_str()) != 0) {
    written = OsError("replace", path, errno);
  }
  if (!written.ok()) {
    ::unlink(temporary.c_str());
    return written;
  }
  return SyncDirectory(ParentOf(path));
}

}  // namespace weir
