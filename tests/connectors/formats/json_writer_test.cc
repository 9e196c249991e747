// Goal: the lines of the output streams are exactly what the streams promise, valid JSON whatever
// they contain, and a forwarded alert is a record that reads back as the same alert.
// Method: expected lines written out; round trips of random alerts through DecodeJson; strings of
// random bytes through a JSON parser; the digest against the published value for known bytes.
#include "connectors/formats/json_writer.h"

#include <xxhash.h>

#include <random>
#include <string>
#include <variant>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "gtest/gtest.h"

#include "connectors/formats/binary_text.h"
#include "connectors/formats/format.h"
#include "connectors/formats/json.h"

namespace weir {
namespace {

constexpr Eui64 kDevice{0x90B3D51F30020000};
constexpr Eui64 kParty{0x00DB1234567890A1};

TimeMs At(absl::string_view text) {
  return *ParseTime(text);
}

Alert FullAlert() {
  return {.device = kDevice,
          .code = *AlertCode::FromDevice(0x8F36),
          .recipient = kParty,
          .counter = 18446744073709551615U,
          .received = At("2019-11-29T00:00:01.5Z"),
          .device_time = At("2019-11-29T00:00:00Z"),
          .payload = "\xDF\x09\xFF"};
}

std::string Forwarded(const Alert& alert) {
  std::string out;
  AppendForwarded(alert, out);
  return out;
}

std::string Episode(const EpisodeEvent& event) {
  std::string out;
  AppendEpisode(event, out);
  return out;
}

std::string DeadLetter(const Record& record, DeadReason reason) {
  std::string out;
  AppendDeadLetter(record, reason, out);
  return out;
}

std::string JsonText(absl::string_view text) {
  std::string out;
  AppendJsonString(text, out);
  return out;
}

// Reads a line back, without its line feed.
Event ReadBack(std::string line, JsonParser& parser, Arena& arena) {
  EXPECT_EQ(line.back(), '\n');
  const size_t size = line.size() - 1;
  line.append(kJsonPadding, ' ');
  return DecodeJson({line.data(), size}, parser, arena, std::nullopt);
}

void ExpectSame(const Alert& a, const Alert& b, absl::string_view line) {
  EXPECT_EQ(a.device, b.device) << line;
  EXPECT_EQ(a.code, b.code) << line;
  EXPECT_EQ(a.recipient, b.recipient) << line;
  EXPECT_EQ(a.counter, b.counter) << line;
  EXPECT_EQ(a.received, b.received) << line;
  EXPECT_EQ(a.device_time, b.device_time) << line;
  EXPECT_EQ(a.payload, b.payload) << line;
}

TEST(JsonWriterTest, Forwarded) {
  EXPECT_EQ(Forwarded(FullAlert()),
            R"({"device":"90-B3-D5-1F-30-02-00-00","code":"8F36",)"
            R"("recipient":"00-DB-12-34-56-78-90-A1","counter":"18446744073709551615",)"
            R"("received":"2019-11-29T00:00:01.500Z","device_time":"2019-11-29T00:00:00.000Z",)"
            R"("payload":"3wn/"})"
            "\n");
  Alert dcc;
  dcc.code = AlertCode::FromIndex(4096);
  dcc.received = TimeMs{0};
  EXPECT_EQ(Forwarded(dcc), "{\"code\":\"AD1\",\"received\":\"1970-01-01T00:00:00.000Z\"}\n");
  Alert of_device;
  of_device.device = kDevice;
  of_device.code = *ParseAlertCode("N58");
  of_device.counter = 0;
  of_device.device_time = kLatestTime;
  EXPECT_EQ(Forwarded(of_device),
            R"({"device":"90-B3-D5-1F-30-02-00-00","code":"N58","counter":"0",)"
            R"("device_time":"9999-12-31T23:59:59.999Z"})"
            "\n");
}

TEST(JsonWriterTest, ForwardedCopy) {
  std::string out = "before\n";
  Alert alert;
  alert.device = kDevice;
  alert.received = TimeMs{1};
  AppendForwardedCopy(alert, {.sequence_id = 18446744073709551615U, .count = 100}, out);
  EXPECT_EQ(out,
            "before\n"
            R"({"device":"90-B3-D5-1F-30-02-00-00","code":"8000",)"
            R"("received":"1970-01-01T00:00:00.001Z",)"
            R"("throttled_alert_sequence_id":18446744073709551615,"throttled_alert_count":100})"
            "\n");
}

TEST(JsonWriterTest, RandomAlertsReadBackAsTheyWere) {
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937_64 random(seed);
  const auto maybe = [&random] { return random() % 3 != 0; };
  const auto time = [&random] {
    return TimeMs{static_cast<int64_t>(random() % static_cast<uint64_t>(kLatestTime.value + 1))};
  };
  JsonParser parser;
  Arena arena;
  for (int i = 0; i < 20000; ++i) {
    std::string payload(random() % 4 == 0 ? 0 : random() % 300, '\0');
    for (char& c : payload) {
      c = static_cast<char>(random());
    }
    Alert alert;
    alert.code = AlertCode::FromIndex(static_cast<uint16_t>(random() % AlertCode::kCount));
    alert.payload = payload;
    if (alert.code.is_device() || maybe()) {
      alert.device = Eui64{random()};
    }
    if (maybe()) {
      alert.recipient = Eui64{random()};
    }
    if (maybe()) {
      alert.counter = random() >> random() % 64;
    }
    if (maybe()) {
      alert.received = time();
    }
    if (!alert.received || maybe()) {
      alert.device_time = time();
    }
    std::string line = Forwarded(alert);
    const bool copy = maybe();
    if (copy) {
      line.clear();
      AppendForwardedCopy(alert, {.sequence_id = random(), .count = random()}, line);
    }
    const Event event = ReadBack(line, parser, arena);
    const Alert* read = std::get_if<Alert>(&event);
    ASSERT_NE(read, nullptr) << line;
    ExpectSame(alert, *read, line);
    if (!copy) {
      ASSERT_EQ(Forwarded(*read), line);
    }
    arena.Clear();
  }
}

TEST(JsonWriterTest, Episodes) {
  using Kind = EpisodeEvent::Kind;
  const AlertKey key = {kDevice, *AlertCode::FromDevice(0x8F3F), kParty};
  EpisodeEvent event;
  event.kind = Kind::kStarted;
  event.at = At("2019-11-29T01:00:00Z");
  event.key = key;
  event.started = event.at;
  event.counts = {.alerts = 1, .copies = 0};
  constexpr absl::string_view kKey =
      R"("device":"90-B3-D5-1F-30-02-00-00","code":"8F3F","recipient":"00-DB-12-34-56-78-90-A1")";
  EXPECT_EQ(Episode(event), absl::StrCat(R"({"event":"started","at":"2019-11-29T01:00:00.000Z",)",
                                         kKey, R"(,"started":"2019-11-29T01:00:00.000Z"})", "\n"));
  event.kind = Kind::kContinuing;
  event.at = At("2019-11-29T02:00:00Z");
  event.counts = {.alerts = 250, .copies = 2};
  event.policy = At("2019-11-01T00:00:00Z");
  event.note = "first \"version\"";
  constexpr absl::string_view kPolicy =
      R"(,"policy":"2019-11-01T00:00:00.000Z","note":"first \"version\"")";
  EXPECT_EQ(
      Episode(event),
      absl::StrCat(R"({"event":"continuing","at":"2019-11-29T02:00:00.000Z",)", kKey,
                   R"(,"started":"2019-11-29T01:00:00.000Z")", kPolicy,
                   R"(,"alerts":250,"copies":2,"consolidated":248,"last_sequence_id":2})", "\n"));
  event.kind = Kind::kEnded;
  event.counts = {.alerts = 4, .copies = 0};
  event.key.recipient = Eui64{};
  EXPECT_EQ(Episode(event),
            absl::StrCat(R"({"event":"ended","at":"2019-11-29T02:00:00.000Z",)",
                         R"("device":"90-B3-D5-1F-30-02-00-00","code":"8F3F",)",
                         R"("started":"2019-11-29T01:00:00.000Z",)",
                         R"("ended":"2019-11-29T02:00:00.000Z","reason":"clear")", kPolicy,
                         R"(,"alerts":4,"copies":0,"consolidated":4})", "\n"));
  event.reason = EpisodeEvent::Reason::kPolicy;
  EXPECT_TRUE(absl::StrContains(Episode(event), R"("reason":"policy")"));
  event.kind = Kind::kExcludedStorm;
  event.key = key;
  EXPECT_EQ(Episode(event),
            absl::StrCat(R"({"event":"excluded_storm","at":"2019-11-29T02:00:00.000Z",)", kKey,
                         kPolicy, "}\n"));
}

TEST(JsonWriterTest, DeadLetters) {
  Record record;
  record.bytes = "{\"a\"";
  record.origin.offset = 7;
  EXPECT_EQ(DeadLetter(record, DeadReason::kBadJson),
            "{\"offset\":7,\"reason\":\"bad_json\",\"bytes\":\"eyJhIg==\"}\n");
  record.origin.capture = "a \\ \"b\".zst";
  record.origin.line = 12;
  EXPECT_EQ(DeadLetter(record, DeadReason::kKeyMismatch),
            R"({"capture":"a \\ \"b\".zst","line":12,"offset":7,"reason":"key_mismatch",)"
            R"("bytes":"eyJhIg=="})"
            "\n");
  record.origin.topic = "meter.events";
  record.origin.partition = 2147483647;
  record.origin.offset = 9223372036854775807;
  record.bytes = "";
  EXPECT_EQ(DeadLetter(record, DeadReason::kNotReadable),
            R"({"capture":"a \\ \"b\".zst","line":12,"topic":"meter.events",)"
            R"("partition":2147483647,"offset":9223372036854775807,"reason":"not_readable",)"
            R"("bytes":""})"
            "\n");
}

