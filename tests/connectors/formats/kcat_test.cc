// Goal: what `kcat -J` prints is taken apart: where the message stood, when the log got it, and the
// message itself in each format that a JSON string can hold.
// Method: tables of envelopes and payloads with the expected reason; messages wrapped by this test,
// escaped in several ways; truncation at every byte; random changes of bytes.
#include "connectors/formats/kcat.h"

#include <cstring>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"

#include "connectors/formats/binary_text.h"
#include "connectors/formats/gbcs_encode.h"
#include "connectors/formats/json_writer.h"
#include "connectors/formats/kcat_line.h"
#include "tests/support/event_text.h"
#include "tests/support/random.h"

namespace weir {
namespace {

constexpr Eui64 kDeviceId{0x90B3D51F30020000};
constexpr absl::string_view kAlert =
    R"({"device":"90-B3-D5-1F-30-02-00-00","code":"8F36","received":"2019-11-29T00:00:00Z",)"
    R"("payload":"3wn/"})";
constexpr TimeMs kTs{1574985600123};

// A kcat line around `payload`, which is a JSON value.
std::string Line(absl::string_view payload, absl::string_view key = "null",
                 absl::string_view ts = "1574985600123") {
  return absl::StrCat(
      R"({"topic":"meter.events","partition":3,"offset":42,"tstype":"create","ts":)", ts,
      R"(,"broker":1,"headers":["a","b"],"key":)", key, R"(,"payload":)", payload, "}");
}

std::string Quoted(absl::string_view text) {
  std::string out;
  AppendJsonString(text, out);
  return out;
}

std::string GbcsMessage() {
  GbcsFields fields;
  fields.counter = 7;
  fields.originator = kDeviceId;
  fields.target = Eui64{0x00DB1234567890A1};
  fields.code = *AlertCode::FromDevice(0x8F36);
  fields.device_time = TimeMs{1574985600000};
  return EncodeGbcs(fields);
}

std::string Repeat(size_t size, char c) {
  std::string out;
  out.resize(size, c);
  return out;
}

std::string Hex(absl::string_view bytes) {
  std::string out;
  AppendHex(bytes, out);
  return out;
}

std::string Base64(absl::string_view bytes) {
  std::string out;
  AppendBase64(bytes, out);
  return out;
}

class KcatTest : public testing::Test {
 protected:
  Decoded Decode(absl::string_view line) {
    const std::unique_ptr<char[]> memory(new char[line.size() + kJsonPadding]);
    std::fill_n(memory.get() + line.copy(memory.get(), line.size()), kJsonPadding, '}');
    return DecodeKcat({memory.get(), line.size()}, parser_, arena_);
  }

  std::string Outcome(absl::string_view line) {
    const Decoded decoded = Decode(line);
    if (const auto* reason = std::get_if<DeadReason>(&decoded.event); reason != nullptr) {
      const absl::string_view name = DeadReasonName(*reason);
      return std::string(name);
    }
    return std::holds_alternative<Alert>(decoded.event) ? "alert" : "other";
  }

