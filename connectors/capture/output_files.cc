#include "connectors/capture/output_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"

#include "connectors/formats/json_writer.h"
#include "engine/base/status_macros.h"
#include "engine/base/wire.h"

#include <sys/file.h>
#include <sys/stat.h>

namespace weir {

namespace {

constexpr size_t kFlushSize = size_t{1} << 20;
// So that the line that fills the buffer seldom makes it grow.
constexpr size_t kBufferSize = kFlushSize + (size_t{64} << 10);

constexpr absl::string_view kNoOutputMark = "none";

enum FileIndex : size_t { kForwarded, kEpisodes, kDeadLetters, kConsolidated };

constexpr const char* kNames[] = {"alerts.forwarded", "throttle.episodes", "dead.letter",
                                  "alerts.consolidated"};

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

// Makes the names in a directory durable.
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

absl::StatusOr<uint64_t> LengthOf(int descriptor, absl::string_view path) {
  struct stat status = {};
  if (::fstat(descriptor, &status) != 0) {
    return OsError("get the length of", path, errno);
  }
  return static_cast<uint64_t>(status.st_size);
}

// How two marks differ in kind, for people.
absl::Status OtherOutputs(absl::string_view was, absl::string_view advice) {
  return absl::FailedPreconditionError(
      absl::StrCat("Cannot continue: the state was written ", was, "; ", advice));
}

}  // namespace

// ---- OutputFiles

OutputFiles::OutputFiles(std::vector<File> files, bool archive)
    : files_(std::move(files)),
      archive_(archive),
      status_(absl::FailedPreconditionError("Cannot write the outputs: they were not reopened")) {}

absl::StatusOr<std::unique_ptr<OutputFiles>> OutputFiles::Open(const std::string& directory,
                                                               bool archive) {
  WEIR_RETURN_IF_ERROR(MakeDirectories(directory));
  std::vector<File> files(archive ? kConsolidated + 1 : kConsolidated);
  for (size_t i = 0; i < files.size(); ++i) {
    File& file = files[i];
    file.path = absl::StrCat(directory, "/", kNames[i]);
    file.buffer.reserve(kBufferSize);
    file.descriptor =
        FileDescriptor(::open(file.path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
    if (!file.descriptor.is_open()) {
      return OsError("open", file.path, errno);
    }
    // Where locks are not supported, there are none.
    if (::flock(file.descriptor.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
      return absl::UnavailableError(
          absl::StrCat("Cannot write '", file.path,
                       "': another process is writing it; end that one or give another directory"));
    }
  }
  WEIR_RETURN_IF_ERROR(SyncDirectory(directory));
  return absl::WrapUnique(new OutputFiles(std::move(files), archive));
}

void OutputFiles::Forward(const Alert& alert) {
  AppendForwarded(alert, files_[kForwarded].buffer);
  FlushIfFull(files_[kForwarded]);
}

void OutputFiles::ForwardCopy(const Alert& alert, const CopyMark& mark) {
  AppendForwardedCopy(alert, mark, files_[kForwarded].buffer);
  FlushIfFull(files_[kForwarded]);
}

void OutputFiles::Consolidate(const Alert& alert) {
  if (archive_) {
    AppendForwarded(alert, files_[kConsolidated].buffer);
    FlushIfFull(files_[kConsolidated]);
  }
}

void OutputFiles::Episode(const EpisodeEvent& event) {
  AppendEpisode(event, files_[kEpisodes].buffer);
  FlushIfFull(files_[kEpisodes]);
}

void OutputFiles::DeadLetter(const Record& record, DeadReason reason) {
  AppendDeadLetter(record, reason, files_[kDeadLetters].buffer);
  FlushIfFull(files_[kDeadLetters]);
}

void OutputFiles::FlushIfFull(File& file) {
  if (file.buffer.size() >= kFlushSize) {
    Flush(file);
  }
}

void OutputFiles::Flush(File& file) {
  if (status_.ok()) {
    status_ = WriteAll(file.descriptor.get(), file.buffer, file.path);
    file.length += file.buffer.size();
  }
  file.buffer.clear();
}

absl::Status OutputFiles::Sync(const File& file) {
  if (file.length == file.sealed) {
    return absl::OkStatus();
  }
  WEIR_ASSIGN_OR_RETURN(const uint64_t length, LengthOf(file.descriptor.get(), file.path));
  if (length != file.length) {
    return absl::UnavailableError(absl::StrCat(
        "Cannot write '", file.path, "': it is ", length, " bytes long instead of ", file.length,
        "; keep others from changing it, log rotation included, then start again"));
  }
  if (::fdatasync(file.descriptor.get()) != 0) {
    return OsError("sync", file.path, errno);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> OutputFiles::Seal() {
  for (File& file : files_) {
    Flush(file);
  }
  for (File& file : files_) {
    WEIR_RETURN_IF_ERROR(status_);
    status_ = Sync(file);
  }
  WEIR_RETURN_IF_ERROR(status_);
  for (File& file : files_) {
    file.sealed = file.length;
  }
  return Mark();
}

absl::Status OutputFiles::CutBack() {
  absl::Status result;
  for (File& file : files_) {
    file.buffer.clear();
    if (file.length == file.sealed) {
      continue;
    }
    if (::ftruncate(file.descriptor.get(), static_cast<off_t>(file.sealed)) != 0) {
      result.Update(OsError("cut back", file.path, errno));
    }
    file.length = file.sealed;
  }
  return result;
}

absl::Status OutputFiles::Discard() {
  // After an error too, so that a full disk gets some room.
  status_.Update(CutBack());
  return status_;
}

std::string OutputFiles::Mark() const {
  std::string mark;
  PutU8(archive_ ? 1 : 0, mark);
  for (const File& file : files_) {
    PutU64(file.sealed, mark);
  }
  return mark;
}

absl::StatusOr<std::vector<uint64_t>> OutputFiles::LengthsOf(absl::string_view mark) const {
  std::vector<uint64_t> lengths(files_.size());
  if (mark.empty()) {
    return lengths;
  }
  if (mark == kNoOutputMark) {
    return OtherOutputs("without outputs",
                        "leave out --out, or start with an empty state to get all of them");
  }
  WireReader reader(mark);
  const uint8_t archive = reader.U8();
  if (archive == (archive_ ? 0 : 1)) {
    return OtherOutputs(
        archive_ ? "without the archive" : "with the archive",
        absl::StrCat("turn it ", archive_ ? "off" : "on", " again, or start with an empty state"));
  }
  for (uint64_t& length : lengths) {
    length = reader.U64();
  }
  if (archive > 1 || !reader.done()) {
    return OtherOutputs("with other outputs", "give the same as then");
  }
  return lengths;
}

absl::Status OutputFiles::Reopen(absl::string_view mark) {
  WEIR_ASSIGN_OR_RETURN(const std::vector<uint64_t> sealed, LengthsOf(mark));
  std::vector<uint64_t> found;
  for (size_t i = 0; i < files_.size(); ++i) {
    const std::string& path = files_[i].path;
    WEIR_ASSIGN_OR_RETURN(const uint64_t length, LengthOf(files_[i].descriptor.get(), path));
    if (length < sealed[i]) {
      return absl::DataLossError(absl::StrCat(
          "Cannot continue '", path, "': it is ", length, " bytes long, but the state says ",
          sealed[i], "; put the file back as it was, or start with an empty state"));
    }
    found.push_back(length);
  }
  for (size_t i = 0; i < files_.size(); ++i) {
    files_[i].length = found[i];
    files_[i].sealed = sealed[i];
  }
  status_ = CutBack();
  return status_;
}

// ---- NoOutput

void NoOutput::Forward(const Alert& /*alert*/) {}

void NoOutput::ForwardCopy(const Alert& /*alert*/, const CopyMark& /*mark*/) {}

void NoOutput::Consolidate(const Alert& /*alert*/) {}

void NoOutput::Episode(const EpisodeEvent& /*event*/) {}

void NoOutput::DeadLetter(const Record& /*record*/, DeadReason /*reason*/) {}

absl::StatusOr<std::string> NoOutput::Seal() {
  return std::string(kNoOutputMark);
}

absl::Status NoOutput::Discard() {
  return absl::OkStatus();
}

absl::Status NoOutput::Reopen(absl::string_view mark) {
  if (mark.empty() || mark == kNoOutputMark) {
    return absl::OkStatus();
  }
  return OtherOutputs("with outputs", "give the same --out, or start with an empty state");
}

// ---- WriteFileAtomically

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
