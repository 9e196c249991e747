// Owns an open file of the operating system, and says why a call on one failed.
//
// Promises: the file is closed once, when its owner goes.
// Does not promise: to notice an error of close(). Whoever writes syncs first.
//
// Threads: one owner.
//
// Layer: connectors/capture (the operating system only).
#pragma once

#include <unistd.h>

#include <string>
#include <system_error>
#include <utility>

namespace weir {

class FileDescriptor {
 public:
  FileDescriptor() = default;

  // Takes over what open() and the like returned, -1 included.
  explicit FileDescriptor(int descriptor) : descriptor_(descriptor) {}

  FileDescriptor(FileDescriptor&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)) {}

  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }

  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;

  ~FileDescriptor() {
    if (descriptor_ >= 0) {
      ::close(descriptor_);
    }
  }

  bool is_open() const { return descriptor_ >= 0; }

  int get() const { return descriptor_; }

 private:
  int descriptor_ = -1;
};

// What the operating system says of an errno: `No such file or directory`.
inline std::string OsReason(int error) {
  return std::generic_category().message(error);
}

}  // namespace weir