TEST(JsonWriterTest, LongDeadLettersAreCut) {
  std::string bytes(kMaxMessageBytes, 'x');
  Record record;
  record.bytes = bytes;
  const std::string whole = DeadLetter(record, DeadReason::kTooLong);
  EXPECT_FALSE(absl::StrContains(whole, "digest"));
  bytes += "yz";
  record.bytes = bytes;
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  EXPECT_EQ(
      DeadLetter(record, DeadReason::kTooLong),
      absl::StrCat(
          absl::string_view(whole).substr(0, whole.size() - 2), ",\"length\":1048578",
          absl::StrFormat(",\"digest\":\"xxh3_128:%016x%016x\"}\n", hash.high64, hash.low64)));
}

TEST(JsonWriterTest, Strings) {
  EXPECT_EQ(JsonText(""), R"("")");
  EXPECT_EQ(JsonText("plain /text' \x7F"), "\"plain /text' \x7F\"");
  EXPECT_EQ(JsonText("\"\\\b\f\n\r\t"), R"("\"\\\b\f\n\r\t")");
  EXPECT_EQ(JsonText(absl::string_view("\0\x01\x1F", 3)), R"("\u0000\u0001\u001f")");
  EXPECT_EQ(JsonText("\xC2\x80\xE2\x82\xAC\xF0\x9F\x92\xA1\xF4\x8F\xBF\xBF"),
            "\"\xC2\x80\xE2\x82\xAC\xF0\x9F\x92\xA1\xF4\x8F\xBF\xBF\"");
}

