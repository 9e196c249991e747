// Goal: the output files hold exactly what was sealed, whatever happened since, and say so where
// they cannot.
// Method: random interleavings of results, Seal, Discard and reopening, with and without a loss of
// the process, against strings; full disks by a device that is always full and by a limit on the
// size of files.
#include "connectors/capture/output_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include <gtest/gtest.h>

#include "connectors/capture/output_file.h"
#include "connectors/formats/json_writer.h"
#include "connectors/formats/notice_duis.h"
#include "connectors/formats/notice_json.h"
#include "connectors/threads/thread_team.h"
#include "engine/alert/event.h"
#include "engine/pipeline/record.h"
#include "tests/connectors/capture/scratch.h"
#include "tests/support/random.h"
#include "tests/support/results_builder.h"
#include "tests/support/teams.h"

#include <sys/resource.h>
#include <sys/stat.h>

namespace weir {

namespace {

constexpr Eui64 kOperators[] = {{0x90B3D51F30020000}, {0x90B3D51F30010000}};

// All that there may be.
const std::vector<std::string>& Names() {
  static const std::vector<std::string>* const names = new std::vector<std::string>{
      "alerts.forwarded",           "throttle.episodes", "dead.letter",
      "alerts.consolidated",        "requests.accepted", "requests.rejected",
      "inventory.removed",          "enp.unrouted",      "enp.90-B3-D5-1F-30-02-00-00",
      "enp.90-B3-D5-1F-30-01-00-00"};
  return *names;
}

enum : size_t {
  kForwarded,
  kEpisodes,
  kDeadLetters,
  kConsolidated,
  kAccepted,
  kRejected,
  kRemoved,
  kUnrouted,
  kFirstOperator
};

OutputChoice ChoiceOf(bool archive, NoticeFormat notices = NoticeFormat::kJson) {
  return {.archive = archive,
          .operators = {std::begin(kOperators), std::end(kOperators)},
          .notices = notices};
}

std::unique_ptr<OutputFiles> Open(const std::string& directory, const OutputChoice& choice,
                                  Team& team = Alone()) {
  auto outputs = OutputFiles::Open(directory, choice, team);
  EXPECT_TRUE(outputs.ok()) << outputs.status();
  return outputs.ok() ? *std::move(outputs) : nullptr;
}

std::unique_ptr<OutputFiles> Open(const std::string& directory, bool archive,
                                  Team& team = Alone()) {
  return Open(directory, ChoiceOf(archive), team);
}

std::unique_ptr<OutputFiles> OpenAt(const std::string& directory, bool archive,
                                    absl::string_view mark, Team& team = Alone()) {
  std::unique_ptr<OutputFiles> outputs = Open(directory, archive, team);
  const absl::Status status = outputs->Reopen(mark);
  EXPECT_TRUE(status.ok()) << status;
  return outputs;
}

Alert AlertOf(uint64_t counter, absl::string_view payload = {}) {
  Alert alert;
  alert.device = Eui64{counter};
  alert.counter = counter;
  alert.received = TimeMs{1000};
  alert.payload = payload;
  return alert;
}

EpisodeEvent EpisodeOf(uint64_t device) {
  EpisodeEvent event;
  event.at = TimeMs{5000};
  event.key.device = Eui64{device};
  return event;
}

Record RecordOf(absl::string_view bytes) {
  Record record;
  record.bytes = bytes;
  return record;
}

SwitchNotice SwitchedOf(uint64_t device) {
  SwitchNotice notice;
  notice.device = Eui64{device};
  notice.counter = device;
  notice.at = TimeMs{5000};
  notice.changed_at = TimeMs{4000};
  notice.srv = "6.14.1";
  if (device % 3 == 0) {
    notice.unrouted = UnroutedReason::kNoOperator;
  } else {
    notice.network_operator = kOperators[device % 3 - 1];
  }
  return notice;
}

RemovalNotice RemovalOf(uint64_t device) {
  RemovalNotice notice;
  notice.device = Eui64{device};
  notice.code = *ParseAlertCode("N8");
  notice.counter = device;
  notice.at = TimeMs{5000};
  return notice;
}

Record RecordOf(const OtherEvent& event) {
  Record record;
  record.event = event;
  return record;
}

Request RequestOf() {
  Request request;
  request.id = {.party = Eui64{1}, .device = Eui64{2}, .counter = 3};
  request.srv = "6.13";
  return request;
}

Response ResponseOf() {
  Response response;
  response.id = RequestOf().id;
  response.srv = "6.13";
  response.code = "I0";
  return response;
}

const Request kRequest = RequestOf();
const Response kResponse = ResponseOf();

// What the files must hold: as sealed, and with what came since.
class Model {
 public:
  Model(bool archive, NoticeFormat notices)
      : archive_(archive), is_duis_(notices == NoticeFormat::kDuis) {}

