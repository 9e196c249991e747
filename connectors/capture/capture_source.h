// Reads records from captures: files with one record a line, one capture after the other.
//
// A record that kcat printed belongs to the partition it names, with the offset it had there. All
// others, lines with a broken envelope included, belong to the unnamed partition 0; their offset
// counts them over all captures from 0. A line of nothing but blanks is no record.
//
// Promises: the same captures give the same records, however often reading is broken off and
// continued at a position. The last capture may have grown meanwhile, and others may have been
// added behind it.
// Does not promise: to see that the content of a capture changed before the last record that was
// read; only that record, and the sizes of captures read to their end, are compared. The format
// that was asked for is no part of a position.
// Errors: of Read, those of byte_stream.h and line_reader.h, once all records before have been
// given; of Seek also FailedPrecondition. Only Seek is of use after a failed Seek.
//
// A team reads ahead and decodes; the records do not depend on it.
//
// Threads: one owner.
//
// Layer: connectors/capture (connectors/formats, engine/pipeline, engine/base, xxhash).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

#include "connectors/capture/capture_lines.h"
#include "connectors/capture/capture_position.h"
#include "connectors/capture/partition_table.h"
#include "connectors/formats/arena.h"
#include "connectors/formats/decoder.h"
#include "connectors/formats/format.h"
#include "engine/base/team.h"
#include "engine/pipeline/record.h"
#include "engine/pipeline/source.h"

namespace weir {

class CaptureSource : public Source {
 public:
  // Checks all captures and names everything that is wrong with any. `-` is standard input. Reads
  // every line as `forced`, if there is one.
  // The team outlives the source.
  static absl::StatusOr<std::unique_ptr<CaptureSource>> Open(std::vector<std::string> captures,
                                                             std::optional<Format> forced,
                                                             Team& team);

  absl::Status Read(size_t limit, std::vector<Record>& records) override;
  std::string Position() const override;
  absl::Status Seek(absl::string_view position) override;

  // The partitions that have appeared, by number; the unnamed one has an empty topic.
  const std::deque<PartitionName>& partitions() const { return partitions_.names(); }

  // How many bytes of the files have been used, and of how many when they were opened; the latter
  // only if that could be known.
  uint64_t consumed() const { return batch_.consumed; }

  std::optional<uint64_t> total() const { return total_; }

 private:
  CaptureSource(std::vector<std::string> captures, std::optional<uint64_t> total,
                std::optional<Format> forced, Team& team);

  using Lines = absl::Span<const CaptureLines::Line>;

  // Decodes a part of the lines, beside others.
  struct Part {
    explicit Part(std::optional<Format> forced) : decoder(forced) {}

    Decoder decoder;
    Arena arena;
  };

  // Lines that are read beside what is done with those before.
  struct Ahead {
    CaptureLines::Batch batch;
    absl::Status status;
    std::unique_ptr<Team::Job> job;  // last, so that it ends before what it works on
  };

  absl::Status NextBatch(size_t limit);
  void DecodeLines(Lines lines, std::vector<Record>& records);
  void Decode(Lines lines, size_t begin, Part& part, std::vector<Record>& records);
  void Place(std::vector<Record>& records);
  void PlaceIn(const Envelope& envelope, Record& record);

  absl::Status CheckSameCaptures(const CapturePosition& position) const;
  absl::Status SeekLine(const CapturePosition::Line& line);
  absl::Status NotTheOne(size_t capture, absl::string_view difference) const;

  const std::optional<uint64_t> total_;
  Team& team_;
  CaptureLines lines_;  // only the job's while there is one

  // Of the last Read.
  CaptureLines::Batch batch_;
  size_t used_ = 0;                  // how many of its lines have been given
  std::vector<Envelope> envelopes_;  // of the lines
  std::vector<Part> parts_;

  std::vector<uint64_t> sizes_;  // of the captures before that of the last record

  // Capture of the last record; nothing has been read if there is none.
  std::optional<size_t> last_capture_;
  CapturePosition::Line last_;
  int64_t next_offset_ = 0;  // of the unnamed partition
  PartitionTable partitions_;

  std::optional<Ahead> ahead_;
};

}  // namespace weir