  JsonParser parser_;
  Arena arena_;
};

TEST_F(KcatTest, ReadsEnvelopeAndAlert) {
  const Decoded decoded = Decode(Line(Quoted(kAlert), "\"90B3D51F30020000\""));
  EXPECT_TRUE(decoded.envelope.present);
  EXPECT_EQ(decoded.envelope.topic, "meter.events");
  EXPECT_EQ(decoded.envelope.partition, 3);
  EXPECT_EQ(decoded.envelope.offset, 42);
  const Alert* alert = std::get_if<Alert>(&decoded.event);
  ASSERT_NE(alert, nullptr);
  EXPECT_EQ(alert->device, kDeviceId);
  EXPECT_EQ(alert->received, kTs);
  EXPECT_EQ(alert->payload, "\xDF\x09\xFF");
}

TEST_F(KcatTest, PayloadsOfEachFormat) {
  const std::string message = GbcsMessage();
  for (const std::string& text : {Hex(message), Base64(message), Hex(message) + "\n",
                                  absl::StrReplaceAll(Base64(message), {{"/", "\\/"}})}) {
    const Decoded decoded =
        Decode(Line(absl::StrReplaceAll(absl::StrCat("\"", text, "\""), {{"\n", "\\n"}})));
    const Alert* alert = std::get_if<Alert>(&decoded.event);
    ASSERT_NE(alert, nullptr) << text;
    EXPECT_EQ(alert->device, kDeviceId);
    EXPECT_EQ(alert->received, kTs);
    EXPECT_EQ(alert->payload, message);
  }
  std::string escaped = "\"";
  for (const char c : kAlert) {
    absl::StrAppendFormat(&escaped, "\\u%04x", static_cast<unsigned>(c));
  }
  EXPECT_EQ(Outcome(Line(escaped + "\"")), "alert");
}

TEST_F(KcatTest, Outcomes) {
  const std::string good = Quoted(kAlert);
  const std::string no_time = Quoted(R"({"device":"90B3D51F30020000","code":"8F36"})");

  struct Case {
    std::string line;
    const char* outcome;
  };

  const Case cases[] = {
      {Line(good), "alert"},
      {Line(good, "\"90-B3-D5-1F-30-02-00-00\""), "alert"},
      {Line(good, "\"90B3D51F30020001\""), "key_mismatch"},
      {Line(good, "\"90-B3-D5-1F-30-02-00-\\u00301\""), "key_mismatch"},
      {Line(good, "\"some other key\""), "alert"},
      {Line(good, "\"\""), "alert"},
      {Line(good, "17"), "alert"},
      {Line(Quoted(R"({"code":"AD1"})"), "\"90B3D51F30020001\""), "alert"},
      {Line(Quoted(R"({"type":"request","srv":"6.13",)"
                   R"("request_id":"00DB1234567890A1:90B3D51F30020000:7"})"),
            "\"90B3D51F30020000\""),
       "other"},
      {Line(Quoted(R"({"type":"request","srv":"6.13",)"
                   R"("request_id":"00DB1234567890A1:90B3D51F30020000:7"})"),
            "\"00DB1234567890A1\""),
       "key_mismatch"},
      {Line(Quoted("{}"), "\"90B3D51F30020001\""), "missing_field"},
      {Line("null"), "missing_field"},
      {Line("\"\""), "missing_field"},
      {Line("\"  \""), "not_readable"},
      {Line("\"hello world\""), "not_readable"},
      {Line("\"<xml/>\""), "unknown_type"},
      {Line("\"00\""), "bad_gbcs"},
      {Line("\"{\""), "bad_json"},
      {Line(Quoted(Line(good))), "missing_field"},
      {Line("\"{\\\"a\\\":\\\"\\\\ud800\\\"}\""), "bad_json"},
      {Line("\"\xFF\""), "bad_utf8"},
      {Line(kAlert), "bad_envelope"},
      {Line("[]"), "bad_envelope"},
      {Line("12"), "bad_envelope"},
      {Line("tru"), "bad_json"},
      {Line(no_time, "null", "1"), "alert"},
      {Line(no_time, "null", "0"), "no_time"},
      {Line(no_time, "null", "-1"), "no_time"},
      {Line(no_time, "null", "null"), "no_time"},
      {Line(good, "null", "-1"), "alert"},
      {Line(good, "null", "253402300799999"), "alert"},
      {Line(good, "null", "253402300800000"), "bad_time"},
      {Line(good, "null", "1.5"), "bad_envelope"},
      {Line(good, "null", "\"5\""), "bad_envelope"},
      {R"({"partition":3,"offset":42,"payload":"00"})", "bad_envelope"},
      {R"({"topic":"","partition":3,"offset":42,"payload":"00"})", "bad_envelope"},
      {R"({"topic":1,"partition":3,"offset":42,"payload":"00"})", "bad_envelope"},
      {R"({"topic":"t","offset":42,"payload":"00"})", "bad_envelope"},
      {R"({"topic":"t","partition":"3","offset":42,"payload":"00"})", "bad_envelope"},
      {R"({"topic":"t","partition":-1,"offset":42,"payload":"00"})", "bad_envelope"},
      {R"({"topic":"t","partition":2147483648,"offset":42,"payload":"00"})", "bad_envelope"},
      {R"({"topic":"t","partition":3,"payload":"00"})", "bad_envelope"},
      {R"({"topic":"t","partition":3,"offset":-5,"payload":"00"})", "bad_envelope"},
      {R"({"topic":"t","partition":3,"offset":9223372036854775808,"payload":"00"})",
       "bad_envelope"},
      {R"({"topic":"t","partition":3,"offset":42})", "bad_envelope"},
      {R"({"topic":"t","partition":3,"offset":42,"payload":"00","payload":"00"})", "bad_envelope"},
      {R"({"topic":"t","partition":2147483647,"offset":9223372036854775807,"payload":"00"})",
       "bad_gbcs"},
      {"{}", "bad_envelope"},
      {"", "bad_json"},
      {std::string(kAlert), "bad_envelope"},
  };
  for (const Case& test : cases) {
    EXPECT_EQ(Outcome(test.line), test.outcome) << test.line;
  }
}

TEST_F(KcatTest, DeadMessagesKeepTheirEnvelope) {
  const Decoded decoded = Decode(Line("\"hello world\""));
  EXPECT_TRUE(decoded.envelope.present);
  EXPECT_EQ(decoded.envelope.topic, "meter.events");
  EXPECT_EQ(decoded.envelope.offset, 42);
  EXPECT_FALSE(Decode("{}").envelope.present);
}

TEST_F(KcatTest, Length) {
  const std::string message =
      Quoted(absl::StrCat(kAlert.substr(0, kAlert.size() - 1), ",\"x\":\"",
                          std::string(kMaxJsonBytes - kAlert.size() - 7, 'x'), "\"}"));
  EXPECT_EQ(Outcome(Line(message)), "alert");
  EXPECT_EQ(Outcome(Line(absl::StrReplaceAll(message, {{"xxxxxxxx", "x\\u0078xxxxxx"}}))), "alert");
  EXPECT_EQ(Outcome(Line(absl::StrReplaceAll(message, {{"\\\"x\\\"", "\\\"xx\\\""}}))), "too_long");
  EXPECT_EQ(Outcome(Line(absl::StrCat("\"", Repeat(10'000'000, '0'), "\""))), "too_long");
  EXPECT_EQ(Outcome(Line(absl::StrCat("\"", std::string(2 * kMaxMessageBytes + 2, '0'), "\""))),
            "too_long");
  EXPECT_EQ(Outcome(Line(absl::StrCat("\"", std::string(2 * kMaxMessageBytes, '0'), "\""))),
            "bad_gbcs");
  EXPECT_EQ(Outcome(Line(absl::StrCat("\"", std::string(kMaxMessageBytes + 400000, '/'), "\""))),
            "too_long");
}

// What is read in one pass, in whichever way, is what the general way makes of it.
TEST_F(KcatTest, TheUsualWayAgreesWithTheGeneralOne) {
  constexpr absl::string_view kEnvelope = R"({"topic":"meter.events","partition":3,"offset":42)";
  const std::string payload = absl::StrCat(",\"payload\":", Quoted(kAlert), "}");
  const std::string seeds[] = {
      absl::StrCat(kEnvelope, R"(,"tstype":"create","ts":1574985600123,"key":null)", payload),
      absl::StrCat(kEnvelope, R"(,"ts":0,"key":"90B3D51F30020000")", payload),
      absl::StrCat(kEnvelope, R"(,"tstype":"logappend","ts":7,"broker":1,"key":"",)",
                   "\"payload\":\"", Hex(GbcsMessage()), "\"}"),
      absl::StrCat(kEnvelope, R"(,"key":"90-b3-d5-1f-30-02-00-00")", payload),
      absl::StrCat(kEnvelope, R"(,"key":"another","payload":"<a b=\"\\\"\/>"})"),
      absl::StrCat(kEnvelope, R"(,"key":null,"payload":""})")};
  Random random = Random::FromEnvironment(29);
  SCOPED_TRACE(random.seed_text());
  int taken = 0;
  for (int i = 0; i < Rounds(60000); ++i) {
    std::string line = seeds[random.Below(std::size(seeds))];
    for (uint64_t changes = random.Below(3); changes > 0; --changes) {
      static constexpr absl::string_view kLikely = R"("\/{},:0179aA- n)";
      const bool is_likely = !random.OneIn(4);
      line[random.Below(line.size())] =
          is_likely ? kLikely[random.Below(kLikely.size())] : static_cast<char>(random.Below(256));
    }
    line.resize(random.OneIn(8) ? random.Below(line.size() + 1) : line.size());
    const std::string padded = absl::StrCat(line, std::string(kJsonPadding, '"'));
    const absl::string_view text = absl::string_view(padded).substr(0, line.size());
    KcatLine best;
    KcatLine portable;
    const bool is_read = ReadKcatLine(text, arena_, best);
    ASSERT_EQ(is_read, ReadKcatLinePortably(text, arena_, portable)) << line;
    Decoded usual;
    if (is_read) {
      ASSERT_TRUE(BeginsLikeKcat(text.data()));
      ASSERT_EQ(best.value, portable.value) << line;
      ASSERT_EQ(best.timestamp, portable.timestamp) << line;
      ASSERT_EQ(best.named, portable.named) << line;
    }
    if (DecodeUsualKcat(text, parser_, arena_, usual.envelope, usual.event)) {
      const Decoded general = Decode(line);
      ASSERT_TRUE(general.envelope.present) << line;
      ASSERT_EQ(usual.envelope.topic, general.envelope.topic) << line;
      ASSERT_EQ(usual.envelope.partition, general.envelope.partition) << line;
      ASSERT_EQ(usual.envelope.offset, general.envelope.offset) << line;
      ASSERT_EQ(TextOf(usual.event), TextOf(general.event)) << line;
      ++taken;
    }
    arena_.Clear();
  }
  EXPECT_GT(taken, Rounds(10000));
}