  // Adds one random result to both.
  void Add(ResultsBuilder& results, std::mt19937_64& random) {
    const uint64_t kind = random() % 9;
    const std::string bytes(random() % (random() % 100 == 0 ? 400000 : 100), 'x');
    const Alert alert = AlertOf(random() % 1000, bytes);
    if (kind == 0) {
      results.Forward(alert);
      AppendForwarded(alert, open_[kForwarded]);
    } else if (kind == 1) {
      const CopyMark mark = {.sequence_id = random() % 9, .count = random() % 9};
      results.ForwardCopy(alert, mark);
      AppendForwardedCopy(alert, mark, open_[kForwarded]);
    } else if (kind == 2) {
      const EpisodeEvent event = EpisodeOf(random());
      results.Episode(event);
      AppendEpisode(event, open_[kEpisodes]);
    } else if (kind == 3) {
      results.DeadLetter(RecordOf(bytes), DeadReason::kBadJson);
      AppendDeadLetter(RecordOf(bytes), DeadReason::kBadJson, open_[kDeadLetters]);
    } else if (kind == 4) {
      results.Consolidate(alert);
      AppendForwarded(alert, open_[kConsolidated]);
    } else {
      AddNotice(kind, results, random);
    }
  }

  void Seal() { sealed_ = open_; }

  void Discard() { open_ = sealed_; }

  void ExpectSealed(const Scratch& scratch) const {
    for (size_t i = 0; i < Names().size(); ++i) {
      if (i == kConsolidated && !archive_) {
        EXPECT_FALSE(std::filesystem::exists(scratch.Path("out/" + Names()[i])));
      } else {
        EXPECT_TRUE(scratch.Read("out/" + Names()[i]) == sealed_[i]) << Names()[i];
      }
    }
  }

 private:
  void AddNotice(uint64_t kind, ResultsBuilder& results, std::mt19937_64& random) {
    if (kind == 5) {
      const SwitchNotice notice = SwitchedOf(random() % 1000);
      results.Switched(notice);
      std::string& target = open_[TargetOf(notice.device.value % 3)];
      is_duis_ ? AppendSwitchNoticeDuis(notice, target) : AppendSwitchNotice(notice, target);
    } else if (kind == 6) {
      const RemovalNotice notice = RemovalOf(random() % 1000);
      results.Removed(notice);
      std::string& target = open_[kRemoved];
      is_duis_ ? AppendRemovalNoticeDuis(notice, target) : AppendRemovalNotice(notice, target);
    } else if (kind == 7) {
      const auto reason = static_cast<RequestReason>(random() % kRequestReasons);
      const Record record = RecordOf({.device = {}, .received = {}, .what = &kRequest});
      results.Judge(record, {.reason = reason});
      AppendJudgedRequest(record, {.reason = reason},
                          open_[IsAccepted(reason) ? kAccepted : kRejected]);
    } else {
      const uint64_t which = random() % 3;
      ResponseNotice notice = {.network_operator = kOperators[which == 0 ? 0 : which - 1]};
      if (which == 0) {
        notice.unrouted = UnroutedReason::kNotInNetwork;
      }
      const Record record = RecordOf({.device = {}, .received = {}, .what = &kResponse});
      results.Respond(record, notice);
      AppendRoutedResponse(record, notice, open_[TargetOf(which)]);
    }
  }

  // 0: nobody's.
  static size_t TargetOf(uint64_t which) {
    return which == 0 ? size_t{kUnrouted} : kFirstOperator + which - 1;
  }

