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
#include "connectors/formats/log_message.h"
#include "engine/alert/event.h"
#include "tests/support/random.h"

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
      Line({.topic = "t", .partition = 3, .offset = 42, .time = {{7}}, .key = "k", .payload = "p"}),
      R"({"topic":"t","partition":3,"offset":42,"tstype":"create","ts":7,)"
      R"("key":"k","payload":"p"})"
      "\n");
  EXPECT_EQ(Line({.topic = "t", .time = {{7}}, .key = std::nullopt, .payload = "p"}),
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

TEST(KcatEncode, SaysWhatIsNoTextInBase64) {
  EXPECT_EQ(Line({.topic = "t", .key = "\xff", .payload = "\xDF\x09"}),
            R"({"topic":"t","partition":0,"offset":0,"tstype":"unknown","ts":-1,)"
            R"("key_base64":"/w==","payload_base64":"3wk="})"
            "\n");
  EXPECT_EQ(Line({.topic = "t", .time = {{7}}, .is_append_time = true}),
            R"({"topic":"t","partition":0,"offset":0,"tstype":"logappend","ts":7,)"
            R"("key":null,"payload":null})"
            "\n");
}

// Whatever a log holds gives what reading the log itself gives.
TEST(KcatEncode, IsReadBackAsTheMessageWhateverItsBytes) {
  Random random = Random::FromEnvironment(31);
  SCOPED_TRACE(random.seed_text());
  const auto some_bytes = [&](size_t most) {
    std::string bytes = random.OneIn(4) ? "\xDF" : random.OneIn(3) ? "{" : "";
    for (uint64_t i = random.Below(most); i > 0; --i) {
      bytes.push_back(
          static_cast<char>(random.OneIn(3) ? random.Below(256) : 32 + random.Below(90)));
    }
    return bytes;
  };
  for (int round = 0; round < Rounds(3000); ++round) {
    const std::string key = some_bytes(20);
    const std::string payload = random.OneIn(5) ? std::string(kPayload) : some_bytes(200);
    Arena arena;
    const Decoded decoded =
        Read(Line({.topic = "t", .time = {{7}}, .key = key, .payload = payload}), arena);
    EXPECT_TRUE(decoded.envelope.present);
    std::string padded = payload;
    padded.append(kJsonPadding, ' ');
    JsonParser parser;
    const Event direct = DecodeLogMessage(
        {key, absl::string_view(padded).substr(0, payload.size()), 7}, parser, arena);
    ASSERT_EQ(decoded.event.index(), direct.index()) << Line({.topic = "t", .payload = payload});
    if (const auto* reason = std::get_if<DeadReason>(&direct)) {
      ASSERT_EQ(std::get<DeadReason>(decoded.event), *reason);
    } else if (const auto* alert = std::get_if<Alert>(&direct)) {
      ASSERT_EQ(std::get<Alert>(decoded.event).payload, alert->payload);
    }
  }
}

TEST(KcatEncode, EscapesEveryByte) {
  std::string text;
  for (int byte = 0; byte < 256; ++byte) {
    text.push_back(static_cast<char>(byte));
  }
  Arena arena;
  const std::string line = Line({.topic = text, .time = {{1}}, .key = text, .payload = text});
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  const Decoded decoded = Read(line, arena);
  EXPECT_TRUE(decoded.envelope.present);
  EXPECT_EQ(decoded.envelope.topic.substr(0, 128), absl::string_view(text).substr(0, 128));
}

}  // namespace
}  // namespace weir
