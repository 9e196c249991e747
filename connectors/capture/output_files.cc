#include "connectors/capture/output_files.h"

#include <algorithm>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"

#include "connectors/formats/json_writer.h"
#include "engine/base/status_macros.h"
#include "engine/base/wire.h"

namespace weir {

namespace {

constexpr absl::string_view kNoOutputMark = "none";

enum FileIndex : size_t { kForwarded, kEpisodes, kDeadLetters, kConsolidated };

constexpr const char* kNames[] = {"alerts.forwarded", "throttle.episodes", "dead.letter",
                                  "alerts.consolidated"};

// Turns results into lines of the files.
class Encoder {
 public:
  using Targets = std::array<std::string*, std::size(kNames)>;

  // The target of the archive may be null: then there is none.
  explicit Encoder(const Targets& targets) : targets_(targets) {}

  void Forward(const Alert& alert) { AppendForwarded(alert, *targets_[kForwarded]); }

  void ForwardCopy(const Alert& alert, const CopyMark& mark) {
    AppendForwardedCopy(alert, mark, *targets_[kForwarded]);
  }

  void Consolidate(const Alert& alert) {
    if (targets_[kConsolidated] != nullptr) {
      AppendForwarded(alert, *targets_[kConsolidated]);
    }
  }

  void Duplicate(const Alert& /*alert*/) {}

  void Episode(const EpisodeEvent& event) { AppendEpisode(event, *targets_[kEpisodes]); }

  void DeadLetter(const Record& record, DeadReason reason) {
    AppendDeadLetter(record, reason, *targets_[kDeadLetters]);
  }

  void Switched(const SwitchNotice& /*notice*/) {}

  void Removed(const RemovalNotice& /*notice*/) {}

  void Respond(const Record& /*record*/, const ResponseNotice& /*notice*/) {}

  void Judge(const Record& /*record*/, const RequestNotice& /*notice*/) {}

 private:
  Targets targets_;
};

// How two marks differ in kind, for people.
absl::Status OtherOutputs(absl::string_view was, absl::string_view advice) {
  return absl::FailedPreconditionError(
      absl::StrCat("Cannot continue: the state was written ", was, "; ", advice));
}

}  // namespace

// ---- OutputFiles

OutputFiles::OutputFiles(std::vector<std::unique_ptr<OutputFile>> files, bool archive, Team& team)
    : files_(std::move(files)), archive_(archive), team_(team) {}

absl::StatusOr<std::unique_ptr<OutputFiles>> OutputFiles::Open(const std::string& directory,
                                                               bool archive, Team& team) {
  WEIR_RETURN_IF_ERROR(MakeDirectories(directory));
  std::vector<std::unique_ptr<OutputFile>> files;
  for (size_t i = 0; i <= kConsolidated; ++i) {
    if (i != kConsolidated || archive) {
      WEIR_ASSIGN_OR_RETURN(files.emplace_back(),
                            OutputFile::Open(absl::StrCat(directory, "/", kNames[i]), team));
    }
  }
  WEIR_RETURN_IF_ERROR(SyncDirectory(directory));
  return absl::WrapUnique(new OutputFiles(std::move(files), archive, team));
}

void OutputFiles::Write(const Results& results) {
  // Fewer lines are not worth another thread.
  constexpr size_t kLeastLines = 256;
  const size_t count = results.records.size();
  const size_t parts = std::clamp(count / kLeastLines, size_t{1}, team_.parts());
  parts_.resize(parts);
  const auto encode = [&](size_t part) {
    Encoder::Targets targets{};
    for (size_t i = 0; i < files_.size(); ++i) {
      // The first part goes straight to where it belongs.
      targets[i] = part == 0 ? &files_[i]->buffer() : &parts_[part][i];
    }
    Visit(results.Part(count * part / parts, count * (part + 1) / parts), Encoder(targets));
  };
  team_.Run(parts, encode);
  for (size_t i = 0; i < files_.size(); ++i) {
    for (Lines& lines : parts_) {
      files_[i]->buffer().append(lines[i]);
      lines[i].clear();
    }
    files_[i]->WriteIfMany();
  }
}

absl::StatusOr<std::string> OutputFiles::Seal() {
  for (const auto& file : files_) {
    WEIR_RETURN_IF_ERROR(file->Flush());
  }
  for (const auto& file : files_) {
    file->Seal();
  }
  return Mark();
}

absl::Status OutputFiles::Sync() {
  for (const auto& file : files_) {
    WEIR_RETURN_IF_ERROR(file->Sync());
  }
  return absl::OkStatus();
}

absl::Status OutputFiles::Discard() {
  absl::Status status;
  for (const auto& file : files_) {
    status.Update(file->Discard());
  }
  return status;
}

std::string OutputFiles::Mark() const {
  std::string mark;
  PutU8(archive_ ? 1 : 0, mark);
  for (const auto& file : files_) {
    PutU64(file->sealed(), mark);
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
  for (size_t i = 0; i < files_.size(); ++i) {
    WEIR_ASSIGN_OR_RETURN(const uint64_t length, files_[i]->Length());
    if (length < sealed[i]) {
      return absl::DataLossError(
          absl::StrCat("Cannot continue '", files_[i]->path(), "': it is ", length,
                       " bytes long, but the state says ", sealed[i],
                       "; put the file back as it was, or start with an empty state"));
    }
  }
  absl::Status status;
  for (size_t i = 0; i < files_.size(); ++i) {
    status.Update(files_[i]->Reopen(sealed[i]));
  }
  return status;
}

// ---- NoOutput

void NoOutput::Write(const Results& /*results*/) {}

absl::StatusOr<std::string> NoOutput::Seal() {
  return std::string(kNoOutputMark);
}

absl::Status NoOutput::Sync() {
  return absl::OkStatus();
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

}  // namespace weir
