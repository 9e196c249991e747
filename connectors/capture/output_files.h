// Writes the results as files of JSON lines into one directory, or drops them.
//
// All streams are always there, but for alerts.consolidated, which is if the archive is on, and
// those of network operators (enp.<EUI-64>), one for each that is configured. A mark says how long
// each was at a Seal, and which they were.
//
// Promises: what was sealed durably survives a crash of the machine, the files themselves included.
// Files only grow, but for Discard and Reopen. Two processes never write into one directory. The
// files do not depend on the team that encodes and writes. Does not promise: that files hold only
// what was sealed, or end with a whole line, before Reopen has cut them back. Errors: Unavailable
// if the operating system cannot write, FailedPrecondition if a mark belongs to other outputs,
// DataLoss if a file is shorter than its mark. What goes wrong between two Seals is returned by the
// next Seal or Discard. After an error nothing is sealed until a Reopen.
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

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "connectors/capture/output_file.h"
#include "connectors/formats/notice_format.h"
#include "engine/alert/eui64.h"
#include "engine/base/team.h"
#include "engine/pipeline/results.h"
#include "engine/pipeline/sink.h"

namespace weir {

// Which streams there are, and how notices are written in them. Requests and responses are always
// JSON.
struct OutputChoice {
  bool archive = false;
  std::vector<Eui64> operators{};  // whose notices and responses are routed; each once
  NoticeFormat notices = NoticeFormat::kJson;
};

class OutputFiles : public Sink {
 public:
  // Makes the directory, with its parents, and the files where there are none. Reopen comes next.
  // The team outlives the outputs.
  static absl::StatusOr<std::unique_ptr<OutputFiles>> Open(const std::string& directory,
                                                           OutputChoice choice, Team& team);

  void Write(const Results& results) override;
  absl::StatusOr<std::string> Seal() override;
  absl::Status Sync() override;
  absl::Status Discard() override;

  // An empty mark is that of empty files. Nothing is cut unless all files fit the mark.
  absl::Status Reopen(absl::string_view mark) override;

 private:
  class Encoder;

  // Lines on their way to the files, in their order.
  using Lines = std::vector<std::string>;

  // `operators`: which file is whose.
  OutputFiles(std::vector<std::unique_ptr<OutputFile>> files, OutputChoice choice,
              absl::flat_hash_map<Eui64, size_t> operators, Team& team);

  std::string Choice() const;
  std::string Mark() const;
  absl::StatusOr<std::vector<uint64_t>> LengthsOf(absl::string_view mark) const;

  std::vector<std::unique_ptr<OutputFile>> files_;
  const OutputChoice choice_;
  const absl::flat_hash_map<Eui64, size_t> operators_;
  Team& team_;
  std::vector<Lines> parts_;  // of a round, encoded side by side
};

// Drops all results.
class NoOutput : public Sink {
 public:
  void Write(const Results& results) override;
  absl::StatusOr<std::string> Seal() override;
  absl::Status Sync() override;
  absl::Status Discard() override;
  absl::Status Reopen(absl::string_view mark) override;
};

}  // namespace weir