  bool archive_;
  bool is_duis_;
  std::array<std::string, 10> open_;
  std::array<std::string, 10> sealed_;
};

TEST(OutputFilesTest, MakesAllFiles) {
  const Scratch scratch;
  for (const bool archive : {false, true}) {
    const std::string directory = scratch.Path(absl::StrCat("a/b//c", archive, "/"));
    auto outputs = OpenAt(directory, archive, "");
    for (size_t i = 0; i < Names().size(); ++i) {
      EXPECT_EQ(std::filesystem::exists(directory + Names()[i]), archive || i != kConsolidated);
    }
    outputs.reset();
    EXPECT_NE(OutputFiles::Open(directory, ChoiceOf(archive), Alone())->get(), nullptr) << "again";
  }
}

// Writing, sealing, discarding and losing the process at random leaves what the model says.
TEST(OutputFilesTest, HoldsExactlyWhatWasSealed) {
  const uint64_t seed = NewSeed();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < Rounds(24); ++round) {
    const Scratch scratch;
    const bool archive = round % 2 == 0;
    const NoticeFormat notices = round % 3 == 0 ? NoticeFormat::kDuis : NoticeFormat::kJson;
    Model model(archive, notices);
    std::string mark;
    const std::unique_ptr<Team> team = MakeThreadTeam(1 + random() % 3);
    const auto open = [&] {
      std::unique_ptr<OutputFiles> opened =
          Open(scratch.Path("out"), ChoiceOf(archive, notices), *team);
      EXPECT_TRUE(opened->Reopen(mark).ok());
      return opened;
    };
    std::unique_ptr<OutputFiles> outputs = open();
    absl::Status synced;
    const auto sync = [&] { synced = outputs->Sync(); };
    std::unique_ptr<Team::Job> syncing;  // beside what is written next
    for (int step = 0; step < 40; ++step) {
      for (uint64_t rounds = random() % 3; rounds > 0; --rounds) {
        ResultsBuilder results;
        for (uint64_t i = random() % (random() % 10 == 0 ? 3000 : 60); i > 0; --i) {
          model.Add(results, random);
        }
        outputs->Write(results.results());
      }
      syncing.reset();
      ASSERT_TRUE(synced.ok()) << synced;
      switch (random() % 4) {
        case 0: {
          absl::StatusOr<std::string> sealed = outputs->Seal();
          ASSERT_TRUE(sealed.ok()) << sealed.status();
          mark = *std::move(sealed);
          syncing = team->Start(sync);
          model.Seal();
          model.ExpectSealed(scratch);
          break;
        }
        case 1:
          ASSERT_TRUE(outputs->Discard().ok());
          model.Discard();
          model.ExpectSealed(scratch);
          break;
        case 2:  // the process ends, what was not sealed stays behind or not
          outputs.reset();
          outputs = open();
          model.Discard();
          model.ExpectSealed(scratch);
          break;
        default:  // back to the mark in the same process
          ASSERT_TRUE(outputs->Reopen(mark).ok());
          model.Discard();
          model.ExpectSealed(scratch);
      }
    }
  }
}

TEST(OutputFilesTest, GivesTheSameMarkForTheSameLengths) {
  const Scratch scratch;
  auto outputs = OpenAt(scratch.Path("out"), false, "");
  const std::string empty = *outputs->Seal();
  EXPECT_EQ(*outputs->Seal(), empty);
  To(*outputs).Forward(AlertOf(1));
  const std::string one = *outputs->Seal();
  EXPECT_NE(one, empty);
  To(*outputs).Forward(AlertOf(2));
  EXPECT_TRUE(outputs->Discard().ok());
  EXPECT_EQ(*outputs->Seal(), one);
  // An older mark is one to go back to as well.
  EXPECT_TRUE(outputs->Reopen(empty).ok());
  EXPECT_EQ(scratch.Read("out/alerts.forwarded"), "");
}

TEST(OutputFilesTest, CopiesWhatIsWrittenAsItWouldBe) {
  const Scratch scratch;
  auto outputs = OpenAt(scratch.Path("out"), true, "");
  const absl::string_view lines = "{as it came}\n{another}";
  std::vector<Record> records(3);
  for (Record& record : records) {
    record.event = AlertOf(1);
    record.bytes = lines.substr(0, lines.find('\n'));
  }
  records[0].is_verbatim = true;
  records[2].is_verbatim = true;
  const std::vector<Verdict> verdicts = {Verdict::kForward, Verdict::kForward,
                                         Verdict::kConsolidate};
  outputs->Write({.records = records, .verdicts = verdicts, .ledger = {}});
  ASSERT_TRUE(outputs->Seal().ok());
  std::string encoded;
  AppendForwarded(AlertOf(1), encoded);
  EXPECT_EQ(scratch.Read("out/alerts.forwarded"), absl::StrCat("{as it came}\n", encoded));
  EXPECT_EQ(scratch.Read("out/alerts.consolidated"), "{as it came}\n");
}

TEST(OutputFilesTest, StartsFromNothingWithoutAMark) {
  const Scratch scratch;
  std::filesystem::create_directory(scratch.Path("out"));
  scratch.Write("out/alerts.forwarded", "old\n");
  scratch.Write("out/dead.letter", "old\n");
  auto outputs = Open(scratch.Path("out"), false);
  EXPECT_EQ(scratch.Read("out/alerts.forwarded"), "old\n") << "nothing is cut before Reopen";
  ASSERT_TRUE(outputs->Reopen("").ok());
  EXPECT_EQ(scratch.Read("out/alerts.forwarded"), "");
  EXPECT_EQ(scratch.Read("out/dead.letter"), "");
}

TEST(OutputFilesTest, RefusesFilesShorterThanTheirMark) {
  const Scratch scratch;
  auto outputs = OpenAt(scratch.Path("out"), true, "");
  To(*outputs).Forward(AlertOf(1));
  To(*outputs).Consolidate(AlertOf(2));
  const std::string mark = *outputs->Seal();
  outputs.reset();
  const std::string sealed = scratch.Read("out/alerts.consolidated");
  scratch.Write("out/alerts.forwarded", scratch.Read("out/alerts.forwarded") + "more");
  scratch.Write("out/alerts.consolidated", sealed.substr(1));
  outputs = Open(scratch.Path("out"), true);
  const absl::Status status = outputs->Reopen(mark);
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_TRUE(absl::StrContains(status.message(),
                                absl::StrCat("out/alerts.consolidated': it is ", sealed.size() - 1,
                                             " bytes long, but the state says ", sealed.size())))
      << status;
  EXPECT_TRUE(absl::EndsWith(scratch.Read("out/alerts.forwarded"), "more")) << "nothing is cut";
  EXPECT_FALSE(outputs->Seal().ok()) << "nor may anything be written";
}

TEST(OutputFilesTest, RefusesMarksOfOtherOutputs) {
  const Scratch scratch;
  NoOutput none;
  const std::string no_mark = *none.Seal();
  const std::string plain = *OpenAt(scratch.Path("plain"), false, "")->Seal();
  const std::string archive = *OpenAt(scratch.Path("archive"), true, "")->Seal();
  const auto reopen = [&scratch](bool with_archive, absl::string_view mark) {
    return Open(scratch.Path("out"), with_archive)->Reopen(mark);
  };
  const auto expect_refused = [](const absl::Status& status, absl::string_view reason) {
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
    EXPECT_TRUE(absl::StrContains(status.message(), reason)) << status;
  };
  expect_refused(reopen(false, no_mark), "written without outputs; leave out --out");
  expect_refused(reopen(false, archive), "with the archive; turn it on");
  expect_refused(reopen(true, plain), "without the archive; turn it off");
  expect_refused(none.Reopen(plain), "written with outputs; give the same --out");
  expect_refused(reopen(false, "x"), "other outputs");
  for (size_t size = 1; size < plain.size(); ++size) {
    EXPECT_TRUE(absl::IsFailedPrecondition(reopen(false, plain.substr(0, size)))) << size;
  }
  expect_refused(reopen(false, plain + "x"), "other outputs");
  EXPECT_TRUE(none.Reopen("").ok());
  EXPECT_TRUE(none.Reopen(no_mark).ok());
}

TEST(OutputFilesTest, RefusesMarksOfOtherNetworkOperators) {
  const Scratch scratch;
  const std::string mark = *OpenAt(scratch.Path("out"), false, "")->Seal();
  const auto reopen = [&](const OutputChoice& choice) {
    return Open(scratch.Path("out"), choice)->Reopen(mark);
  };
  const auto expect_refused = [](const absl::Status& status, absl::string_view reason) {
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
    EXPECT_TRUE(absl::StrContains(status.message(), reason)) << status;
  };
  EXPECT_TRUE(reopen(ChoiceOf(false)).ok());
  expect_refused(reopen({}),
                 "written for the network operators 90-B3-D5-1F-30-02-00-00, "
                 "90-B3-D5-1F-30-01-00-00, and now there are none; give the same parties");
  expect_refused(reopen({.operators = {kOperators[1], kOperators[0]}}),
                 "and now there are 90-B3-D5-1F-30-01-00-00, 90-B3-D5-1F-30-02-00-00");
  expect_refused(reopen(ChoiceOf(false, NoticeFormat::kDuis)), "written with notices: json");
}

TEST(OutputFilesTest, DropsEverythingWithoutOutput) {
  NoOutput none;
  To(none).Forward(AlertOf(1));
  To(none).ForwardCopy(AlertOf(1), {});
  To(none).Consolidate(AlertOf(1));
  To(none).Episode(EpisodeOf(1));
  To(none).DeadLetter(RecordOf("x"), DeadReason::kBadJson);
  To(none).Switched(SwitchedOf(1));
  EXPECT_EQ(*none.Seal(), "none");
  EXPECT_TRUE(none.Discard().ok());
}

TEST(OutputFilesTest, WritesNothingBeforeReopen) {
  const Scratch scratch;
  auto outputs = Open(scratch.Path("out"), false);
  To(*outputs).Forward(AlertOf(1));
  EXPECT_TRUE(absl::IsFailedPrecondition(outputs->Seal().status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(outputs->Discard()));
  EXPECT_EQ(scratch.Read("out/alerts.forwarded"), "");
}

TEST(OutputFilesTest, KeepsASecondProcessOut) {
  const Scratch scratch;
  const auto outputs = OpenAt(scratch.Path("out"), false, "");
  const absl::Status status = OutputFiles::Open(scratch.Path("out"), {}, Alone()).status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "another process")) << status;
}

