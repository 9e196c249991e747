// Goal: a message from Kafka gives the event that it gives in a capture that kcat made of it, and
// one that could not be forwarded is a dead letter.
// Method: messages of every format, most of them made or damaged at random, sent through the
// made-up cluster and decoded; the same messages in envelopes of kcat; sizes around the limit.
#include "connectors/kafka/message_decoder.h"

#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "connectors/formats/duis_encode.h"
#include "connectors/formats/json_writer.h"
#include "connectors/formats/kcat.h"
#include "tests/connectors/kafka/mock_cluster.h"
#include "tests/fuzz/events.h"
#include "tests/support/duis_documents.h"
#include "tests/support/random.h"

namespace weir {
namespace {

constexpr size_t kRoomy = size_t{16} << 20;
constexpr OriginalLimits kRoom = {.alert = kRoomy, .request = kRoomy, .response = kRoomy};
constexpr absl::string_view kDeviceKey = "00-DB-12-34-56-78-90-A0";

std::string Hex(absl::string_view bytes) {
  std::string out;
  AppendHex(bytes, out);
  return out;
}

// What kcat prints of the message that stands at `offset`.
std::string KcatLine(const SentMessage& message, size_t offset) {
  const auto append = [](const OptionalText& text, std::string& out) {
    if (text) {
      AppendJsonString(*text, out);
    } else {
      out.append("null");
    }
  };
  std::string line = absl::StrCat(R"({"topic":"t","partition":0,"offset":)", offset,
                                  R"(,"tstype":"create","ts":)", message.timestamp, R"(,"key":)");
  append(message.key, line);
  line.append(R"(,"payload":)");
  append(message.value, line);
  return line + "}";
}

// Whatever may be forwarded has the message as it came.
void ExpectOriginal(const Event& event, const SentMessage& sent) {
  absl::string_view blob;
  if (const auto* alert = std::get_if<Alert>(&event)) {
    blob = alert->original;
  } else if (const auto* other = std::get_if<OtherEvent>(&event)) {
    blob = other->original;
  } else {
    return;
  }
  const std::optional<OriginalMessage> original = ReadOriginal(blob);
  ASSERT_TRUE(original.has_value());
  EXPECT_EQ(original->value, sent.value);
  EXPECT_EQ(original->key, sent.key);
}

// Each with what came of it, topic, partition and offset in front.
std::vector<std::string> DecodedFromKafka(const std::vector<SentMessage>& sent,
                                          const OriginalLimits& largest = kRoom) {
  MockCluster cluster;
  cluster.CreateTopic("t", 1);
  cluster.Send("t", sent);
  Consumed consumed = cluster.Read("t", sent.size());
  MessageDecoder decoder("t", largest);
  Arena arena;
  std::vector<Record> records(consumed.messages.size());
  for (size_t i = 0; i < records.size(); ++i) {
    decoder.Decode(*consumed.messages[i], arena, records[i]);
    // A record views nothing of the message.
    consumed.messages[i].reset();
  }
  std::vector<std::string> decoded;
  for (size_t i = 0; i < records.size(); ++i) {
    EXPECT_EQ(records[i].bytes, sent[i].value.value_or(""));
    EXPECT_EQ(records[i].origin.line, 0U);
    ExpectOriginal(records[i].event, sent[i]);
    CheckEvent(records[i].event);
    decoded.push_back(absl::StrCat(records[i].origin.topic, "/", records[i].origin.partition, "/",
                                   records[i].origin.offset, " ", TextOf(records[i].event)));
  }
  return decoded;
}

std::vector<std::string> DecodedFromKcat(const std::vector<SentMessage>& sent) {
  JsonParser parser;
  Arena arena;
  std::vector<std::string> decoded;
  for (size_t i = 0; i < sent.size(); ++i) {
    const std::string line = KcatLine(sent[i], i);
    const PaddedText padded(line, '\0');
    decoded.push_back(TextOf(DecodeKcat(padded.view(), parser, arena)));
  }
  return decoded;
}

// Good messages of every format that is text.
std::vector<std::string> TextsOfEachFormat() {
  const std::string gbcs = EncodeGbcs(DuisGbcsFields());
  return {
      R"({"device":"00-DB-12-34-56-78-90-A0","code":"8F36","received":"2019-11-29T00:00:00Z"})",
      R"({"type":"request","srv":"6.13","request_id":"00DB1234567890A1:00DB1234567890A0:7"})",
      R"({"type":"device","device":"00DB1234567890A0","device_type":"ESME","status":"Pending"})",
      R"({"code":"N62","device_time":"2019-11-29T00:00:00.5Z","recipient":"90B3D51F30010000"})",
      Hex(gbcs),
      InBase64(gbcs),
      DeviceAlert(),
      PowerOutage(),
      ServiceResponse(),
      ServiceRequest()};
}

TEST(MessageDecoder, GivesWhatKcatGives) {
  std::vector<SentMessage> sent;
  std::vector<std::string> values = TextsOfEachFormat();
  const std::vector<std::string> odd = {" ",
                                        "\n",
                                        "hello",
                                        "{",
                                        "{}",
                                        "<",
                                        "<xml/>",
                                        "00",
                                        "AA==",
                                        "\t{\"code\":\"AD1\"}\r\n",
                                        "\xdf\x89 a text",
                                        "\xdd\x80",
                                        "\xe0\xa4\x85",
                                        "\xEF\xBB\xBF{}",
                                        std::string(1, '\0'),
                                        "null",
                                        "[]",
                                        "\"text\""};
  values.insert(values.end(), odd.begin(), odd.end());
  for (const std::string& value : values) {
    for (const OptionalText& key :
         {OptionalText(), OptionalText(""), OptionalText(kDeviceKey), OptionalText("some key"),
          OptionalText("00db1234567890a0"), OptionalText("00DB1234567890A1")}) {
      sent.push_back({.key = key, .headers = {}, .value = value});
    }
    for (const int64_t timestamp : {int64_t{1}, kLatestTime.value, kLatestTime.value + 1}) {
      sent.push_back({.key = {}, .headers = {}, .value = value, .timestamp = timestamp});
    }
  }
  for (const OptionalText& value :
       {OptionalText(), OptionalText(""), OptionalText(std::string(kMaxMessageBytes + 1, '<'))}) {
    sent.push_back({.key = OptionalText(kDeviceKey), .headers = {}, .value = value});
  }
  const std::vector<std::string> kcat = DecodedFromKcat(sent);
  EXPECT_EQ(DecodedFromKafka(sent), kcat);
  EXPECT_THAT(kcat, testing::Contains(testing::HasSubstr("dead key_mismatch")));
  EXPECT_THAT(kcat, testing::Contains(testing::HasSubstr("dead missing_field")));
  EXPECT_THAT(kcat, testing::Contains(testing::HasSubstr("dead bad_time")));
  EXPECT_THAT(kcat, testing::Contains(testing::HasSubstr("dead too_long")));
}

// One of the alphabet that the formats are written in, or a letter of two bytes.
std::string RandomLetter(Random& random) {
  constexpr absl::string_view kLetters = "0189AFafN{}[]<>/\":,.-+= \n\t\\TZx";
  return random.OneIn(10) ? std::string("\xc3\xa9")
                          : std::string(1, kLetters[random.Below(kLetters.size())]);
}

// Puts a letter before another or in its place. No letter of two bytes is cut apart: kcat cannot
// print what is not UTF-8.
void Change(Random& random, std::string& value) {
  const size_t at = random.Below(value.size());
  if (static_cast<unsigned char>(value[at]) < 0x80) {
    value.replace(at, random.Below(2), RandomLetter(random));
  }
}

std::string Generated(Random& random) {
  GbcsFields fields = DuisGbcsFields();
  fields.originator = Eui64{random.OneIn(2) ? kDuisDevice.value : random.Next()};
  fields.counter = random.Next();
  fields.code = *AlertCode::FromDevice(static_cast<uint16_t>(0x8000 + random.Below(0x1000)));
  const std::string gbcs = EncodeGbcs(fields);
  const Alert alert = {.device = fields.originator,
                       .code = fields.code,
                       .recipient = fields.target,
                       .counter = fields.counter,
                       .received = TimeMs{static_cast<int64_t>(random.Below(2000000000000))},
                       .device_time = {},
                       .payload = random.OneIn(2) ? absl::string_view(gbcs) : ""};
  std::string json;
  switch (random.Below(4)) {
    case 0:
      return Hex(gbcs);
    case 1:
      return InBase64(gbcs);
    case 2:
      return random.OneIn(2) ? DeviceAlert() : PowerOutage();
    default:
      AppendForwarded(alert, json);
      return json;
  }
}

TEST(MessageDecoder, GivesWhatKcatGivesOfGeneratedMessages) {
  Random random = Random::FromEnvironment(20261127);
  SCOPED_TRACE(random.seed_text());
  std::vector<SentMessage> sent(6000);
  for (SentMessage& message : sent) {
    std::string value = Generated(random);
    for (uint64_t changes = random.OneIn(2) ? 0 : random.Below(4); changes > 0; --changes) {
      Change(random, value);
    }
    message.value = value;
    message.key = random.OneIn(3) ? OptionalText() : OptionalText(kDeviceKey);
    message.timestamp = static_cast<int64_t>(random.Below(2000000000000)) + 1;
    if (random.OneIn(4)) {
      message.headers.emplace_back("trace", "7");
    }
  }
  const std::vector<std::string> kcat = DecodedFromKcat(sent);
  const std::vector<std::string> kafka = DecodedFromKafka(sent);
  ASSERT_EQ(kafka.size(), kcat.size());
  for (size_t i = 0; i < kafka.size(); ++i) {
    ASSERT_EQ(kafka[i], kcat[i]) << *sent[i].value;
  }
}

TEST(MessageDecoder, BinaryGbcs) {
  const std::string gbcs = EncodeGbcs(DuisGbcsFields());
  const std::vector<std::string> decoded =
      DecodedFromKafka({{.key = {}, .headers = {}, .value = gbcs},
                        {.key = {}, .headers = {}, .value = Hex(gbcs)},
                        {.key = {}, .headers = {}, .value = gbcs.substr(0, gbcs.size() - 1)},
                        {.key = {}, .headers = {}, .value = gbcs + "\n"},
                        {.key = OptionalText("00DB1234567890A1"), .headers = {}, .value = gbcs},
                        {.key = {}, .headers = {}, .value = std::string("\xDD\x09\x01", 3)},
                        {.key = {}, .headers = {}, .value = "\xff\xfe"},
                        {.key = {}, .headers = {}, .value = "\xDF" + std::string(1 << 20, 'x')}});
  ASSERT_EQ(decoded.size(), 8U);
  EXPECT_THAT(decoded[0], testing::StartsWith("t/0/0 alert 8F36 device "));
  EXPECT_EQ(decoded[0].substr(6), decoded[1].substr(6));
  EXPECT_EQ(decoded[2], "t/0/2 dead bad_gbcs");
  EXPECT_EQ(decoded[3], "t/0/3 dead bad_gbcs");
  EXPECT_EQ(decoded[4], "t/0/4 dead key_mismatch");
  EXPECT_EQ(decoded[5], "t/0/5 dead block_transfer");
  EXPECT_EQ(decoded[6], "t/0/6 dead not_readable");
  EXPECT_EQ(decoded[7], "t/0/7 dead too_long");
}

TEST(MessageDecoder, MessagesThatCouldNotBeForwarded) {
  const std::string value = TextsOfEachFormat().front();
  const SentMessage bare = {.key = {}, .headers = {}, .value = value};
  const SentMessage keyed = {.key = OptionalText(kDeviceKey), .headers = {}, .value = value};
  const SentMessage with_header = {
      .key = {}, .headers = {{"name", OptionalText(std::string(19, 'x'))}}, .value = value};
  const std::vector<SentMessage> sent = {bare, keyed, with_header};
  const auto dead = [&sent](size_t largest) {
    std::string out;
    const OriginalLimits limits = {.alert = largest, .request = kRoomy, .response = kRoomy};
    for (const std::string& decoded : DecodedFromKafka(sent, limits)) {
      out.push_back(absl::StrContains(decoded, "dead too_large") ? 'x' : '.');
    }
    return out;
  };
  // Nine bytes are the blob's own.
  const size_t limit = value.size() + 9 + kForwardingRoom;
  EXPECT_EQ(dead(limit - 1), "xxx");
  EXPECT_EQ(dead(limit), ".xx");
  EXPECT_EQ(dead(limit + kDeviceKey.size() - 1), ".xx");
  EXPECT_EQ(dead(limit + kDeviceKey.size()), "..x");
  EXPECT_EQ(dead(limit + 8 + 4 + 19), "...");
}

// Only what is forwarded must fit, each kind into its own topics.
TEST(MessageDecoder, WhatIsNeverForwardedMayBeOfAnySize) {
  const std::string id = R"("request_id":"00DB1234567890A1:00DB1234567890A0:7")";
  const std::vector<std::string> values = {
      R"({"device":"00-DB-12-34-56-78-90-A0","code":"8F36","received":"2019-11-29T00:00:00Z"})",
      R"({"type":"request","srv":"6.13",)" + id + "}",
      R"({"type":"response","srv":"6.13","response_code":"I0",)" + id + "}",
      R"({"type":"outcome","code":"8F66",)" + id + "}",
      R"({"type":"device","device":"00DB1234567890A0","device_type":"ESME","status":"Pending"})",
      R"({"type":"device","device":"00DB1234567890A0"})",
  };
  std::vector<SentMessage> sent;
  for (const std::string& value : values) {
    sent.push_back({.key = {}, .headers = {}, .value = value});
  }
  const auto dead = [&sent](const OriginalLimits& largest) {
    std::string out;
    for (const std::string& decoded : DecodedFromKafka(sent, largest)) {
      out.push_back(absl::StrContains(decoded, "dead too_large") ? 'x' : '.');
    }
    return out;
  };
  EXPECT_EQ(dead(kRoom), "......");
  EXPECT_EQ(dead({.alert = 300, .request = kRoomy, .response = kRoomy}), "x.....");
  EXPECT_EQ(dead({.alert = kRoomy, .request = 300, .response = kRoomy}), ".x....");
  EXPECT_EQ(dead({.alert = kRoomy, .request = kRoomy, .response = 300}), "..x...");
  EXPECT_EQ(dead({.alert = 1, .request = 1, .response = 1}), "xxx...");
}

TEST(MessageDecoder, GivesThePartitionsNumber) {
  MockCluster cluster;
  cluster.CreateTopic("t", 1);
  cluster.Send("t", {{.key = {}, .headers = {}, .value = "{}"}});
  Consumed consumed = cluster.Read("t", 1);
  consumed.messages[0]->partition = 12;
  MessageDecoder decoder("t", kRoom);
  Arena arena;
  Record record;
  decoder.Decode(*consumed.messages[0], arena, record);
  EXPECT_EQ(record.number, 12);
  decoder.Refuse(*consumed.messages[0], DeadReason::kCrashed, arena, record);
  EXPECT_EQ(record.number, 12);
}

TEST(MessageDecoder, ReasonsOfAServiceStandInFormats) {
  std::ifstream file(absl::StrCat(WEIR_SOURCE_DIR, "/connectors/formats/FORMATS.md"));
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  for (const DeadReason reason : {DeadReason::kTooLarge, DeadReason::kCrashed}) {
    EXPECT_THAT(text, testing::HasSubstr(absl::StrCat("| `", DeadReasonName(reason), "` |")));
  }
}

}  // namespace
}  // namespace weir
