#include "connectors/capture/output_files.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "connectors/formats/json_writer.h"
#include "connectors/formats/notice_duis.h"
#include "connectors/formats/notice_json.h"
#include "engine/base/check.h"
#include "engine/base/status_macros.h"
#include "engine/base/wire.h"

namespace weir {

namespace {

constexpr absl::string_view kNoOutputMark = "none";
constexpr uint8_t kMarkVersion = 2;

// The files in their order: these, alerts.consolidated if there is an archive, one for each network
// operator.
enum FixedFile : size_t {
  kForwarded,
  kEpisodes,
  kDeadLetters,
  kAccepted,
  kRejected,
  kRemoved,
  kUnrouted,
  kConsolidated
};

constexpr const char* kNames[] = {"alerts.forwarded",  "throttle.episodes",  "dead.letter",
                                  "requests.accepted", "requests.rejected",  "inventory.removed",
                                  "enp.unrouted",      "alerts.consolidated"};
static_assert(std::size(kNames) == kConsolidated + 1);

std::vector<std::string> NamesOf(const OutputChoice& choice) {
  std::vector<std::string> names(std::begin(kNames), std::end(kNames) - (choice.archive ? 0 : 1));
  for (const Eui64 party : choice.operators) {
    names.push_back(absl::StrCat("enp.", FormatEui64(party)));
  }
  return names;
}

absl::flat_hash_map<Eui64, size_t> FilesOfOperators(const OutputChoice& choice) {
  absl::flat_hash_map<Eui64, size_t> files;
  for (const Eui64 party : choice.operators) {
    files.emplace(party, kConsolidated + (choice.archive ? 1 : 0) + files.size());
  }
  return files;
}

// How two marks differ in kind, for people.
absl::Status OtherOutputs(absl::string_view was, absl::string_view advice) {
  return absl::FailedPreconditionError(
      absl::StrCat("Cannot continue: the state was written ", was, "; ", advice));
}

std::string ListOf(const std::vector<Eui64>& parties) {
  const auto append = [](std::string* out, Eui64 party) { out->append(FormatEui64(party)); };
  return parties.empty() ? "none" : absl::StrJoin(parties, ", ", append);
}

// Says in what a mark that is well-formed differs, the first thing of several.
absl::Status CheckChoice(absl::string_view mark, const OutputChoice& choice) {
  if (mark == kNoOutputMark) {
    return OtherOutputs("without outputs",
                        "leave out --out, or start with an empty state to get all of them");
  }
  WireReader reader(mark);
  if (reader.U8() != kMarkVersion) {
    return OtherOutputs("with other outputs", "give the same as then, to the same version of Weir");
  }
  if (reader.U8() == (choice.archive ? 0 : 1)) {
    return OtherOutputs(choice.archive ? "without the archive" : "with the archive",
                        absl::StrCat("turn it ", choice.archive ? "off" : "on",
                                     " again, or start with an empty state"));
  }
  const bool is_duis = choice.notices == NoticeFormat::kDuis;
  if (reader.U8() == (is_duis ? 0 : 1)) {
    return OtherOutputs(absl::StrCat("with notices: ", is_duis ? "json" : "duis"),
                        "give the same in the configuration, or start with an empty state");
  }
  std::vector<Eui64> operators;
  for (uint64_t count = reader.U64(); count > 0 && reader.ok(); --count) {
    operators.push_back(Eui64{reader.U64()});
  }
  if (reader.ok() && operators != choice.operators) {
    return OtherOutputs(absl::StrCat("for the network operators ", ListOf(operators),
                                     ", and now there are ", ListOf(choice.operators)),
                        "give the same parties in the same order, or start with an empty state");
  }
  return absl::OkStatus();
}

}  // namespace

// ---- OutputFiles

// Turns results into lines of the files.
class OutputFiles::Encoder {
 public:
  // A target for each file.
  Encoder(const OutputFiles& outputs, std::vector<std::string*> targets)
      : outputs_(outputs), targets_(std::move(targets)) {}

  void Forward(const Alert& alert, const Record& record) {
    AppendUnchanged(alert, record, *targets_[kForwarded]);
  }

  void ForwardCopy(const Alert& alert, const CopyMark& mark) {
    AppendForwardedCopy(alert, mark, *targets_[kForwarded]);
  }

  void Consolidate(const Alert& alert, const Record& record) {
    if (outputs_.choice_.archive) {
      AppendUnchanged(alert, record, *targets_[kConsolidated]);
    }
  }

  void Duplicate(const Alert& /*alert*/) {}

  void Episode(const EpisodeEvent& event) { AppendEpisode(event, *targets_[kEpisodes]); }

