// Writes the results as files of JSON lines into one directory, or drops them.
//
// alerts.forwarded, throttle.episodes and dead.letter are always there, alerts.consolidated if the
// archive is on. A mark says how long each was at a Seal.
//
// Promises: once Seal has returned, what it sealed survives a crash of the machine, the files
// themselves included. Files only grow, but for Discard and Reopen. Two processes never write into
// one directory.
// Does not promise: that files hold only what was sealed, or end with a whole line, before Reopen
// has cut them back.
// Errors: Unavailable if the operating system cannot write, FailedPrecondition if a mark belongs to
// other outputs, DataLoss if a file is shorter than its mark. What goes wrong between two Seals is
// returned by the next Seal or Discard. After an error nothing is written until a Reopen.
//
// Threads: one caller at a time.
//
// Layer: connectors/capture (connectors/formats, engine/pipeline, engine/throttle, engine/base).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "connectors/capture/file_descriptor.h"
#include "engine/alert/event.h"
#include "engine/pipeline/record.h"
#include "engine/pipeline/sink.h"
#include "engine/throttle/episode_event.h"
#include "engine/throttle/throttle_output.h"

namespace weir {

class OutputFiles : public Sink {
 public:
  // Makes the directory, with its parents, and the files where there are none. Reopen comes next.
  static absl::StatusOr<std::unique_ptr<OutputFiles>> Open(const std::string& directory,
                                                           bool archive);

  void Forward(const Alert& alert) override;
  void ForwardCopy(const Alert& alert, const CopyMark& mark) override;
  void Consolidate(const Alert& alert) override;
  void Episode(const EpisodeEvent& event) override;
  void DeadLetter(const Record& record, DeadReason reason) override;

  absl::StatusOr<std::string> Seal() override;
  absl::Status Discard() override;

  // An empty mark is that of empty files. Nothing is cut unless all files fit the mark.
  absl::Status Reopen(absl::string_view mark) override;

 private:
  struct File {
    std::string path;
    FileDescriptor descriptor;
    std::string buffer;   // what comes behind `length`
    uint64_t length = 0;  // what has been written
    uint64_t sealed = 0;  // length at the last Seal
  };

  OutputFiles(std::vector<File> files, bool archive);

  void FlushIfFull(File& file);
  void Flush(File& file);
  absl::Status CutBack();
  static absl::Status Sync(const File& file);
  std::string Mark() const;
  absl::StatusOr<std::vector<uint64_t>> LengthsOf(absl::string_view mark) const;

  std::vector<File> files_;
  const bool archive_;
  absl::Status status_;  // the first error since Reopen
};

// Drops all results.
class NoOutput : public Sink {
 public:
  void Forward(const Alert& alert) override;
  void ForwardCopy(const Alert& alert, const CopyMark& mark) override;
  void Consolidate(const Alert& alert) override;
  void Episode(const EpisodeEvent& event) override;
  void DeadLetter(const Record& record, DeadReason reason) override;

  absl::StatusOr<std::string> Seal() override;
  absl::Status Discard() override;
  absl::Status Reopen(absl::string_view mark) override;
};

// Replaces a file so that there is always the old content or the new, after a crash too. Goes by
// way of `path`.tmp.
absl::Status WriteFileAtomically(const std::string& path, absl::string_view contents);

}  // namespace weir
