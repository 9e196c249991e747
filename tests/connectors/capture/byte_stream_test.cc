// Goal: the content of a capture is the same however it is stored, and damage is never taken for
// content or for the end.
// Method: random contents stored in every form and read in pieces of random sizes; compressed files
// cut at every length and changed in every byte; every error that a path can give.
#include "connectors/capture/byte_stream.h"

#include <unistd.h>

#include <array>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include <gtest/gtest.h>

#include "tests/connectors/capture/scratch.h"

#include <sys/socket.h>
#include <sys/stat.h>

namespace weir {

namespace {

// Compressible, of any size.
std::string RandomText(size_t size, std::mt19937_64& random) {
  std::string text;
  while (text.size() < size) {
    text += absl::StrCat("{\"n\":", random() % 100000, "}\n");
  }
  text.resize(size);
  return text;
}

struct Content {
  std::string bytes;
  absl::Status end;
  uint64_t consumed = 0;
};

// Reads to the end in pieces of at most `most` bytes.
Content ReadAll(ByteStream& stream, size_t most, std::mt19937_64& random) {
  Content content;
  std::string buffer(most, '\0');
  while (true) {
    const absl::StatusOr<size_t> count = stream.Read(buffer.data(), 1 + random() % most);
    if (!count.ok() || *count == 0) {
      content.end = count.status();
      content.consumed = stream.consumed();
      return content;
    }
    content.bytes.append(buffer, 0, *count);
  }
}

Content ReadFile(const std::string& path, std::mt19937_64& random) {
  const absl::StatusOr<std::unique_ptr<ByteStream>> stream = OpenCapture(path);
  if (!stream.ok()) {
    return {.bytes = {}, .end = stream.status()};
  }
  return ReadAll(**stream, 1 + random() % 100000, random);
}

std::vector<std::pair<std::string, std::string>> Forms(const std::string& text,
                                                       std::mt19937_64& random) {
  return {{"plain", text},
          {"gzip", Gzip(text)},
          {"gzip members", InPieces(text, random, Gzip)},
          {"zstd", Zstd(text)},
          {"zstd frames", InPieces(text, random, Zstd)},
          {"zstd notes", ZstdNote("a") + InPieces(text, random, Zstd) + ZstdNote("")}};
}

TEST(ByteStreamTest, GivesTheSameContentInEveryForm) {
  const Scratch scratch;
  const uint64_t seed = NewSeed();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937_64 random(seed);
  for (const size_t size : {0U, 1U, 2U, 3U, 4U, 5U, 100U, 65536U, 262144U, 262145U, 3000000U}) {
    const std::string text = RandomText(size, random);
    for (const auto& [form, stored] : Forms(text, random)) {
      SCOPED_TRACE(absl::StrCat(form, " ", size));
      const std::string path = scratch.Write("capture.json", stored);
      const Content content = ReadFile(path, random);
      EXPECT_TRUE(content.end.ok()) << content.end;
      EXPECT_TRUE(content.bytes == text);
      EXPECT_EQ(content.consumed, stored.size());
      EXPECT_EQ(*CheckCapture(path), stored.size());
    }
  }
}

TEST(ByteStreamTest, ReadsPipes) {
  const Scratch scratch;
  const uint64_t seed = NewSeed();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937_64 random(seed);
  const std::string text = RandomText(500000, random);
  const std::string fifo = scratch.Path("fifo");
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  for (const auto& [form, stored] : Forms(text, random)) {
    SCOPED_TRACE(form);
    std::array<int, 2> ends = {};
    ASSERT_EQ(::pipe(ends.data()), 0);
    std::thread feeder = Feed(ends[1], stored);
    {
      const StandardInput input(ends[0]);
      ::close(ends[0]);
      EXPECT_EQ(*CheckCapture("-"), std::nullopt);
      const Content content = ReadFile("-", random);
      EXPECT_TRUE(content.end.ok()) << content.end;
      EXPECT_TRUE(content.bytes == text);
      EXPECT_EQ(content.consumed, stored.size());
    }
    feeder.join();

    EXPECT_EQ(*CheckCapture(fifo), std::nullopt);
    std::thread writer(
        [&fifo, &stored = stored] { Feed(::open(fifo.c_str(), O_WRONLY), stored).join(); });
    EXPECT_TRUE(ReadFile(fifo, random).bytes == text);
    writer.join();
  }
}

TEST(ByteStreamTest, SkipsAheadInEveryForm) {
  const Scratch scratch;
  const uint64_t seed = NewSeed();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937_64 random(seed);
  const std::string text = RandomText(700000, random);
  for (const auto& [form, stored] : Forms(text, random)) {
    const std::string path = scratch.Write("capture", stored);
    for (int round = 0; round < 20; ++round) {
      SCOPED_TRACE(form);
      auto stream = OpenCapture(path);
      ASSERT_TRUE(stream.ok());
      const size_t first = round < 6 ? static_cast<size_t>(round) : random() % (text.size() + 1);
      ASSERT_TRUE((*stream)->SkipTo(first).ok());
      std::array<char, 10> some = {};
      const size_t count = *(*stream)->Read(some.data(), some.size());
      EXPECT_EQ(absl::string_view(some.data(), count), text.substr(first, count));
      const size_t second = first + count + random() % (text.size() + 1 - first - count);
      ASSERT_TRUE((*stream)->SkipTo(second).ok());
      EXPECT_TRUE(ReadAll(**stream, 50000, random).bytes == text.substr(second));
    }
    auto stream = OpenCapture(path);
    const absl::Status beyond = (*stream)->SkipTo(text.size() + 1);
    EXPECT_TRUE(absl::IsOutOfRange(beyond)) << form << ": " << beyond;
    EXPECT_TRUE(absl::StrContains(beyond.message(), path)) << beyond;
  }
}

// A file cut at any length gives the beginning of the content and then says that it was cut, unless
// it was cut where a member or frame ends.
TEST(ByteStreamTest, NoticesFilesThatAreCutShort) {
  const Scratch scratch;
  const uint64_t seed = NewSeed();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937_64 random(seed);
  const std::string first = RandomText(3000, random);
  const std::string second = RandomText(4000, random);
  const std::vector<std::vector<std::string>> files = {{Gzip(first), Gzip(second)},
                                                       {Zstd(first), Zstd(second)}};
  for (const std::vector<std::string>& parts : files) {
    const std::string whole = parts[0] + parts[1];
    for (size_t length = 4; length < whole.size(); ++length) {
      SCOPED_TRACE(absl::StrCat("cut to ", length, " of ", whole.size()));
      const std::string path = scratch.Write("capture", whole.substr(0, length));
      const Content content = ReadFile(path, random);
      EXPECT_TRUE(absl::StartsWith(first + second, content.bytes));
      if (length == parts[0].size()) {
        EXPECT_TRUE(content.end.ok());
        EXPECT_EQ(content.bytes, first);
        continue;
      }
      ASSERT_TRUE(absl::IsDataLoss(content.end)) << content.end;
      EXPECT_TRUE(absl::StrContains(content.end.message(), path)) << content.end;
      EXPECT_TRUE(absl::StrContains(content.end.message(), absl::StrCat("byte ", length)))
          << content.end;
      EXPECT_TRUE(absl::StrContains(content.end.message(),
                                    absl::StrCat("(byte ", content.bytes.size(), " of")))
          << content.end;
      if (length > parts[0].size()) {
        EXPECT_TRUE(absl::StartsWith(content.bytes, first));
      }
    }
  }
}

TEST(ByteStreamTest, NoticesEveryChangedByte) {
  const Scratch scratch;
  const uint64_t seed = NewSeed();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937_64 random(seed);
  const std::string text = RandomText(2000, random);
  for (const std::string& whole : {Gzip(text) + Gzip(text), Zstd(text) + Zstd(text)}) {
    int noticed = 0;
    for (size_t at = 4; at < whole.size(); ++at) {
      std::string damaged = whole;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << random() % 8));
      const Content content = ReadFile(scratch.Write("capture", damaged), random);
      EXPECT_TRUE(absl::IsDataLoss(content.end) || content.bytes == text + text) << at;
      noticed += absl::IsDataLoss(content.end) ? 1 : 0;
    }
    // All but what a header says of the time and the machine.
    EXPECT_GE(noticed, static_cast<int>(whole.size()) - 32);
  }
}

