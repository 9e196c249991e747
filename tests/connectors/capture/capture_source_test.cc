// Goal: the records of captures are the same however reading is broken off and continued, and a
// position is refused where the captures are not those it belongs to.
// Method: a small mixed set of captures in all forms. Reading is continued at every record, in the
// same captures, in grown ones, with more captures behind them and in changed ones; the rest is
// compared with an uninterrupted run.
#include "connectors/capture/capture_source.h"

#include <unistd.h>

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include <gtest/gtest.h>

#include "connectors/formats/format.h"
#include "connectors/threads/thread_team.h"
#include "engine/alert/event.h"
#include "engine/pipeline/record.h"
#include "tests/connectors/capture/scratch.h"
#include "tests/support/teams.h"

#include <sys/stat.h>

namespace weir {

namespace {

using Captures = std::vector<std::string>;

std::string Alert(int second) {
  return absl::StrCat(
      R"({"device":"00-00-00-00-00-00-00-01","code":"8F0A","received":"2024-01-01T00:00:)",
      second < 10 ? "0" : "", second, "Z\"}");
}

// A message as kcat prints it.
std::string Message(absl::string_view topic, int partition, int64_t offset,
                    absl::string_view payload) {
  std::string escaped;
  for (const char c : payload) {
    if (c == '"') {
      escaped.push_back('\\');
    }
    escaped.push_back(c);
  }
  return absl::StrCat(R"({"topic":")", topic, R"(","partition":)", partition, R"(,"offset":)",
                      offset, R"(,"ts":1704067200000,"payload":")", escaped, "\"}");
}

// What is compared of a record.
struct Seen {
  uint32_t number = 0;
  std::string topic;
  int32_t partition = 0;
  int64_t offset = 0;
  std::string capture;
  uint64_t line = 0;
  std::string bytes;
  size_t event = 0;

  friend bool operator==(const Seen&, const Seen&) = default;

  friend void PrintTo(const Seen& seen, std::ostream* out) {
    *out << absl::StrCat(seen.number, " ", seen.topic, "/", seen.partition, "@", seen.offset, " ",
                         seen.capture, ":", seen.line, " ", seen.bytes.substr(0, 200));
  }
};

Seen See(const Record& record) {
  return {.number = record.partition,
          .topic = std::string(record.origin.topic),
          .partition = record.origin.partition,
          .offset = record.origin.offset,
          .capture = std::string(record.origin.capture),
          .line = record.origin.line,
          .bytes = std::string(record.bytes),
          .event = record.event.index()};
}

std::unique_ptr<CaptureSource> Open(const Captures& captures,
                                    std::optional<Format> forced = std::nullopt,
                                    Team& team = Alone()) {
  auto source = CaptureSource::Open(captures, forced, team);
  EXPECT_TRUE(source.ok()) << source.status();
  return source.ok() ? *std::move(source) : nullptr;
}

// Reads `most` records, or all, in calls of at most `limit`.
absl::Status ReadSome(CaptureSource& source, size_t limit, size_t most, std::vector<Seen>& seen) {
  std::vector<Record> records;
  while (most > 0) {
    if (absl::Status status = source.Read(std::min(limit, most), records); !status.ok()) {
      EXPECT_TRUE(records.empty());
      return status;
    }
    if (records.empty()) {
      break;
    }
    most -= records.size();
    for (const Record& record : records) {
      seen.push_back(See(record));
    }
  }
  return absl::OkStatus();
}

std::vector<Seen> ReadRest(CaptureSource& source, size_t limit = 100) {
  std::vector<Seen> seen;
  const absl::Status status = ReadSome(source, limit, SIZE_MAX, seen);
  EXPECT_TRUE(status.ok()) << status;
  return seen;
}

std::vector<Seen> From(const std::vector<Seen>& all, size_t first) {
  return {all.begin() + static_cast<std::ptrdiff_t>(first), all.end()};
}

std::vector<std::pair<std::string, int32_t>> Names(const CaptureSource& source) {
  std::vector<std::pair<std::string, int32_t>> names;
  for (const PartitionName& name : source.partitions()) {
    names.emplace_back(name.topic, name.partition);
  }
  return names;
}

// The position behind the first `count` records.
std::string PositionAfter(const Captures& captures, size_t count) {
  const auto source = Open(captures);
  std::vector<Seen> seen;
  EXPECT_TRUE(ReadSome(*source, 3, count, seen).ok());
  EXPECT_EQ(seen.size(), count);
  return source->Position();
}

