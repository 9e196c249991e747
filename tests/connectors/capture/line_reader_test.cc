// Goal: lines come out as they went in, wherever the buffer ends.
// Method: random contents, read through small buffers in pieces of random sizes, against a naive
// splitter; lines at the sizes where something changes, up to the largest one.
#include "connectors/capture/line_reader.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
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

#include "connectors/capture/line_feeds.h"
#include "tests/connectors/capture/scratch.h"

namespace weir {

namespace {

struct Line {
  std::string text;
  uint64_t number = 0;
  uint64_t offset = 0;

  friend bool operator==(const Line&, const Line&) = default;
};

std::vector<Line> NaiveLines(const std::string& content) {
  std::vector<Line> lines;
  for (size_t at = 0; at < content.size();) {
    const size_t end = std::min(content.find('\n', at), content.size());
    lines.push_back({content.substr(at, end - at), lines.size() + 1, at});
    at = end + 1;
  }
  return lines;
}

// Gives `content` in pieces of at most `most` bytes, then `end`.
class PiecewiseStream : public ByteStream {
 public:
  PiecewiseStream(absl::string_view content, size_t most, absl::Status end = absl::OkStatus())
      : content_(content), most_(most), end_(std::move(end)), random_(most) {}

  absl::StatusOr<size_t> Read(char* buffer, size_t size) override {
    EXPECT_GT(size, 0U);
    const size_t count = std::min({size, content_.size() - at_, 1 + random_() % most_});
    if (count == 0 && !end_.ok()) {
      return end_;
    }
    std::memcpy(buffer, content_.data() + at_, count);
    at_ += count;
    return count;
  }

  absl::Status SkipTo(uint64_t /*offset*/) override { return absl::UnimplementedError(""); }

  uint64_t consumed() const override { return at_; }

 private:
  absl::string_view content_;
  size_t most_;
  absl::Status end_;
  size_t at_ = 0;
  std::mt19937_64 random_;
};

// What is behind a line must be readable; the sanitizer sees if it is not.
uint64_t TouchPadding(absl::string_view line) {
  uint64_t sum = 0;
  for (size_t i = 0; i < kLinePadding; ++i) {
    sum += static_cast<unsigned char>(*(line.data() + line.size() + i));
  }
  return sum;
}

// Lines are taken from the buffer together and looked at afterwards, as the source does.
absl::Status Drain(LineReader& reader, std::vector<Line>& lines) {
  std::vector<std::pair<absl::string_view, LineReader::Place>> batch;
  uint64_t padding = 0;
  while (true) {
    batch.clear();
    absl::string_view line;
    while (reader.Next(line)) {
      batch.emplace_back(line, reader.place());
    }
    for (const auto& [text, place] : batch) {
      padding += TouchPadding(text);
      lines.push_back({std::string(text), place.line, place.offset});
    }
    const absl::StatusOr<bool> has_more = reader.Refill();
    if (!has_more.ok() || !*has_more) {
      EXPECT_GE(padding + 1, 1U);
      return has_more.status();
    }
  }
}

TEST(LineReaderTest, SplitsSmallContents) {
  const std::vector<std::string> contents = {
      "",      "\n",        "\n\n",           "a",         "a\n",
      "a\n\n", "\na",       "a\r\nb\r\n",     "\r",        std::string("a\0b\n\0\n\0", 7),
      "a\nb",  "a\n \nb\n", "\xFF\n\xFE\xFD", "a\n\n\n\nb"};
  LineReader reader(1);
  for (const std::string& content : contents) {
    reader.Start(std::make_unique<PiecewiseStream>(content, 2), "name", {});
    std::vector<Line> lines;
    EXPECT_TRUE(Drain(reader, lines).ok());
    EXPECT_EQ(lines, NaiveLines(content)) << ::testing::PrintToString(content);
    EXPECT_FALSE(*reader.Refill()) << "the end stays";
  }
}

TEST(LineReaderTest, SplitsAsANaiveSplitterDoes) {
  const uint64_t seed = NewSeed();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 3000; ++round) {
    const size_t capacity = 1 + random() % 200;
    const size_t longest = 1 + random() % 400;
    std::string content;
    for (size_t lines = random() % 50; lines > 0; --lines) {
      // Often about as long as the buffer.
      const size_t size = random() % 2 == 0 ? random() % longest : capacity - random() % 2;
      for (size_t i = 0; i < size; ++i) {
        const char c = static_cast<char>(random());
        content.push_back(c == '\n' ? 'n' : c);
      }
      content.push_back('\n');
    }
    if (random() % 2 == 0 && !content.empty()) {
      content.pop_back();
    }
    LineReader reader(capacity);
    reader.Start(std::make_unique<PiecewiseStream>(content, 1 + random() % 500), "name", {});
    std::vector<Line> lines;
    ASSERT_TRUE(Drain(reader, lines).ok());
    ASSERT_TRUE(lines == NaiveLines(content)) << "round " << round;
  }
}

// What has been given since a Hold stays until the next one, however often is read on.
TEST(LineReaderTest, KeepsTheLinesThatAreHeld) {
  const uint64_t seed = NewSeed();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 500; ++round) {
    std::string content;
    for (size_t lines = random() % 200; lines > 0; --lines) {
      content.append(random() % 60, static_cast<char>('a' + random() % 26)).push_back('\n');
    }
    LineReader reader(1 + random() % 100);
    reader.Start(std::make_unique<PiecewiseStream>(content, 1 + random() % 50), "name", {});
    const std::vector<Line> expected = NaiveLines(content);
    std::vector<absl::string_view> before;
    std::vector<absl::string_view> held;
    size_t checked = 0;
    for (bool more = true; more;) {
      // A batch: it ends at the latest where there is no line without reading on.
      before = std::exchange(held, {});
      reader.Hold();
      absl::string_view line;
      for (size_t most = 1 + random() % 9; more && held.size() < most;) {
        if (reader.Next(line)) {
          held.push_back(line);
        } else if (held.empty()) {
          more = *reader.Refill();
        } else {
          break;
        }
      }
      for (const absl::string_view kept : before) {
        ASSERT_EQ(kept, expected[checked++].text) << "round " << round;
      }
    }
    for (const absl::string_view kept : held) {
      ASSERT_EQ(kept, expected[checked++].text);
    }
    ASSERT_EQ(checked, expected.size());
  }
}

