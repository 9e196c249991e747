#include "connectors/capture/capture_source.h"

#include <xxhash.h>

#include <algorithm>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "connectors/capture/byte_stream.h"
#include "connectors/formats/json.h"
#include "engine/base/status_macros.h"

namespace weir {

namespace {

static_assert(kLinePadding >= kJsonPadding);

uint64_t Hash(absl::string_view line) {
  return XXH3_64bits(line.data(), line.size());
}

}  // namespace

CaptureSource::CaptureSource(std::vector<std::string> captures, std::optional<uint64_t> total,
                             std::optional<Format> forced, Team& team)
    : total_(total), team_(team), lines_(std::move(captures)) {
  for (size_t i = 0; i < team.parts(); ++i) {
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
  if (used_ == batch_.lines.size()) {
    if (absl::Status status = NextBatch(limit); !status.ok()) {
      records.clear();
      return status;
    }
  }
  const Lines lines = absl::MakeConstSpan(batch_.lines).subspan(used_, limit);
  DecodeLines(lines, records);
  Place(records);
  used_ += lines.size();
  if (!lines.empty()) {
    last_capture_ = batch_.capture;
    last_ = {.start = lines.back().place.offset,
             .number = lines.back().place.line,
             .hash = Hash(lines.back().text)};
  }
  return absl::OkStatus();
}

// Takes the lines that have been read ahead, and begins to read the ones after them. Alone there is
// nobody to do that beside, and what a pipe has given must not wait for what comes next.
absl::Status CaptureSource::NextBatch(size_t limit) {
  absl::Status status;
  if (ahead_) {
    ahead_->job.reset();
    std::swap(batch_, ahead_->batch);
    status = ahead_->status;
  } else {
    status = lines_.Read(limit, batch_);
  }
  used_ = 0;
  sizes_.insert(sizes_.end(), batch_.ended.begin(), batch_.ended.end());
  if (!status.ok() || team_.size() == 1) {
    ahead_.reset();
    return status;
  }
  if (!ahead_) {
    ahead_.emplace();
  }
  ahead_->job = team_.Start([this, limit] { ahead_->status = lines_.Read(limit, ahead_->batch); });
  return absl::OkStatus();
}

void CaptureSource::DecodeLines(Lines lines, std::vector<Record>& records) {
  const size_t count = lines.size();
  records.resize(count);
  envelopes_.resize(count);
  const size_t parts = parts_.size();
  team_.Run(parts, [&](size_t i) {
    const size_t begin = count * i / parts;
    const size_t end = count * (i + 1) / parts;
    Decode(lines.subspan(begin, end - begin), begin, parts_[i], records);
  });
}

// Sets all of the records but where they stand in their partitions.
void CaptureSource::Decode(Lines lines, size_t begin, Part& part, std::vector<Record>& records) {
  part.arena.Clear();
  if (lines.empty()) {
    return;  // behind the last capture, which there is no name for
  }
  const absl::string_view capture = lines_.captures()[batch_.capture];
  for (size_t i = 0; i < lines.size(); ++i) {
    Record& record = records[begin + i];
    record.is_verbatim =
        part.decoder.Decode(lines[i].text, part.arena, envelopes_[begin + i], record.event);
    record.bytes = lines[i].text;
    record.partition = 0;
    record.number = PartitionTable::kUnnamed;
    record.origin = {
        .topic = {}, .partition = 0, .offset = 0, .capture = capture, .line = lines[i].place.line};
  }
}

void CaptureSource::Place(std::vector<Record>& records) {
  for (size_t i = 0; i < records.size(); ++i) {
    if (envelopes_[i].present) {
      PlaceIn(envelopes_[i], records[i]);
    } else {
      records[i].origin.offset = next_offset_++;
    }
  }
}

void CaptureSource::PlaceIn(const Envelope& envelope, Record& record) {
  record.partition = partitions_.Number(envelope.topic, envelope.partition);
  record.number = partitions_.own_number(record.partition);
  record.origin.topic = partitions_.name(record.partition).topic;
  record.origin.partition = envelope.partition;
  record.origin.offset = envelope.offset;
}

// ---- Positions

std::string CaptureSource::Position() const {
  CapturePosition position;
  if (last_capture_) {
    const std::vector<std::string>& captures = lines_.captures();
    for (size_t i = 0; i < *last_capture_; ++i) {
      position.captures.push_back({.name = captures[i], .size = sizes_[i]});
    }
    position.captures.push_back({.name = captures[*last_capture_], .size = 0});
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
  ahead_.reset();
  lines_.Restart();
  batch_ = CaptureLines::Batch();
  used_ = 0;
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
  last_capture_ = target->captures.size() - 1;
  for (size_t i = 0; i < *last_capture_; ++i) {
    sizes_.push_back(target->captures[i].size);
  }
  return SeekLine(target->last);
}

absl::Status CaptureSource::CheckSameCaptures(const CapturePosition& position) const {
  const std::vector<std::string>& captures = lines_.captures();
  for (size_t i = 0; i < position.captures.size(); ++i) {
    const CapturePosition::Capture& was = position.captures[i];
    if (i >= captures.size() || captures[i] != was.name) {
      return absl::FailedPreconditionError(absl::StrCat(
          "Cannot continue: capture ", i + 1, " was '", was.name, "' when the state was built and ",
          i < captures.size() ? absl::StrCat("is '", captures[i], "' now") : "is not given now",
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

absl::Status CaptureSource::NotTheOne(size_t capture, absl::string_view difference) const {
  return absl::FailedPreconditionError(
      absl::StrCat("Cannot continue: ", CaptureName(lines_.captures()[capture]),
                   " is not the one the state was built from: ", difference,
                   "; give that one, grown by whole lines at most, or start with an empty state"));
}

// Reads the last line again, to see that it is still the same.
absl::Status CaptureSource::SeekLine(const CapturePosition::Line& line) {
  const absl::Status opened =
      lines_.ContinueAt(*last_capture_, {.offset = line.start, .line = line.number}, sizes_);
  if (absl::IsOutOfRange(opened)) {
    return NotTheOne(*last_capture_, absl::StrCat("it ends before line ", line.number));
  }
  WEIR_RETURN_IF_ERROR(opened);
  WEIR_RETURN_IF_ERROR(lines_.Read(1, batch_));
  used_ = batch_.lines.size();
  if (used_ == 0 || batch_.capture != *last_capture_ || Hash(batch_.lines[0].text) != line.hash) {
    return NotTheOne(*last_capture_, absl::StrCat("line ", line.number, " differs"));
  }
  last_ = line;
  return absl::OkStatus();
}

}  // namespace weir