absl::Status SeekTo(const Captures& captures, absl::string_view position) {
  return Open(captures)->Seek(position);
}

class CaptureSourceTest : public ::testing::Test {
 protected:
  CaptureSourceTest() {
    const std::string broken = R"({"topic":"t","partition":"x","offset":7,"payload":"{}"})";
    const std::string mixed = absl::StrCat(
        Alert(1), "\n", Message("t", 1, 40, Alert(2)), "\r\n \t\r\n\n", "no record\n",
        Message("t", 0, 7, Alert(3)), "\n", broken, "\n", Message("u", 1, 9, "nothing"), "\n");
    const std::string second = absl::StrCat("\n\n", Message("t", 1, 41, Alert(4)), "\n", Alert(5),
                                            "\n", Message("u", 1, 10, Alert(6)), "\n   \n");
    captures_ = {scratch_.Write("a.json", mixed),
                 scratch_.Write("b", Gzip(second) + Gzip(Alert(7) + "\n")),
                 scratch_.Write("empty", ""),
                 scratch_.Write("blank", " \n\r\n\t"),
                 scratch_.Write("c", Zstd(Message("v", 0, 0, Alert(8)) + "\n" + Alert(9))),
                 scratch_.Write("d", Alert(10) + "\n" + Alert(11) + "\n")};
  }

  Scratch scratch_;
  Captures captures_;
};

TEST_F(CaptureSourceTest, NumbersPartitionsAndOffsets) {
  const auto source = Open(captures_);
  const std::vector<Seen> all = ReadRest(*source);
  const std::string& a = captures_[0];
  const std::string& b = captures_[1];
  const std::string& c = captures_[4];
  const std::string& d = captures_[5];
  const size_t alert = Event(weir::Alert()).index();
  const size_t dead = Event(DeadReason()).index();
  const std::string broken = R"({"topic":"t","partition":"x","offset":7,"payload":"{}"})";
  const std::vector<Seen> expected = {
      {0, "", 0, 0, a, 1, Alert(1), alert},
      {1, "t", 1, 40, a, 2, Message("t", 1, 40, Alert(2)) + "\r", alert},
      {0, "", 0, 1, a, 5, "no record", dead},
      {2, "t", 0, 7, a, 6, Message("t", 0, 7, Alert(3)), alert},
      {0, "", 0, 2, a, 7, broken, dead},
      {3, "u", 1, 9, a, 8, Message("u", 1, 9, "nothing"), dead},
      {1, "t", 1, 41, b, 3, Message("t", 1, 41, Alert(4)), alert},
      {0, "", 0, 3, b, 4, Alert(5), alert},
      {3, "u", 1, 10, b, 5, Message("u", 1, 10, Alert(6)), alert},
      {0, "", 0, 4, b, 7, Alert(7), alert},
      {4, "v", 0, 0, c, 1, Message("v", 0, 0, Alert(8)), alert},
      {0, "", 0, 5, c, 2, Alert(9), alert},
      {0, "", 0, 6, d, 1, Alert(10), alert},
      {0, "", 0, 7, d, 2, Alert(11), alert}};
  EXPECT_EQ(all, expected);
  EXPECT_EQ(Names(*source), (std::vector<std::pair<std::string, int32_t>>{
                                {"", 0}, {"t", 1}, {"t", 0}, {"u", 1}, {"v", 0}}));
  EXPECT_TRUE(ReadRest(*source).empty()) << "the end stays";
  EXPECT_EQ(source->consumed(), source->total());
}

// Those of the first topic have the numbers that they have there; after a Seek too.
TEST_F(CaptureSourceTest, GivesPartitionsTheirOwnNumbers) {
  using Numbers = std::map<std::pair<std::string, int32_t>, uint16_t>;
  const auto numbers_of_rest = [](CaptureSource& source) {
    Numbers numbers;
    std::vector<Record> records;
    do {
      EXPECT_TRUE(source.Read(3, records).ok());
      for (const Record& record : records) {
        numbers[{std::string(record.origin.topic), record.origin.partition}] = record.number;
      }
    } while (!records.empty());
    return numbers;
  };
  const Numbers numbers = numbers_of_rest(*Open(captures_));
  EXPECT_EQ(numbers, (Numbers{{{"", 0}, 65535},
                              {{"t", 0}, 0},
                              {{"t", 1}, 1},
                              {{"u", 1}, 65535 - 3},
                              {{"v", 0}, 65535 - 4}}));
  for (size_t first = 1; first < 13; ++first) {
    const auto source = Open(captures_);
    ASSERT_TRUE(source->Seek(PositionAfter(captures_, first)).ok());
    for (const auto& [name, number] : numbers_of_rest(*source)) {
      EXPECT_EQ(numbers.at(name), number) << name.first << " " << first;
    }
  }
}