TEST(LineReaderTest, CountsFromWhereItStarts) {
  LineReader reader;
  reader.Start(std::make_unique<PiecewiseStream>("b\nc\n", 1), "name", {.offset = 70, .line = 8});
  std::vector<Line> lines;
  EXPECT_TRUE(Drain(reader, lines).ok());
  EXPECT_EQ(lines, (std::vector<Line>{{"b", 8, 70}, {"c", 9, 72}}));
}

TEST(LineReaderTest, ReadsLongLines) {
  LineReader reader;
  for (const size_t size : {size_t{1} << 20, (size_t{4} << 20) - 1, size_t{4} << 20,
                            (size_t{4} << 20) + 1, size_t{10000000}, kMaxLineBytes}) {
    for (const std::string& end : {std::string("\n"), std::string(), std::string("\nlast")}) {
      const std::string content = "first\n" + std::string(size, 'x') + end;
      reader.Start(std::make_unique<PiecewiseStream>(content, size_t{1} << 20), "name", {});
      std::vector<Line> lines;
      EXPECT_TRUE(Drain(reader, lines).ok());
      EXPECT_TRUE(lines == NaiveLines(content)) << size;
    }
  }
}

TEST(LineReaderTest, RefusesLinesThatAreTooLong) {
  for (const size_t size : {kMaxLineBytes + 1, size_t{70000000}}) {
    for (const std::string& end : {std::string("\nlast\n"), std::string()}) {
      const std::string content = "first\nsecond\n" + std::string(size, 'x') + end;
      LineReader reader;
      reader.Start(std::make_unique<PiecewiseStream>(content, size_t{8} << 20), "long.json", {});
      std::vector<Line> lines;
      const absl::Status status = Drain(reader, lines);
      EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
      EXPECT_TRUE(absl::StrContains(status.message(), "line 3 of capture 'long.json'")) << status;
      EXPECT_EQ(lines.size(), 2U);
      EXPECT_EQ(reader.Refill().status(), status) << "it stays";
    }
  }
}

TEST(LineReaderTest, FindsLineFeedsAlikeInEachWay) {
  std::mt19937_64 random(23);
  for (uint64_t i = 0; i < 2000; ++i) {
    std::string text;
    for (size_t left = random() % 300; left > 0; --left) {
      text.push_back(random() % (1 + i % 90) == 0 ? '\n' : static_cast<char>(random() % 256));
    }
    const size_t begin = random() % (text.size() + 1);
    const size_t end = begin + random() % (text.size() - begin + 1);
    text.append(kLineFeedPadding, '\n');
    std::vector<uint32_t> found = {1};
    std::vector<uint32_t> portably = {1};
    FindLineFeeds(text.data(), begin, end, found);
    FindLineFeedsPortably(text.data(), begin, end, portably);
    std::vector<uint32_t> expected = {1};
    for (size_t at = begin; at < end; ++at) {
      if (text[at] == '\n') {
        expected.push_back(static_cast<uint32_t>(at));
      }
    }
    ASSERT_EQ(found, expected);
    ASSERT_EQ(portably, expected);
  }
}

// The beginning of a line that was not read to its end is no line.
TEST(LineReaderTest, GivesTheLinesBeforeAnError) {
  LineReader reader(4);
  reader.Start(std::make_unique<PiecewiseStream>("one\ntwo\nthr", 3, absl::DataLossError("cut")),
               "name", {});
  std::vector<Line> lines;
  EXPECT_TRUE(absl::IsDataLoss(Drain(reader, lines)));
  EXPECT_EQ(lines, NaiveLines("one\ntwo\n"));
}

}  // namespace

}  // namespace weir
