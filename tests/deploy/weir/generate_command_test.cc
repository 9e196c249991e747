// Goal: `weir generate` reads its options and writes all of a fleet, or says why not. Method:
// command lines parsed; outputs that are read again, full or closed.

#include "deploy/weir/generate_command.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"

#include "deploy/weir/fleet.h"
#include "tests/deploy/weir/fleets.h"

namespace weir {
namespace {

GenerateArguments Parse(const std::string& line) {
  CLI::App root;
  GenerateArguments arguments;
  const CLI::App* command = AddGenerate(root, arguments);
  root.parse(line);
  EXPECT_TRUE(command->parsed());
  return arguments;
}

TEST(GenerateCommand, ReadsItsOptions) {
  const FleetOptions fleet =
      Parse(
          "generate --devices 7 --duration 90m --storms 3 --outages 0 --seed 9 --rate 0.5 "
          "--start 2020-02-29T00:00:00+01:00 --payloads --format json")
          .fleet;
  EXPECT_EQ(fleet.devices, 7u);
  EXPECT_EQ(fleet.duration, DurationMs{90 * kMinute.value});
  EXPECT_EQ(fleet.storms, 3u);
  EXPECT_EQ(fleet.outages, 0u);
  EXPECT_EQ(fleet.seed, 9u);
  EXPECT_EQ(fleet.alerts_per_device_day, 0.5);
  EXPECT_EQ(fleet.start, *ParseTime("2020-02-28T23:00:00Z"));
  EXPECT_TRUE(fleet.payloads);
}

TEST(GenerateCommand, ReadsWhatMayHappen) {
  const FleetOptions fleet =
      Parse(
          "generate --flapping 3 --unknown-codes 0.01 --duplicates 1 --late 0 --wrong-clocks 7 "
          "--far-ahead 2")
          .fleet;
  EXPECT_EQ(fleet.flapping, 3u);
  EXPECT_EQ(fleet.unknown_codes, 0.01);
  EXPECT_EQ(fleet.duplicates, 1);
  EXPECT_EQ(fleet.late, 0);
  EXPECT_EQ(fleet.wrong_clocks, 7u);
  EXPECT_EQ(fleet.far_ahead, 2u);
}

TEST(GenerateCommand, ReadsHowToWrite) {
  const RecordLayout layout =
      Parse("generate --format kcat --partitions 9 --payload-format gbcs").layout;
  EXPECT_EQ(layout.format, Format::kKcat);
  EXPECT_EQ(layout.payload, Format::kGbcs);
  EXPECT_EQ(layout.partitions, 9u);
  EXPECT_FALSE(layout.keyed);
  EXPECT_TRUE(Parse("generate --keyed").layout.keyed);
}

TEST(GenerateCommand, ReadsWhatElseThereIs) {
  const GenerateArguments arguments =
      Parse("generate --system 5 --expect expected --parties parties.yaml --inventory 7");
  EXPECT_EQ(arguments.fleet.system, 5u);
  EXPECT_EQ(arguments.expect, "expected");
  EXPECT_EQ(arguments.parties, "parties.yaml");
  EXPECT_EQ(arguments.inventory, 7u);
}

TEST(GenerateCommand, HasDefaults) {
  EXPECT_EQ(Parse("generate").fleet.system, 0u);
  EXPECT_EQ(Parse("generate").inventory, 0u);
  EXPECT_EQ(Parse("generate").layout.format, Format::kJson);
  EXPECT_EQ(Parse("generate").layout.payload, Format::kJson);
  EXPECT_EQ(Parse("generate").fleet.flapping, 0u);
  EXPECT_EQ(Parse("generate").fleet.duration, kDay);
  EXPECT_EQ(Parse("generate").fleet.start, *ParseTime("2019-12-02T00:00:00Z"));
  EXPECT_FALSE(Parse("generate").fleet.payloads);
}

TEST(GenerateCommand, RefusesWhatItCannotRead) {
  for (const char* line : {"generate --devices 0",
                           "generate --devices -1",
                           "generate --devices x",
                           "generate --duration 10",
                           "generate --duration 0s",
                           "generate --duration 4000d",
                           "generate --storms -1",
                           "generate --outages 1001",
                           "generate --start yesterday",
                           "generate --rate -1",
                           "generate --format xml",
                           "generate --payload-format kcat",
                           "generate --payload-format x",
                           "generate --partitions 0",
                           "generate --partitions 10001",
                           "generate --flapping -1",
                           "generate --unknown-codes 1.1",
                           "generate --unknown-codes x",
                           "generate --duplicates -0.1",
                           "generate --duplicates nan",
                           "generate --late 2",
                           "generate --wrong-clocks 0.5",
                           "generate --far-ahead 1001",
                           "generate --system -1",
                           "generate --system 1000001",
                           "generate --inventory x",
                           "generate extra"}) {
    EXPECT_THROW(Parse(line), CLI::ParseError) << line;
  }
}

TEST(GenerateCommand, WritesALineForEachAlert) {
  const FleetOptions options{.devices = 300, .storms = 4};
  const FleetCounts counts = Counts(options);
  std::FILE* file = std::tmpfile();
  ASSERT_NE(file, nullptr);
  testing::internal::CaptureStderr();
  EXPECT_EQ(RunGenerate({.fleet = options}, file), 0);
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_EQ(
      said.substr(0, said.find(" in ")),
      absl::StrCat("weir generate: ", counts.all(), " alerts: ", counts.of(FleetKind::kBackground),
                   " background, ", counts.of(FleetKind::kStorm)));
  const std::string expected = Lines(options);
  EXPECT_GT(expected.size(), size_t{1} << 20) << "more than a block";
  std::string written(expected.size() + 1, '\0');
  std::rewind(file);
  written.resize(std::fread(written.data(), 1, written.size(), file));
  static_cast<void>(std::fclose(file));
  EXPECT_TRUE(written == expected);
}

TEST(GenerateCommand, FailsWhereItCannotWrite) {
  for (const uint64_t devices : {uint64_t{3}, uint64_t{100'000}}) {
    std::FILE* full = std::fopen("/dev/full", "w");
    ASSERT_NE(full, nullptr);
    testing::internal::CaptureStderr();
    EXPECT_EQ(RunGenerate({.fleet = {.devices = devices, .storms = 0}}, full), 1);
    EXPECT_EQ(testing::internal::GetCapturedStderr(),
              "weir generate: cannot write the alerts: No space left on device\n");
    static_cast<void>(std::fclose(full));
  }
}

TEST(GenerateCommand, EndsQuietlyWhenItsReaderDoes) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
  close(ends[0]);
  std::FILE* out = fdopen(ends[1], "w");
  ASSERT_NE(out, nullptr);
  testing::internal::CaptureStderr();
  EXPECT_EQ(RunGenerate({.fleet = {.devices = 300}}, out), 1);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  static_cast<void>(std::fclose(out));
}

TEST(GenerateCommand, TellsWhyItRefuses) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(RunGenerate({.fleet = {.devices = 10, .storms = 11}}, stdout), 2);
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find("weir generate: 11 devices cannot storm"), std::string::npos) << said;
  testing::internal::CaptureStderr();
  EXPECT_EQ(RunGenerate({.layout = {.format = Format::kKcat, .keyed = true}}, stdout), 2);
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "weir generate: kcat says the key of each record itself; give either --keyed or "
            "--format kcat\n");
}

}  // namespace
}  // namespace weir