TEST_F(CaptureSourceTest, GivesTheSameRecordsWhateverTheLimit) {
  const std::vector<Seen> all = ReadRest(*Open(captures_));
  for (size_t limit = 1; limit < 20; ++limit) {
    EXPECT_EQ(ReadRest(*Open(captures_), limit), all);
  }
}

TEST_F(CaptureSourceTest, GivesTheSameRecordsWhateverTheTeam) {
  std::string large;
  for (int i = 0; i < 40000; ++i) {
    const std::string alert = Alert(i % 60);
    absl::StrAppend(&large, i % 7 == 0 ? Message("t", i % 3, i, alert) : alert, "\n");
  }
  Captures captures = captures_;
  captures.push_back(scratch_.Write("large", large));
  captures.push_back(scratch_.Write("large.gz", Gzip(large)));
  const std::vector<Seen> all = ReadRest(*Open(captures), 5000);
  for (const size_t size : {size_t{2}, size_t{3}, size_t{5}}) {
    const std::unique_ptr<Team> team = MakeThreadTeam(size);
    const auto source = Open(captures, std::nullopt, *team);
    EXPECT_TRUE(ReadRest(*source, 3000) == all) << size;
    EXPECT_EQ(source->consumed(), source->total());
    // Also from a place in the middle of what has been read ahead.
    const auto again = Open(captures, std::nullopt, *team);
    ASSERT_TRUE(again->Seek(PositionAfter(captures, 50000)).ok());
    EXPECT_TRUE(ReadRest(*again, 3000) == From(all, 50000)) << size;
  }
}

TEST_F(CaptureSourceTest, ReadsOnlyTheForcedFormat) {
  const std::vector<Seen> as_found = ReadRest(*Open(captures_));
  const std::vector<Seen> as_json = ReadRest(*Open(captures_, Format::kJson));
  ASSERT_EQ(as_json.size(), as_found.size());
  for (size_t i = 0; i < as_json.size(); ++i) {
    EXPECT_EQ(as_json[i].number, 0U);
    EXPECT_EQ(as_json[i].offset, static_cast<int64_t>(i));
    EXPECT_EQ(as_json[i].bytes, as_found[i].bytes);
  }
}

TEST_F(CaptureSourceTest, ContinuesAtEveryRecord) {
  const auto whole = Open(captures_);
  const std::vector<Seen> all = ReadRest(*whole);
  const std::string end = whole->Position();
  for (size_t first = 0; first <= all.size(); ++first) {
    SCOPED_TRACE(first);
    const std::string position = PositionAfter(captures_, first);
    const auto source = Open(captures_);
    ASSERT_TRUE(source->Seek(position).ok());
    EXPECT_EQ(source->Position(), position);
    EXPECT_EQ(ReadRest(*source, 2), From(all, first));
    EXPECT_EQ(Names(*source), Names(*whole));
    EXPECT_EQ(source->Position(), end);
    EXPECT_EQ(source->consumed(), source->total());
    // Back again, in the same source.
    ASSERT_TRUE(source->Seek(position).ok());
    EXPECT_EQ(ReadRest(*source), From(all, first));
  }
  EXPECT_EQ(PositionAfter(captures_, all.size()), end);
}

TEST_F(CaptureSourceTest, ContinuesInMoreCaptures) {
  Captures more = captures_;
  more.push_back(scratch_.Write("e", Message("w", 3, 1, Alert(12)) + "\n" + Alert(13) + "\n"));
  const std::vector<Seen> all = ReadRest(*Open(more));
  const size_t before = ReadRest(*Open(captures_)).size();
  ASSERT_EQ(all.size(), before + 2);
  for (size_t first = 0; first <= before; ++first) {
    const auto source = Open(more);
    ASSERT_TRUE(source->Seek(PositionAfter(captures_, first)).ok());
    EXPECT_EQ(ReadRest(*source), From(all, first)) << first;
  }
  // Fewer, as long as nothing was read of those that are missing.
  const Captures fewer(captures_.begin(), captures_.begin() + 2);
  EXPECT_TRUE(SeekTo(fewer, PositionAfter(captures_, 10)).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(SeekTo(fewer, PositionAfter(captures_, 11))));
}