  void DeadLetter(const Record& record, DeadReason reason) {
    AppendDeadLetter(record, reason, *targets_[kDeadLetters]);
  }

  void Switched(const SwitchNotice& notice) {
    std::string& target =
        notice.unrouted ? *targets_[kUnrouted] : TargetOf(*notice.network_operator);
    if (IsDuis()) {
      AppendSwitchNoticeDuis(notice, target);
    } else {
      AppendSwitchNotice(notice, target);
    }
  }

  void Removed(const RemovalNotice& notice) {
    if (IsDuis()) {
      AppendRemovalNoticeDuis(notice, *targets_[kRemoved]);
    } else {
      AppendRemovalNotice(notice, *targets_[kRemoved]);
    }
  }

  void Respond(const Record& record, const ResponseNotice& notice) {
    AppendRoutedResponse(
        record, notice, notice.unrouted ? *targets_[kUnrouted] : TargetOf(notice.network_operator));
  }

  void Judge(const Record& record, const RequestNotice& notice) {
    AppendJudgedRequest(record, notice,
                        *targets_[IsAccepted(notice.reason) ? kAccepted : kRejected]);
  }

 private:
  static void AppendUnchanged(const Alert& alert, const Record& record, std::string& target) {
    if (record.is_verbatim) {
      target.append(record.bytes.data(), record.bytes.size() + 1);
      target.back() = '\n';
    } else {
      AppendForwarded(alert, target);
    }
  }

  bool IsDuis() const { return outputs_.choice_.notices == NoticeFormat::kDuis; }

  // The engine routes to operators that are configured, and to no others.
  std::string& TargetOf(Eui64 party) {
    const auto file = outputs_.operators_.find(party);
    WEIR_CHECK(file != outputs_.operators_.end());
    return *targets_[file->second];
  }

  const OutputFiles& outputs_;
  std::vector<std::string*> targets_;
};

OutputFiles::OutputFiles(std::vector<std::unique_ptr<OutputFile>> files, OutputChoice choice,
                         absl::flat_hash_map<Eui64, size_t> operators, Team& team)
    : files_(std::move(files)),
      choice_(std::move(choice)),
      operators_(std::move(operators)),
      team_(team) {}

absl::StatusOr<std::unique_ptr<OutputFiles>> OutputFiles::Open(const std::string& directory,
                                                               OutputChoice choice, Team& team) {
  WEIR_RETURN_IF_ERROR(MakeDirectories(directory));
  std::vector<std::unique_ptr<OutputFile>> files;
  for (const std::string& name : NamesOf(choice)) {
    WEIR_ASSIGN_OR_RETURN(files.emplace_back(),
                          OutputFile::Open(absl::StrCat(directory, "/", name), team));
  }
  WEIR_RETURN_IF_ERROR(SyncDirectory(directory));
  absl::flat_hash_map<Eui64, size_t> operators = FilesOfOperators(choice);
  return absl::WrapUnique(
      new OutputFiles(std::move(files), std::move(choice), std::move(operators), team));
}

void OutputFiles::Write(const Results& results) {
  // Fewer lines are not worth another thread.
  constexpr size_t kLeastLines = 256;
  const size_t count = results.records.size();
  const size_t parts = std::clamp(count / kLeastLines, size_t{1}, team_.parts());
  parts_.resize(parts);
  const auto encode = [&](size_t part) {
    parts_[part].resize(files_.size());
    std::vector<std::string*> targets;
    for (size_t i = 0; i < files_.size(); ++i) {
      // The first part goes straight to where it belongs.
      targets.push_back(part == 0 ? &files_[i]->buffer() : &parts_[part][i]);
    }
    Visit(results.Part(count * part / parts, count * (part + 1) / parts),
          Encoder(*this, std::move(targets)));
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

// Which files there are, and how they are written: the same for all marks of these outputs.
std::string OutputFiles::Choice() const {
  std::string choice;
  PutU8(kMarkVersion, choice);
  PutU8(choice_.archive ? 1 : 0, choice);
  PutU8(choice_.notices == NoticeFormat::kDuis ? 1 : 0, choice);
  PutU64(choice_.operators.size(), choice);
  for (const Eui64 party : choice_.operators) {
    PutU64(party.value, choice);
  }
  return choice;
}

std::string OutputFiles::Mark() const {
  std::string mark = Choice();
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
  WEIR_RETURN_IF_ERROR(CheckChoice(mark, choice_));
  const std::string choice = Choice();
  WireReader reader(mark.substr(std::min(mark.size(), choice.size())));
  for (uint64_t& length : lengths) {
    length = reader.U64();
  }
  if (!absl::StartsWith(mark, choice) || !reader.done()) {
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
