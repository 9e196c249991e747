// Goal: what is written as kcat prints it is read back to the same envelope and message. Method:
// envelopes at their limits, and texts of every byte.

#include "connectors/formats/kcat_encode.h"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <variant>

#include "absl/strings/string_view.h"
#include "gtest/gtest.h"

#include "connectors/formats/arena.h"
#include "connectors/formats/json.h"
#include "connectors/formats/kcat.h"
#include "engine/alert/event.h"

namespace weir {
namespace {

constexpr absl::string_view kPayload = R"({"device":"00-DB-12-34-56-78-90-A0","code":"8F3F"})";

std::string Line(const KcatRecord& record) {
  std::string line;
  AppendKcat(record, line);
  return line;
}

Decoded Read(std::string line, Arena& arena) {
  EXPECT_EQ(line.back(), '\n');
  const size_t size = line.size() - 1;
  line.append(kJsonPadding, ' ');
  JsonParser parser;
  return DecodeKcat(absl::string_view(line).substr(0, size), parser, arena);
}

TEST(KcatEncode, WritesTheFieldsInTheOrderOfKcat) {
  EXPECT_EQ(
      Line({.topic = "t", .partition = 3, .offset = 42, .time = {7}, .key = "k", .payload = "p"}),
      R"({"topic":"t","partition":3,"offset":42,"tstype":"create","ts":7,)"
      R"("key":"k","payload":"p"})"
      "\n");
  EXPECT_EQ(Line({.topic = "t", .time = {7}, .key = std::nullopt, .payload = "p"}),
            R"({"topic":"t","partition":0,"offset":0,"tstype":"create","ts":7,)"
            R"("key":null,"payload":"p"})"
            "\n");
}

TEST(KcatEncode, IsReadBack) {
  constexpr TimeMs kTimes[] = {{1}, {1575280800123}, kLatestTime};
  for (const TimeMs time : kTimes) {
    Arena arena;
    const Decoded decoded = Read(Line({.topic = "a \"topic\"",
                                       .partition = std::numeric_limits<int32_t>::max(),
                                       .offset = std::numeric_limits<int64_t>::max(),
                                       .time = time,
                                       .key = "00-DB-12-34-56-78-90-A0",
                                       .payload = kPayload}),
                                 arena);
    EXPECT_TRUE(decoded.envelope.present);
    EXPECT_EQ(decoded.envelope.topic, "a \"topic\"");
    EXPECT_EQ(decoded.envelope.partition, std::numeric_limits<int32_t>::max());
    EXPECT_EQ(decoded.envelope.offset, std::numeric_limits<int64_t>::max());
    ASSERT_TRUE(std::holds_alternative<Alert>(decoded.event));
    EXPECT_EQ(std::get<Alert>(decoded.event).received, time);
  }
}

TEST(KcatEncode, EscapesEveryByte) {
  std::string text;
  for (int byte = 0; byte < 256; ++byte) {
    text.push_back(static_cast<char>(byte));
  }
  Arena arena;
  const std::string line = Line({.topic = text, .time = {1}, .key = text, .payload = text});
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  const Decoded decoded = Read(line, arena);
  EXPECT_TRUE(decoded.envelope.present);
  EXPECT_EQ(decoded.envelope.topic.substr(0, 128), absl::string_view(text).substr(0, 128));
}

}  // namespace
}  // namespace weir