TEST(ByteStreamTest, RefusesWhatFollowsTheLastMember) {
  const Scratch scratch;
  std::mt19937_64 random(1);
  for (const std::string& whole : {Gzip("a\n"), Zstd("a\n")}) {
    for (const std::string& rest :
         {std::string("x"), std::string(8, '\0'), std::string("text\n")}) {
      const std::string path = scratch.Write("capture", whole + rest);
      auto stream = OpenCapture(path);
      ASSERT_TRUE(stream.ok());
      const Content content = ReadAll(**stream, 100, random);
      EXPECT_TRUE(absl::IsDataLoss(content.end)) << content.end;
      EXPECT_EQ(content.bytes, "a\n");
      std::array<char, 8> some = {};
      EXPECT_EQ((*stream)->Read(some.data(), some.size()).status(), content.end) << "it stays";
    }
  }
}

TEST(ByteStreamTest, SaysWhatToDoAboutLargeWindows) {
  const Scratch scratch;
  std::mt19937_64 random(1);
  // A frame with a window of 1 GiB and one empty block (RFC 8878, 3.1.1.1.2).
  const std::string frame("\x28\xB5\x2F\xFD\x00\xA0\x01\x00\x00", 9);
  const Content content = ReadFile(scratch.Write("capture", frame), random);
  EXPECT_TRUE(absl::IsDataLoss(content.end));
  EXPECT_TRUE(absl::StrContains(content.end.message(), "--long=27")) << content.end;
}