// The last capture grows, in every form and by what follows a line with or without its line feed.
TEST_F(CaptureSourceTest, ContinuesInAGrownCapture) {
  const std::vector<std::pair<std::string, std::string>> growths = {
      {Alert(20) + "\n" + Message("t", 5, 5, Alert(21)) + "\n", Alert(22) + "\n"},
      {Alert(20) + "\n" + Alert(21), "\n" + Alert(22)},
      {Alert(20) + "\n" + Alert(21) + "\n \n  ", Alert(22) + "\n"},
      {"", Alert(22)}};
  for (const auto& [before, growth] : growths) {
    for (const auto& [old_file, new_file] :
         {std::make_pair(before, before + growth),
          std::make_pair(Gzip(before), Gzip(before) + Gzip(growth)),
          std::make_pair(Zstd(before), Zstd(before) + Zstd(growth))}) {
      Captures captures = {captures_[0], scratch_.Write("growing", old_file)};
      const auto source = Open(captures);
      const size_t count = ReadRest(*source).size();
      std::vector<std::string> positions;
      for (size_t first = 0; first <= count; ++first) {
        positions.push_back(PositionAfter(captures, first));
      }
      EXPECT_EQ(positions.back(), source->Position());
      scratch_.Write("growing", new_file);
      const std::vector<Seen> all = ReadRest(*Open(captures));
      EXPECT_EQ(all.size(), count + 1);
      for (size_t first = 0; first <= count; ++first) {
        const auto again = Open(captures);
        ASSERT_TRUE(again->Seek(positions[first]).ok()) << first;
        EXPECT_EQ(ReadRest(*again), From(all, first)) << first;
      }
    }
  }
}

TEST_F(CaptureSourceTest, RefusesOtherCaptures) {
  const std::string position = PositionAfter(captures_, 8);  // in captures_[1]
  const auto expect_refused = [&](const Captures& captures, absl::string_view reason) {
    const absl::Status status = SeekTo(captures, position);
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
    EXPECT_TRUE(absl::StrContains(status.message(), reason)) << status;
  };
  EXPECT_TRUE(SeekTo(captures_, position).ok());
  expect_refused({captures_[0]}, "is not given now");
  expect_refused({captures_[1], captures_[0]}, "give the same captures in the same order");
  expect_refused({captures_[0], captures_[5]}, absl::StrCat("is '", captures_[5], "' now"));

  // The line read last is another one, or is not there.
  const std::string b = scratch_.Read("b");
  scratch_.Write("b", "\n\n" + Message("t", 1, 41, Alert(4)) + "\n" + Alert(6) + "\n");
  expect_refused(captures_, "line 4 differs");
  expect_refused(captures_, absl::StrCat("capture '", captures_[1], "' is not the one the state"));
  scratch_.Write("b", "\n\n" + Message("t", 1, 41, Alert(4)) + "\n");
  expect_refused(captures_, "line 4 differs");
  scratch_.Write("b", Zstd("\n\n"));
  expect_refused(captures_, "it ends before line 4");
  scratch_.Write("b", "");
  expect_refused(captures_, "it ends before line 4");
  scratch_.Write("b", b);

  // What a capture has grown by that is not the last would never be read.
  scratch_.Write("a.json", scratch_.Read("a.json") + Alert(30) + "\n");
  expect_refused(captures_, absl::StrCat("capture '", captures_[0], "' is not the one the state"));
}

TEST_F(CaptureSourceTest, RefusesWhatIsNoPosition) {
  const std::string position = PositionAfter(captures_, 9);
  for (size_t size = 0; size < position.size(); ++size) {
    EXPECT_TRUE(absl::IsFailedPrecondition(SeekTo(captures_, position.substr(0, size)))) << size;
  }
  EXPECT_TRUE(absl::IsFailedPrecondition(SeekTo(captures_, position + "x")));
  const uint64_t seed = NewSeed();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 500; ++round) {
    std::string damaged = position;
    damaged[random() % damaged.size()] = static_cast<char>(random());
    const auto source = Open(captures_);
    if (source->Seek(damaged).ok()) {
      ReadRest(*source);
    }
  }
}

TEST_F(CaptureSourceTest, NamesAllThatIsWrongWithCaptures) {
  const auto none = CaptureSource::Open({}, std::nullopt, Alone());
  EXPECT_TRUE(absl::IsInvalidArgument(none.status())) << none.status();
  const auto one = CaptureSource::Open({captures_[0], scratch_.Path("x")}, std::nullopt, Alone());
  EXPECT_TRUE(absl::IsNotFound(one.status())) << one.status();
  const auto many = CaptureSource::Open(
      {captures_[0], scratch_.Path("x"), "-", scratch_.Path(""), "-"}, std::nullopt, Alone());
  const absl::string_view message = many.status().message();
  EXPECT_TRUE(absl::StrContains(message, scratch_.Path("x"))) << message;
  EXPECT_TRUE(absl::StrContains(message, "Is a directory")) << message;
  EXPECT_TRUE(absl::StrContains(message, "standard input more than once")) << message;
}

