// Goal: a line in any format is read back to its alert, and an alert that a format cannot say is
// left out and counted. Method: fleets with all there is, each line decoded by the decoder of
// captures; partitions and offsets counted.

#include "deploy/weir/record_writer.h"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "gtest/gtest.h"

#include "connectors/formats/arena.h"
#include "connectors/formats/decoder.h"
#include "deploy/weir/fleet.h"
#include "engine/alert/event.h"
#include "tests/deploy/weir/fleets.h"

namespace weir {
namespace {

FleetOptions Everything(bool payloads) {
  return {.devices = 600,
          .storms = 3,
          .payloads = payloads,
          .flapping = 3,
          .unknown_codes = 0.1,
          .wrong_clocks = 60,
          .far_ahead = 3,
          .duplicates = 0.05,
          .late = 0.05};
}

// The line of one alert, without its line feed; nothing if the format has no form for it.
std::optional<std::string> LineOf(const KeptAlert& alert, RecordWriter& writer) {
  std::string line = "before";
  const uint64_t left_out = writer.left_out();
  if (!writer.Append(View(alert), line)) {
    EXPECT_EQ(line, "before");
    EXPECT_EQ(writer.left_out(), left_out + 1);
    return std::nullopt;
  }
  EXPECT_EQ(line.substr(0, 6), "before");
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  return line.substr(6, line.size() - 7);
}

class LineReader {
 public:
  Decoded Read(std::string line) {
    const size_t size = line.size();
    line.append(kJsonPadding, ' ');
    arena_.Clear();
    return decoder_.Decode(absl::string_view(line).substr(0, size), arena_);
  }

 private:
  Arena arena_;
  Decoder decoder_{std::nullopt};
};

class RecordWriterFormats : public testing::TestWithParam<RecordLayout> {};

TEST_P(RecordWriterFormats, EveryLineIsReadBackToItsAlert) {
  RecordWriter writer(GetParam());
  LineReader reader;
  uint64_t dcc_alerts = 0;
  for (const KeptAlert& alert : All(Everything(NeedsPayloads(GetParam())))) {
    const std::optional<std::string> line = LineOf(alert, writer);
    if (!line) {
      ASSERT_FALSE(alert.code.is_device());
      continue;
    }
    const Decoded decoded = reader.Read(*line);
    ASSERT_TRUE(std::holds_alternative<Alert>(decoded.event)) << *line;
    Alert read = std::get<Alert>(decoded.event);
    if (MessageFormat(GetParam()) == Format::kDuis && !alert.code.is_device()) {
      ASSERT_EQ(read.counter, ++dcc_alerts);
      read.counter.reset();
    }
    ExpectSame(read, alert);
    ASSERT_EQ(decoded.envelope.present, GetParam().format == Format::kKcat);
  }
  EXPECT_EQ(writer.left_out() > 0, MessageFormat(GetParam()) == Format::kGbcs);
}

INSTANTIATE_TEST_SUITE_P(
    Formats, RecordWriterFormats,
    testing::Values(RecordLayout{.format = Format::kJson}, RecordLayout{.format = Format::kGbcs},
                    RecordLayout{.format = Format::kKcat},
                    RecordLayout{.format = Format::kKcat, .payload = Format::kGbcs},
                    RecordLayout{.format = Format::kDuis},
                    RecordLayout{.format = Format::kKcat, .payload = Format::kDuis}),
    [](const auto& layout) {
      const std::string format(FormatName(layout.param.format));
      return format + "_" + std::string(FormatName(MessageFormat(layout.param)));
    });

TEST(RecordWriter, OffsetsAscendByOneInEachPartition) {
  RecordWriter writer({.format = Format::kKcat, .partitions = 5});
  LineReader reader;
  std::map<int32_t, int64_t> next;
  std::map<Eui64, std::set<int32_t>> partitions;
  for (const KeptAlert& alert : All(Everything(false))) {
    const Decoded decoded = reader.Read(*LineOf(alert, writer));
    ASSERT_EQ(decoded.envelope.topic, "meter.events");
    ASSERT_EQ(decoded.envelope.offset, next[decoded.envelope.partition]++);
    partitions[*alert.device].insert(decoded.envelope.partition);
  }
  ASSERT_EQ(next.size(), 5u);
  EXPECT_EQ(next.rbegin()->first, 4);
  std::map<int32_t, int> devices;
  for (const auto& [device, of_device] : partitions) {
    ASSERT_EQ(of_device.size(), 1u) << FormatEui64(device);
    ++devices[*of_device.begin()];
  }
  for (const auto& [partition, count] : devices) {
    EXPECT_NEAR(count, 120, 40) << partition;
  }
}

// The CRC-32 of the key, as of librdkafka.
TEST(RecordWriter, PartitionsAreThoseOfOtherProducers) {
  const std::pair<uint64_t, int32_t> expected[] = {
      {0x00DB1234567890A0, 235}, {0x90B3D51F30010000, 530}, {0, 533}};
  RecordWriter writer({.format = Format::kKcat, .partitions = 1000});
  LineReader reader;
  for (const auto& [device, partition] : expected) {
    KeptAlert alert;
    alert.device = Eui64{device};
    alert.received = TimeMs{1};
    EXPECT_EQ(reader.Read(*LineOf(alert, writer)).envelope.partition, partition);
  }
}

TEST(RecordWriter, KeyedTheDeviceStandsBeforeTheMessage) {
  for (const Format format : {Format::kJson, Format::kGbcs, Format::kDuis}) {
    RecordWriter plain({.format = format});
    RecordWriter keyed({.format = format, .keyed = true});
    for (const KeptAlert& alert : All(Everything(true))) {
      const std::optional<std::string> line = LineOf(alert, plain);
      const std::optional<std::string> with_key = LineOf(alert, keyed);
      ASSERT_EQ(with_key.has_value(), line.has_value());
      // The time before a GBCS message is for the log to say.
      const size_t message = format == Format::kGbcs && line ? line->find('\t') + 1 : 0;
      if (line) {
        ASSERT_EQ(*with_key, FormatEui64(*alert.device) + "\t" + line->substr(message));
      }
    }
  }
}

TEST(RecordWriter, AnAlertWithoutADeviceHasNoKey) {
  RecordWriter writer({.format = Format::kKcat});
  KeptAlert alert;
  alert.code = Code("N58");
  alert.received = TimeMs{1};
  const std::optional<std::string> line = LineOf(alert, writer);
  EXPECT_NE(line->find("\"partition\":0,"), std::string::npos) << *line;
  EXPECT_NE(line->find("\"key\":null,"), std::string::npos) << *line;
}

}  // namespace
}  // namespace weir
