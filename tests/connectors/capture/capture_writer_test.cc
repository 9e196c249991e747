// Goal: what was written to a capture is read from it again, plain and compressed, all of it and
// whatever was flushed before the writer went.
// Method: random lines in random portions, read by OpenCapture; files that are there already.

#include "connectors/capture/capture_writer.h"

#include <memory>
#include <string>

#include "gtest/gtest.h"

#include "connectors/capture/byte_stream.h"
#include "engine/base/team.h"
#include "tests/connectors/capture/scratch.h"
#include "tests/support/random.h"

namespace weir {
namespace {

std::string ReadAll(const std::string& path) {
  const auto stream = OpenCapture(path);
  EXPECT_TRUE(stream.ok()) << stream.status();
  std::string all;
  std::string piece(size_t{1} << 16, '\0');
  for (;;) {
    const absl::StatusOr<size_t> size = (*stream)->Read(piece.data(), piece.size());
    EXPECT_TRUE(size.ok()) << size.status();
    if (!size.ok() || *size == 0) {
      return all;
    }
    all.append(piece, 0, *size);
  }
}

std::string SomeLines(Random& random, size_t most) {
  std::string lines;
  for (uint64_t i = random.Below(most); i > 0; --i) {
    lines.append(random.Below(300), static_cast<char>('a' + random.Below(26)));
    lines.push_back('\n');
  }
  return lines;
}

TEST(CaptureWriter, WhatIsWrittenIsReadAgain) {
  Random random = Random::FromEnvironment(41);
  SCOPED_TRACE(random.seed_text());
  const Scratch scratch;
  TeamOfOne team;
  for (const char* name : {"plain", "a.zst", "a.gz"}) {
    SCOPED_TRACE(name);
    auto writer = CaptureWriter::Open(scratch.Path(name), team);
    ASSERT_TRUE(writer.ok()) << writer.status();
    std::string expected;
    for (int round = 0; round < 12; ++round) {
      const std::string lines = SomeLines(random, random.OneIn(4) ? 40000 : 40);
      (*writer)->buffer().append(lines);
      (*writer)->WriteIfMany();
      expected.append(lines);
      if (random.OneIn(5)) {
        ASSERT_TRUE((*writer)->Flush().ok());
        ASSERT_EQ(ReadAll(scratch.Path(name)), expected);  // as after a crash at this instant
      }
    }
    ASSERT_TRUE((*writer)->Flush().ok());
    writer->reset();
    EXPECT_EQ(ReadAll(scratch.Path(name)), expected);
  }
}

TEST(CaptureWriter, OverwritesNothing) {
  const Scratch scratch;
  TeamOfOne team;
  const std::string path = scratch.Write("there.zst", "something");
  const auto writer = CaptureWriter::Open(path, team);
  EXPECT_EQ(writer.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(scratch.Read("there.zst"), "something");
}

TEST(CaptureWriter, OfNothingIsAnEmptyCapture) {
  const Scratch scratch;
  TeamOfOne team;
  const auto writer = CaptureWriter::Open(scratch.Path("empty.zst"), team);
  ASSERT_TRUE(writer.ok()) << writer.status();
  ASSERT_TRUE((*writer)->Flush().ok());
  EXPECT_EQ(ReadAll(scratch.Path("empty.zst")), "");
  EXPECT_NE(scratch.Read("empty.zst"), "") << "zstd takes no empty file for a compressed one";
}

TEST(CaptureWriter, SaysWhatItCannotWrite) {
  TeamOfOne team;
  const auto writer = CaptureWriter::Open("/nonexistent/folder/a.zst", team);
  EXPECT_EQ(writer.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_NE(writer.status().message().find("/nonexistent/folder/a.zst"), std::string::npos);
}

}  // namespace
}  // namespace weir
