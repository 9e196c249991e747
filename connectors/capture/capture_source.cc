#include "connectors/capture/capture_source.h"

#include <xxhash.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "connectors/capture/byte_stream.h"
#include "connectors/capture/read_ahead.h"
#include "connectors/formats/json.h"
#include "engine/base/status_macros.h"

namespace weir {

namespace {

static_assert(kLinePadding >= kJsonPadding);

bool IsBlank(absl::string_view line) {
  return (line.empty() || line.front() <= ' ') &&
         line.find_first_not_of(" \t\r") == absl::string_view::npos;
}

uint64_t Hash(absl::string_view line) {
  return XXH3_64bits(line.data(), line.size());
}

}  // namespace

CaptureSource::CaptureSource(std::vector<std::string> captures, std::optional<uint64_t> total,
                             std::optional<Format> forced, Team& team)
    : captures_(std::move(captures)), total_(total), team_(team) {
  // More parts than threads, since lines are not of one length.
  const size_t parts = team.size() == 1 ? 1 : 4 * team.size();
  for (size_t i = 0; i < parts; ++i) {
    parts_.emplace_back(forced);
  }
}

absl::StatusOr<std::unique_ptr<CaptureSource>> CaptureSource::Open(
    std::vector<std::string> captures, std::optional<Format> forced, Team& team) {
  if (captures.empty()) {
    return absl::InvalidArgumentError("Cannot read captures: none is given; name at least one");
  }
  std::optional<uint64_t> total = 0;
  std::vector<absl::Status> problems;
  for (const std::string& capture : captures) {
    const absl::StatusOr<std::optional<uint64_t>> size = CheckCapture(capture);
    if (!size.ok()) {
      problems.push_back(size.status());
      continue;
    }
    total = total && *size ? std::make_optional(*total + **size) : std::nullopt;
  }
  if (std::count(captures.begin(), captures.end(), "-") > 1) {
    problems.push_back(absl::InvalidArgumentError(
        "Cannot read standard input more than once; give - one time only"));
  }
  if (problems.size() == 1) {
    return problems.front();
  }
  if (!problems.empty()) {
    const auto append = [](std::string* out, const absl::Status& problem) {
      absl::StrAppend(out, "\n  ", problem.message());
    };
    return absl::Status(problems.front().code(),
                        absl::StrCat("Cannot read the captures, for ", problems.size(),
                                     " reasons:", absl::StrJoin(problems, "", append)));
  }
  return absl::WrapUnique(new CaptureSource(std::move(captures), total, forced, team));
}

// ---- Reading

absl::Status CaptureSource::Read(size_t limit, std::vector<Record>& records) {
  if (absl::Status status = ReadLines(limit); !status.ok()) {
    records.clear();
    return status;
  }
  DecodeLines(records);
  for (size_t i = 0; i < taken_.size(); ++i) {
    Place(i, records[i]);
  }
  if (!taken_.empty()) {
    last_capture_ = current_;
    last_ = {.start = taken_.back().place.offset,
             .number = taken_.back().place.line,
             .hash = Hash(taken_.back().text)};
  }
  return absl::OkStatus();
}

// Takes the next lines, all of one capture.
absl::Status CaptureSource::ReadLines(size_t limit) {
  taken_.clear();
  while (taken_.size() < limit) {
    absl::string_view line;
    if (is_open_ && lines_.Next(line)) {
      if (!IsBlank(line)) {
        taken_.push_back({line, lines_.place()});
      }
      continue;
    }
    // Reading on would take the lines away.
    if (!taken_.empty()) {
      break;
    }
    WEIR_ASSIGN_OR_RETURN(const bool has_more, ReadOn());
    if (!has_more) {
      break;
    }
  }
  return absl::OkStatus();
}

void CaptureSource::DecodeLines(std::vector<Record>& records) {
  const size_t count = taken_.size();
  records.resize(count);
  envelopes_.resize(count);
  const size_t parts = parts_.size();
  team_.Run(parts, [&](size_t i) {
    Decode(count * i / parts, count * (i + 1) / parts, parts_[i], records);
  });
}

void CaptureSource::Decode(size_t begin, size_t end, Part& part, std::vector<Record>& records) {
  part.arena.Clear();
  for (size_t i = begin; i < end; ++i) {
    const Decoded decoded = part.decoder.Decode(taken_[i].text, part.arena);
    records[i].event = decoded.event;
    envelopes_[i] = decoded.envelope;
  }
}

// Says where a decoded record stands.
void CaptureSource::Place(size_t index, Record& record) {
  const Envelope& envelope = envelopes_[index];
  record.bytes = taken_[index].text;
  record.partition = 0;
  record.origin = Origin();
  record.origin.capture = captures_[current_];
  record.origin.line = taken_[index].place.line;
  if (envelope.present) {
    record.partition = partitions_.Number(envelope.topic, envelope.partition);
    record.origin.topic = partitions_.name(record.partition).topic;
    record.origin.partition = envelope.partition;
    record.origin.offset = envelope.offset;
  } else {
    record.origin.offset = next_offset_++;
  }
}

// False at the end of the last capture.
absl::StatusOr<bool> CaptureSource::ReadOn() {
  if (is_open_) {
    WEIR_ASSIGN_OR_RETURN(const bool has_more, lines_.Refill());
    if (has_more) {
      return true;
    }
    sizes_.push_back(lines_.consumed());
    is_open_ = false;
    ++current_;
  }
  if (current_ == captures_.size()) {
    return false;
  }
  WEIR_RETURN_IF_ERROR(OpenCurrent({}));
  return true;
}

absl::Status CaptureSource::OpenCurrent(LineReader::Place place) {
  const std::string& capture = captures_[current_];
  if (capture == "-") {
    if (standard_input_used_) {
      return absl::FailedPreconditionError(
          "Cannot read standard input again: it is a stream; start anew with the same input");
    }
    standard_input_used_ = true;
  }
  WEIR_ASSIGN_OR_RETURN(std::unique_ptr<ByteStream> stream, OpenCapture(capture));
  if (place.offset > 0) {
    WEIR_RETURN_IF_ERROR(stream->SkipTo(place.offset));
  }
  lines_.Start(ReadAhead(std::move(stream), team_), capture, place);
  is_open_ = true;
  return absl::OkStatus();
}

uint64_t CaptureSource::consumed() const {
  return std::accumulate(sizes_.begin(), sizes_.end(), is_open_ ? lines_.consumed() : 0);
}

// ---- Positions

std::string CaptureSource::Position() const {
  CapturePosition position;
  if (last_capture_) {
    for (size_t i = 0; i < *last_capture_; ++i) {
      position.captures.push_back({.name = captures_[i], .size = sizes_[i]});
    }
    position.captures.push_back({.name = captures_[*last_capture_], .size = 0});
    position.last = last_;
  }
  position.next_offset = next_offset_;
  position.partitions.assign(partitions().begin() + 1, partitions().end());
  return EncodePosition(position);
}

absl::Status CaptureSource::Seek(absl::string_view position) {
  std::optional<CapturePosition> target = DecodePosition(position);
  if (!target) {
    return absl::FailedPreconditionError(
        "Cannot continue: the state's position is none in captures; start Weir with the kind of "
        "input that the state was built from, or with an empty state");
  }
  WEIR_RETURN_IF_ERROR(CheckSameCaptures(*target));
  is_open_ = false;
  current_ = 0;
  sizes_.clear();
  last_capture_.reset();
  next_offset_ = target->next_offset;
  partitions_ = PartitionTable();
  for (const PartitionName& name : target->partitions) {
    partitions_.Number(name.topic, name.partition);
  }
  if (target->captures.empty()) {
    return absl::OkStatus();
  }
  current_ = target->captures.size() - 1;
  for (size_t i = 0; i < current_; ++i) {
    sizes_.push_back(target->captures[i].size);
  }
  return SeekLine(target->last);
}

absl::Status CaptureSource::CheckSameCaptures(const CapturePosition& position) const {
  for (size_t i = 0; i < position.captures.size(); ++i) {
    const CapturePosition::Capture& was = position.captures[i];
    if (i >= captures_.size() || captures_[i] != was.name) {
      return absl::FailedPreconditionError(absl::StrCat(
          "Cannot continue: capture ", i + 1, " was '", was.name, "' when the state was built and ",
          i < captures_.size() ? absl::StrCat("is '", captures_[i], "' now") : "is not given now",
          "; give the same captures in the same order, new ones behind them"));
    }
    if (i + 1 == position.captures.size()) {
      break;
    }
    // What it has grown by would never be read. Of a pipe there is nothing to compare.
    WEIR_ASSIGN_OR_RETURN(const std::optional<uint64_t> size, CheckCapture(was.name));
    if (size && *size != was.size) {
      return absl::FailedPreconditionError(absl::StrCat(
          "Cannot continue: ", CaptureName(was.name),
          " is not the one the state was built from: it had ", was.size, " bytes and has ", *size,
          "; give it as it was, and what is new as another capture behind the others"));
    }
  }
  return absl::OkStatus();
}

absl::Status CaptureSource::NotTheOne(absl::string_view difference) const {
  return absl::FailedPreconditionError(
      absl::StrCat("Cannot continue: ", CaptureName(captures_[current_]),
                   " is not the one the state was built from: ", difference,
                   "; give that one, grown by whole lines at most, or start with an empty state"));
}

absl::Status CaptureSource::SeekLine(const CapturePosition::Line& line) {
  const absl::Status opened = OpenCurrent({.offset = line.start, .line = line.number});
  if (absl::IsOutOfRange(opened)) {
    return NotTheOne(absl::StrCat("it ends before line ", line.number));
  }
  WEIR_RETURN_IF_ERROR(opened);
  absl::string_view text;
  bool has_more = true;
  while (has_more && !lines_.Next(text)) {
    WEIR_ASSIGN_OR_RETURN(has_more, lines_.Refill());
  }
  if (!has_more || Hash(text) != line.hash) {
    return NotTheOne(absl::StrCat("line ", line.number, " differs"));
  }
  last_capture_ = current_;
  last_ = line;
  return absl::OkStatus();
}

}  // namespace weir