// Both ways of meeting a path give the same answer.
void ExpectError(const std::string& path, absl::StatusCode code, absl::string_view reason) {
  for (const absl::Status& status : {CheckCapture(path).status(), OpenCapture(path).status()}) {
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_TRUE(absl::StrContains(status.message(), CaptureName(path))) << status;
    EXPECT_TRUE(absl::StrContains(status.message(), reason)) << status;
  }
}

TEST(ByteStreamTest, SaysWhyAPathCannotBeRead) {
  const Scratch scratch;
  ExpectError(scratch.Path("none"), absl::StatusCode::kNotFound, "No such file");
  ExpectError(scratch.Path(""), absl::StatusCode::kInvalidArgument, "Is a directory");
  const std::string file = scratch.Write("file", "x");
  ExpectError(file + "/below", absl::StatusCode::kNotFound, "Not a directory");
  ASSERT_EQ(::chmod(file.c_str(), 0), 0);
  const uid_t user = ::geteuid();
  if (user == 0) {
    ASSERT_EQ(::setresuid(65534, 65534, 0), 0);  // root may read everything
  }
  ExpectError(file, absl::StatusCode::kPermissionDenied, "Permission denied");
  ASSERT_EQ(::setresuid(user, user, user), 0);
}

TEST(ByteStreamTest, SaysThatStandardInputIsClosed) {
  const int saved = ::dup(STDIN_FILENO);
  ::close(STDIN_FILENO);
  ExpectError("-", absl::StatusCode::kUnavailable, "Bad file descriptor");
  ::dup2(saved, STDIN_FILENO);
  ::close(saved);
}

TEST(ByteStreamTest, SaysWhatTheOperatingSystemCannotRead) {
  // The memory of a process from address 0 on, where nothing is.
  auto stream = OpenCapture("/proc/self/mem");
  const absl::Status& status = stream.status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "Input/output error")) << status;
}

}  // namespace

}  // namespace weir