// Nothing behind the padding is looked at, wherever a line ends; sanitizers see to that.
TEST_F(KcatTest, TheUsualWayStaysWithinThePadding) {
  const std::string line = absl::StrCat(
      R"({"topic":"meter.events","partition":3,"offset":42,"tstype":"create","ts":1574985600123,)",
      R"("broker":1,"key":"90B3D51F30020000","payload":)", Quoted(kAlert), "}");
  for (size_t size = 0; size < line.size(); ++size) {
    for (const char fill : {'"', '0', ',', '\\', '\0'}) {
      const std::unique_ptr<char[]> block(new char[size + kJsonPadding]);
      line.copy(block.get(), size);
      std::memset(block.get() + size, fill, kJsonPadding);
      KcatLine read;
      EXPECT_FALSE(ReadKcatLine({block.get(), size}, arena_, read)) << size;
      EXPECT_FALSE(ReadKcatLinePortably({block.get(), size}, arena_, read)) << size;
    }
  }
}

TEST_F(KcatTest, TruncationNeverGivesAnEvent) {
  const std::string line = Line(Quoted(kAlert), "\"90B3D51F30020000\"");
  for (size_t size = 0; size < line.size(); ++size) {
    EXPECT_EQ(Outcome(line.substr(0, size)), "bad_json") << size;
  }
}

TEST_F(KcatTest, ChangedBytesNeverCrash) {
  const std::string seeds[] = {Line(Quoted(kAlert), "\"90B3D51F30020000\""),
                               Line(Quoted(Hex(GbcsMessage()))),
                               Line(Quoted(Base64(GbcsMessage())))};
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937_64 random(seed);
  for (int i = 0; i < 30000; ++i) {
    std::string line = seeds[random() % 3];
    for (uint64_t changes = random() % 4 + 1; changes > 0; --changes) {
      line[random() % line.size()] = static_cast<char>(random());
    }
    const Decoded decoded = Decode(line);
    if (const Alert* alert = std::get_if<Alert>(&decoded.event); alert != nullptr) {
      std::string out;
      AppendForwarded(*alert, out);
      ASSERT_TRUE(decoded.envelope.present);
    }
  }
}

}  // namespace
}  // namespace weir
