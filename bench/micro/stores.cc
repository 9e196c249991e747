#include "bench/micro/stores.h"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>

#include "engine/base/check.h"

namespace weir {

namespace {

// As large as RocksDB lets its write-ahead log become here.
constexpr size_t kFileBytes = size_t{64} << 20;

bool WriteAt(const FileDescriptor& file, absl::string_view bytes, uint64_t offset) {
  for (size_t written = 0; written < bytes.size();) {
    const ssize_t more = ::pwrite(file.get(), &bytes[written], bytes.size() - written,
                                  static_cast<off_t>(offset + written));
    if (more <= 0) {
      return false;
    }
    written += static_cast<size_t>(more);
  }
  return true;
}

}  // namespace

absl::Status TimedStore::Write(const StateBatch& batch) {
  using Clock = std::chrono::steady_clock;
  bytes_ = 0;
  for (const StateBatch::Change& change : batch.changes()) {
    bytes_ += change.key.size() + (change.value ? change.value->size() : 0);
  }
  const Clock::time_point started = Clock::now();
  absl::Status status = store_->Write(batch);
  seconds_ = std::chrono::duration<double>(Clock::now() - started).count();
  return status;
}

absl::Status TimedStore::Scan(absl::string_view prefix, Visitor visit) {
  return store_->Scan(prefix, visit);
}

BareFile::BareFile(const std::string& path)
    : descriptor_(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)) {
  WEIR_CHECK(descriptor_.get() >= 0);
  WEIR_CHECK(WriteAt(descriptor_, std::string(kFileBytes, '\0'), 0));
  WEIR_CHECK(::fsync(descriptor_.get()) == 0);
}

absl::Status BareFile::Write(const StateBatch& batch) {
  buffer_.clear();
  for (const StateBatch::Change& change : batch.changes()) {
    buffer_.append(change.key);
    buffer_.append(change.value.value_or(""));
  }
  if (next_ + buffer_.size() > kFileBytes) {
    next_ = 0;
  }
  const bool written = WriteAt(descriptor_, buffer_, next_) && ::fdatasync(descriptor_.get()) == 0;
  next_ += buffer_.size();
  return written ? absl::OkStatus() : absl::UnavailableError("writing the file failed");
}

absl::Status BareFile::Scan(absl::string_view /*prefix*/, Visitor /*visit*/) {
  return absl::OkStatus();
}

}  // namespace weir
