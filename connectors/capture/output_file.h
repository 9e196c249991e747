// One output: a file that only grows, but for what was not sealed.
//
// What is appended is written by a team, beside what the caller goes on with.
//
// Errors: Unavailable if the operating system cannot write. The first one stays until Reopen, and
// nothing is written after it.
//
// Threads: one caller at a time.
//
// Layer: connectors/capture (engine/base).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "connectors/capture/file_descriptor.h"
#include "engine/base/team.h"

namespace weir {

class OutputFile {
 public:
  // Makes the file if it is not there, and keeps other processes from writing it. The team outlives
  // the file. Reopen comes next.
  static absl::StatusOr<std::unique_ptr<OutputFile>> Open(std::string path, Team& team);

  // What is put here comes next in the file, once WriteIfMany or Flush is called.
  std::string& buffer() { return buffer_; }

  // Begins to write the buffer if there is much in it.
  void WriteIfMany();

  // Waits until all of the buffer has been handed to the operating system. Unavailable also if
  // others have changed the file's length.
  absl::Status Flush();

  // After Flush: what is in the file now stays.
  void Seal() { sealed_ = length_; }

  // Makes what is sealed durable. May run beside what fills the buffer and writes it.
  absl::Status Sync();

  uint64_t sealed() const { return sealed_; }

  // Drops what is not sealed; returns the error that stays, too.
  absl::Status Discard();

  // How long the file is.
  absl::StatusOr<uint64_t> Length() const;

  // Cuts the file back to `sealed` bytes, of which it has so many at least.
  absl::Status Reopen(uint64_t sealed);

  const std::string& path() const { return path_; }

 private:
  OutputFile(std::string path, FileDescriptor descriptor, Team& team);

  void Write();
  absl::Status CutBackTo(uint64_t length);

  std::string path_;
  FileDescriptor descriptor_;
  Team& team_;
  std::string buffer_;   // what comes behind `length_`
  std::string writing_;  // what the job writes
  uint64_t length_ = 0;  // what has been written, the job's part included
  uint64_t sealed_ = 0;  // length at the last Seal
  uint64_t synced_ = 0;  // of that, what is known to be durable
  absl::Status status_;  // the first error; the job's while there is one
  std::unique_ptr<Team::Job> job_;
};

// Makes a directory with its parents, durably.
absl::Status MakeDirectories(const std::string& path);

// Makes the names in a directory durable.
absl::Status SyncDirectory(const std::string& path);

// Replaces a file so that there is always the old content or the new, after a crash too. Goes by
// way of `path`.tmp.
absl::Status WriteFileAtomically(const std::string& path, absl::string_view contents);

}  // namespace weir