// The examples of the Unicode standard, chapter 3, tables 3-8 to 3-11.
TEST(JsonWriterTest, InvalidUtf8IsReplaced) {
  const auto replaced = [](absl::string_view text) {
    std::string out = JsonText(text);
    for (size_t at = out.find("\xEF\xBF\xBD"); at != std::string::npos;
         at = out.find("\xEF\xBF\xBD")) {
      out.replace(at, 3, "?");
    }
    return out;
  };
  EXPECT_EQ(replaced("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41"), "\"????????A\"");
  EXPECT_EQ(replaced("\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41"), "\"????????A\"");
  EXPECT_EQ(replaced("\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42"), "\"?????A??B\"");
  EXPECT_EQ(replaced("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41"), "\"????A\"");
  EXPECT_EQ(replaced("\xF0\x9F\x92"), "\"?\"");
  EXPECT_EQ(replaced("\xE2\x82\"\n"), "\"?\\\"\\n\"");
}

TEST(JsonWriterTest, RandomBytesGiveValidJson) {
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937_64 random(seed);
  JsonParser parser;
  for (int i = 0; i < 20000; ++i) {
    std::string bytes(random() % 40, '\0');
    for (char& c : bytes) {
      c = static_cast<char>(random() % 2 == 0 ? random() : 0xC0 | random() % 0x40);
    }
    std::string line = absl::StrCat("{\"topic\":", JsonText(bytes), "}");
    const size_t size = line.size();
    line.append(kJsonPadding, ' ');
    JsonObject object;
    ASSERT_EQ(parser.Read({line.data(), size}, object), std::nullopt) << line;
    if (const JsonValue* value = object.Find(JsonField::kTopic);
        value != nullptr && !absl::StrContains(line, "\xEF\xBF\xBD")) {
      ASSERT_EQ(value->text(), bytes);
    }
  }
}

}  // namespace
}  // namespace weir