// All records before a damage are given first, and an error gives none.
TEST_F(CaptureSourceTest, GivesWhatStandsBeforeAnError) {
  const std::string whole = Gzip(Alert(1) + "\n" + Alert(2) + "\n" + Alert(3) + "\n");
  const std::string cut = scratch_.Write("cut", whole.substr(0, whole.size() - 8));
  const auto source = Open({captures_[0], cut, captures_[1]});
  std::vector<Seen> seen;
  EXPECT_TRUE(absl::IsDataLoss(ReadSome(*source, 2, SIZE_MAX, seen)));
  EXPECT_EQ(seen.size(), 9U);
  // Once the file is whole, reading continues.
  scratch_.Write("cut", whole);
  const auto again = Open({captures_[0], cut, captures_[1]});
  EXPECT_TRUE(again->Seek(source->Position()).ok());
  EXPECT_EQ(ReadRest(*again).size(), 4U);
}

TEST_F(CaptureSourceTest, NoticesACaptureThatVanishes) {
  const auto source = Open(captures_);
  ASSERT_EQ(::unlink(captures_[1].c_str()), 0);
  std::vector<Seen> seen;
  EXPECT_TRUE(absl::IsNotFound(ReadSome(*source, 100, SIZE_MAX, seen)));
  EXPECT_EQ(seen.size(), 6U);
}

TEST_F(CaptureSourceTest, ReadsStandardInputOnce) {
  const std::string content = scratch_.Read("a.json");
  const Captures captures = {captures_[5], "-"};
  std::string position;
  for (const bool is_first : {true, false}) {
    std::array<int, 2> ends = {};
    ASSERT_EQ(::pipe(ends.data()), 0);
    std::thread feeder = Feed(ends[1], Gzip(content));
    {
      const StandardInput input(ends[0]);
      ::close(ends[0]);
      const auto source = Open(captures);
      EXPECT_EQ(source->total(), std::nullopt);
      if (is_first) {
        std::vector<Seen> seen;
        EXPECT_TRUE(ReadSome(*source, 100, 5, seen).ok());
        EXPECT_EQ(seen[2].capture, "-");
        position = source->Position();
        EXPECT_EQ(ReadRest(*source).size(), 3U);
        const absl::Status status = source->Seek(position);
        EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
      } else {
        ASSERT_TRUE(source->Seek(position).ok());
        EXPECT_EQ(ReadRest(*source).size(), 3U);
      }
    }
    feeder.join();
  }
}

// Many times the buffer, so that records lie on its edges.
TEST_F(CaptureSourceTest, ReadsLargeCaptures) {
  const uint64_t seed = NewSeed();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937_64 random(seed);
  std::string content;
  std::vector<std::string> lines;
  while (content.size() < size_t{14} << 20) {
    lines.push_back(random() % 50 == 0 ? std::string(1 + random() % 300000, 'x')
                                       : Alert(static_cast<int>(random() % 60)));
    content += lines.back() + "\n";
  }
  for (const std::string& stored : {content, Zstd(content)}) {
    const std::string path = scratch_.Write("large", stored);
    const auto source = Open({path});
    std::vector<Record> records;
    std::vector<std::string> positions;
    size_t count = 0;
    do {
      ASSERT_TRUE(source->Read(1 + random() % 5000, records).ok());
      for (const Record& record : records) {
        ASSERT_TRUE(record.bytes == lines[count]) << count;
        EXPECT_EQ(record.origin.line, count + 1);
        EXPECT_EQ(record.origin.offset, static_cast<int64_t>(count++));
      }
      EXPECT_LE(source->consumed(), *source->total());
    } while (!records.empty());
    EXPECT_EQ(count, lines.size());
    const size_t first = random() % count;
    const std::string position = [&] {
      const auto other = Open({path});
      std::vector<Seen> seen;
      EXPECT_TRUE(ReadSome(*other, 1000, first, seen).ok());
      return other->Position();
    }();
    ASSERT_TRUE(source->Seek(position).ok());
    ASSERT_TRUE(source->Read(1, records).ok());
    EXPECT_TRUE(records.at(0).bytes == lines[first]);
  }
}

}  // namespace

}  // namespace weir