TEST(OutputFilesTest, NoticesThatOthersChangedAFile) {
  const Scratch scratch;
  auto outputs = OpenAt(scratch.Path("out"), false, "");
  To(*outputs).Forward(AlertOf(1));
  ASSERT_TRUE(outputs->Seal().ok());
  scratch.Write("out/alerts.forwarded", "");  // as log rotation does
  To(*outputs).Forward(AlertOf(2));
  const absl::Status status = outputs->Seal().status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "log rotation")) << status;
}

void ExpectUnavailable(const absl::Status& status, absl::string_view path,
                       absl::string_view reason) {
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), path)) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), reason)) << status;
}

TEST(OutputFilesTest, SaysThatTheDiskIsFull) {
  const Scratch scratch;
  std::filesystem::create_directory(scratch.Path("out"));
  ASSERT_EQ(::symlink("/dev/full", scratch.Path("out/dead.letter").c_str()), 0);
  auto outputs = OpenAt(scratch.Path("out"), false, "");
  To(*outputs).Forward(AlertOf(1));
  const std::string mark = *outputs->Seal();
  const std::string sealed = scratch.Read("out/alerts.forwarded");
  To(*outputs).DeadLetter(RecordOf("x"), DeadReason::kBadJson);
  const absl::Status status = outputs->Seal().status();
  ExpectUnavailable(status, scratch.Path("out/dead.letter"), "No space left on device");
  // From then on nothing is written, and the error stays.
  for (int i = 0; i < 100; ++i) {
    To(*outputs).Forward(AlertOf(1, std::string(100000, 'x')));
  }
  EXPECT_EQ(outputs->Seal().status(), status);
  EXPECT_EQ(outputs->Discard(), status);
  EXPECT_EQ(scratch.Read("out/alerts.forwarded"), sealed);
  EXPECT_TRUE(outputs->Reopen(mark).ok());
  EXPECT_TRUE(outputs->Seal().ok());
}

// A write that fails between two Seals, part of it done, is told by the next Seal or Discard.
TEST(OutputFilesTest, SaysThatAFileMayNotGrow) {
  for (const bool by_seal : {true, false}) {
    const Scratch scratch;
    auto outputs = OpenAt(scratch.Path("out"), true, "");
    To(*outputs).Consolidate(AlertOf(1));
    const std::string mark = *outputs->Seal();
    const std::string sealed = scratch.Read("out/alerts.consolidated");

    struct rlimit before = {};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    const struct rlimit small = {.rlim_cur = 3000000, .rlim_max = before.rlim_max};
    void (*const handler)(int) = std::signal(SIGXFSZ, SIG_IGN);
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    for (int i = 0; i < 100; ++i) {
      To(*outputs).Consolidate(AlertOf(1, std::string(100000, 'x')));
    }
    EXPECT_EQ(std::filesystem::file_size(scratch.Path("out/alerts.consolidated")), 3000000U);
    if (by_seal) {
      ExpectUnavailable(outputs->Seal().status(), scratch.Path("out/alerts.consolidated"),
                        "File too large");
    }
    ExpectUnavailable(outputs->Discard(), scratch.Path("out/alerts.consolidated"),
                      "File too large");
    EXPECT_EQ(scratch.Read("out/alerts.consolidated"), sealed) << "the room is given back";
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
    ASSERT_NE(std::signal(SIGXFSZ, handler), SIG_ERR);
    EXPECT_TRUE(outputs->Reopen(mark).ok());
    EXPECT_EQ(*outputs->Seal(), mark);
  }
}

TEST(OutputFilesTest, SaysWhyADirectoryCannotBeUsed) {
  const Scratch scratch;
  scratch.Write("file", "");
  ExpectUnavailable(OutputFiles::Open(scratch.Path("file"), {}, Alone()).status(),
                    scratch.Path("file"), "Not a directory");
  ExpectUnavailable(OutputFiles::Open(scratch.Path("file/below"), {}, Alone()).status(),
                    scratch.Path("file/below"), "Not a directory");
  ExpectUnavailable(OutputFiles::Open("", {}, Alone()).status(), "''", "No such file");
  std::filesystem::create_directories(scratch.Path("out/dead.letter"));
  ExpectUnavailable(OutputFiles::Open(scratch.Path("out"), {}, Alone()).status(),
                    scratch.Path("out/dead.letter"), "Is a directory");
}

TEST(WriteFileAtomicallyTest, ReplacesAFile) {
  const Scratch scratch;
  const std::string large(3000000, 'x');
  for (const std::string& content : {std::string("a"), large, std::string()}) {
    EXPECT_TRUE(WriteFileAtomically(scratch.Path("summary.json"), content).ok());
    EXPECT_TRUE(scratch.Read("summary.json") == content);
    EXPECT_FALSE(std::filesystem::exists(scratch.Path("summary.json.tmp")));
  }
}

TEST(WriteFileAtomicallyTest, KeepsTheOldFileOnErrors) {
  const Scratch scratch;
  const std::string path = scratch.Write("summary.json", "old");
  ASSERT_EQ(::symlink("/dev/full", scratch.Path("summary.json.tmp").c_str()), 0);
  ExpectUnavailable(WriteFileAtomically(path, "new"), path, "No space left on device");
  EXPECT_EQ(scratch.Read("summary.json"), "old");
  EXPECT_FALSE(std::filesystem::exists(scratch.Path("summary.json.tmp")));
  ExpectUnavailable(WriteFileAtomically(scratch.Path("none/x"), "new"), scratch.Path("none/x"),
                    "No such file");
  std::filesystem::create_directories(scratch.Path("folder/x"));
  ExpectUnavailable(WriteFileAtomically(scratch.Path("folder"), "new"), scratch.Path("folder"),
                    "Is a directory");
}

TEST(WriteFileAtomicallyTest, WritesIntoTheWorkingDirectory) {
  const Scratch scratch;
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(scratch.Path(""));
  EXPECT_TRUE(WriteFileAtomically("summary.json", "new").ok());
  EXPECT_NE(Open("out", false), nullptr);
  std::filesystem::current_path(before);
  EXPECT_EQ(scratch.Read("summary.json"), "new");
}

}  // namespace

}  // namespace weir
