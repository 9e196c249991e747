// Goal: the decoder finds the format of each line by itself, reads only the format that is forced,
// and gives a reason for any other bytes.
// Method: tables of lines with the expected outcome, forced and not, among them records that look
// like another format; mixed captures; truncation at every byte; random changes of bytes.
#include "connectors/formats/decoder.h"

#include <memory>
#include <random>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "connectors/formats/binary_text.h"
#include "connectors/formats/gbcs_encode.h"
#include "connectors/formats/json_writer.h"
#include "tests/support/duis_documents.h"

namespace weir {
namespace {

constexpr Eui64 kDeviceId{0x90B3D51F30020000};
constexpr absl::string_view kAlert =
    R"({"device":"90-B3-D5-1F-30-02-00-00","code":"8F36","received":"2019-11-29T00:00:00Z"})";

std::string GbcsMessage(std::optional<TimeMs> device_time = TimeMs{1574985600000}) {
  GbcsFields fields;
  fields.counter = 7;
  fields.originator = kDeviceId;
  fields.target = Eui64{0x00DB1234567890A1};
  fields.code = *AlertCode::FromDevice(0x8F36);
  fields.device_time = device_time;
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

std::string Kcat(absl::string_view payload) {
  std::string quoted;
  AppendJsonString(payload, quoted);
  return absl::StrCat(
      R"({"topic":"t","partition":3,"offset":42,"tstype":"create","ts":1574985600123,"broker":0,)"
      R"("key":"90B3D51F30020000","payload":)",
      quoted, "}");
}

// A document around GbcsMessage().
std::string DuisOf(Eui64 device) {
  return ResponseDocument(
      ResponseHeader("", absl::StrCat(FormatEui64(device), ":00DB1234567890A1:7")),
      DeviceAlertMessage("8F36", Base64(GbcsMessage())));
}

Decoded Decode(Decoder& decoder, absl::string_view line, Arena& arena) {
  const std::unique_ptr<char[]> memory(new char[line.size() + kJsonPadding]);
  std::fill_n(memory.get() + line.copy(memory.get(), line.size()), kJsonPadding, '}');
  return decoder.Decode({memory.get(), line.size()}, arena);
}

std::string OutcomeOf(const Decoded& decoded) {
  if (const auto* reason = std::get_if<DeadReason>(&decoded.event); reason != nullptr) {
    const absl::string_view name = DeadReasonName(*reason);
    return std::string(name);
  }
  return std::holds_alternative<Alert>(decoded.event)
             ? decoded.envelope.present ? "alert in kcat" : "alert"
             : "other";
}

std::string Outcome(absl::string_view line, std::optional<Format> forced = std::nullopt) {
  Decoder decoder(forced);
  Arena arena;
  return OutcomeOf(Decode(decoder, line, arena));
}

TEST(DecoderTest, FindsTheFormat) {
  const std::string hex = Hex(GbcsMessage());
  const std::string base64 = Base64(GbcsMessage());
  const std::string no_time = Hex(GbcsMessage(std::nullopt));

  struct Case {
    std::string line;
    const char* outcome;
  };

  const Case cases[] = {
      {std::string(kAlert), "alert"},
      {absl::StrCat("\xEF\xBB\xBF", kAlert), "alert"},
      {absl::StrCat(kAlert, "\r"), "alert"},
      {absl::StrCat("\xEF\xBB\xBF \t ", kAlert, " \t\r"), "alert"},
      {absl::StrCat(" \xEF\xBB\xBF", kAlert), "not_readable"},
      {Kcat(kAlert), "alert in kcat"},
      {Kcat(hex), "alert in kcat"},
      {Kcat(base64), "alert in kcat"},
      {hex, "alert"},
      {absl::AsciiStrToLower(hex), "alert"},
      {base64, "alert"},
      {absl::StrCat("  ", hex, "\r"), "alert"},
      {absl::StrCat("2019-11-29T00:00:00Z\t", hex), "alert"},
      {absl::StrCat("2019-11-29T00:00:00Z\t", base64, "\r"), "alert"},
      {absl::StrCat("2019-11-29T00:00:00Z\t", no_time), "alert"},
      {no_time, "no_time"},
      {absl::StrCat("1919-11-29T00:00:00Z\t", hex), "bad_time"},
      {absl::StrCat("yesterday\t", base64), "bad_time"},
      {absl::StrCat("2019-11-29T00:00:00Z ", hex), "not_readable"},
      {absl::StrCat("2019-11-29T00:00:00Z\t", hex, "\t"), "alert"},
      {absl::StrCat("2019-11-29T00:00:00Z\t", hex, "\t00"), "not_readable"},
      {"2019-11-29T00:00:00Z\thello world", "not_readable"},
      {"2019-11-29T00:00:00Z", "not_readable"},
      {"", "not_readable"},
      {"   \r", "not_readable"},
      {"\xEF\xBB\xBF", "not_readable"},
      {"hello world", "not_readable"},
      {DeviceAlert(), "alert"},
      {absl::StrCat("\xEF\xBB\xBF ", DeviceAlert(), " \r"), "alert"},
      {absl::StrCat("2019-11-29T00:00:00Z\t", DeviceAlert()), "not_readable"},
      {Kcat(DuisOf(kDeviceId)), "alert in kcat"},
      {ServiceRequest(), "other"},
      {"<Response/>", "unknown_type"},
      {"<", "bad_xml"},
      {Repeat(10'000'000, '<'), "too_long"},
      {R"({"DeviceAlertMessage":{"AlertCode":"8F20","GBCSPayload":"AAAA"}})", "duis_in_json"},
      {"[1]", "not_readable"},
      {"\"x\"", "not_readable"},
      {"\xFF\xFE", "not_readable"},
      {"00", "bad_gbcs"},
      {"AAAA", "bad_gbcs"},
      {"{}", "missing_field"},
      {"{", "bad_json"},
      {"{\"device\"", "bad_json"},
      {"{\"a\":\"\xFF\"}", "bad_utf8"},
      {Repeat(10'000'000, '{'), "too_long"},
      {Repeat(10'000'000, 'x'), "too_long"},
      {absl::StrCat("{\"a\":\"", std::string(kMaxJsonBytes, 'x'), "\"}"), "too_long"},
      {absl::StrCat("{\"a\":\"", std::string(kMaxJsonBytes, 'x')), "too_long"},
  };
  for (const Case& test : cases) {
    EXPECT_EQ(Outcome(test.line), test.outcome) << test.line.substr(0, 200);
  }
}

// Fields of an envelope do not make one, as long as the record is a record of its own.
TEST(DecoderTest, RecordsThatLookLikeAnotherFormat) {
  constexpr absl::string_view kFields =
      R"("device":"90B3D51F30020000","code":"8F36","received":"2019-11-29T00:00:00Z")";

  struct Case {
    std::string line;
    const char* outcome;
  };

  const Case cases[] = {
      {absl::StrCat("{\"topic\":\"t\",", kFields, "}"), "alert"},
      {absl::StrCat("{\"topic\":\"t\",\"partition\":1,\"offset\":2,\"ts\":3,\"key\":\"k\",",
                    kFields, "}"),
       "alert"},
      {absl::StrCat("{", kFields, ",\"payload\":\"AAAA\",\"partition\":1,\"offset\":2}"), "alert"},
      {R"({"code":"AD1","received":"2019-11-29T00:00:00Z","partition":1,"offset":2})", "alert"},
      {R"({"type":"device","partition":1,"offset":2})", "missing_field"},
      {R"({"request_id":"x","partition":1,"offset":2})", "missing_field"},
      {R"({"topic":"t","partition":1,"offset":2})", "bad_envelope"},
      {R"({"partition":1,"offset":2})", "bad_envelope"},
      {R"({"topic":"t","partition":1,"payload":"00"})", "missing_field"},
      {R"({"topic":"t","partition":1,"offset":2,"payload":null})", "missing_field"},
      {R"({"payload":{"partition":1,"offset":2}})", "missing_field"},
      {absl::StrCat("{\"x\":", Kcat(kAlert), ",", kFields, "}"), "alert"},
      {absl::StrCat("{\"p\\u0061rtition\":1,\"offset\":2,\"topic\":\"t\",\"payload\":\"00\"}"),
       "bad_gbcs"},
  };
  for (const Case& test : cases) {
    EXPECT_EQ(Outcome(test.line), test.outcome) << test.line;
  }
}

TEST(DecoderTest, ForcedFormats) {
  const std::string hex = Hex(GbcsMessage());

  struct Case {
    std::string line;
    const char* json;
    const char* kcat;
    const char* gbcs;
    const char* duis;
  };

  const Case cases[] = {
      {std::string(kAlert), "alert", "bad_envelope", "bad_payload", "bad_xml"},
      {Kcat(kAlert), "missing_field", "alert in kcat", "bad_payload", "bad_xml"},
      {Kcat(hex), "missing_field", "alert in kcat", "bad_payload", "bad_xml"},
      {Kcat(DuisOf(kDeviceId)), "missing_field", "alert in kcat", "bad_payload", "bad_xml"},
      {hex, "bad_json", "bad_json", "alert", "bad_xml"},
      {DeviceAlert(), "bad_json", "bad_json", "bad_payload", "alert"},
      {"", "bad_json", "bad_json", "bad_payload", "bad_xml"},
      {"hello world", "bad_json", "bad_json", "bad_payload", "bad_xml"},
      {absl::StrCat("\xEF\xBB\xBF ", kAlert, "\r"), "alert", "bad_envelope", "bad_payload",
       "bad_xml"},
  };
  for (const Case& test : cases) {
    EXPECT_EQ(Outcome(test.line, Format::kJson), test.json) << test.line;
    EXPECT_EQ(Outcome(test.line, Format::kKcat), test.kcat) << test.line;
    EXPECT_EQ(Outcome(test.line, Format::kGbcs), test.gbcs) << test.line;
    EXPECT_EQ(Outcome(test.line, Format::kDuis), test.duis) << test.line;
  }
}

TEST(DecoderTest, FormatNames) {
  for (const Format format : {Format::kJson, Format::kKcat, Format::kGbcs, Format::kDuis}) {
    EXPECT_EQ(ParseFormat(FormatName(format)), format);
  }
  EXPECT_EQ(ParseFormat("kcat"), Format::kKcat);
  EXPECT_EQ(ParseFormat("JSON"), std::nullopt);
  EXPECT_EQ(ParseFormat(""), std::nullopt);
}

// A capture that mixes formats gives for every line what the line gives alone.
TEST(DecoderTest, LinesDoNotDependOnEachOther) {
  const std::vector<std::string> lines = {std::string(kAlert),
                                          Kcat(kAlert),
                                          Hex(GbcsMessage()),
                                          DeviceAlert(),
                                          Kcat(DuisOf(kDeviceId)),
                                          "<a>",
                                          "{\"a\":[[[[",
                                          "nothing",
                                          Kcat(Base64(GbcsMessage())),
                                          "{}",
                                          std::string(2'000'000, '{')};
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937_64 random(seed);
  Decoder decoder(std::nullopt);
  Arena arena;
  for (int i = 0; i < 500; ++i) {
    const std::string& line = lines[random() % lines.size()];
    ASSERT_EQ(OutcomeOf(Decode(decoder, line, arena)), Outcome(line)) << line.substr(0, 200);
    if (random() % 10 == 0) {
      arena.Clear();
    }
  }
}

// What an event views is in the arena, not in the line.
TEST(DecoderTest, EventsOutliveTheirLine) {
  Decoder decoder(std::nullopt);
  Arena arena;
  const Decoded first = Decode(decoder, Kcat(Hex(GbcsMessage())), arena);
  const Decoded second = Decode(decoder, Kcat(kAlert), arena);
  const Decoded third = Decode(decoder, Kcat(DuisOf(kDeviceId)), arena);
  EXPECT_EQ(first.envelope.topic, "t");
  EXPECT_EQ(std::get<Alert>(first.event).payload, GbcsMessage());
  EXPECT_EQ(second.envelope.topic, "t");
  EXPECT_EQ(third.envelope.topic, "t");
  EXPECT_EQ(std::get<Alert>(third.event).payload, GbcsMessage());
}

// An alert in every format, bare and in an envelope.
std::vector<std::string> AlertLines() {
  return {std::string(kAlert),
          Kcat(kAlert),
          Kcat(Hex(GbcsMessage())),
          Hex(GbcsMessage()),
          Base64(GbcsMessage()),
          absl::StrCat("2019-11-29T00:00:00Z\t", Hex(GbcsMessage())),
          DeviceAlert(),
          Kcat(DuisOf(kDeviceId))};
}

TEST(DecoderTest, TruncationNeverGivesAnEvent) {
  for (const std::string& line : AlertLines()) {
    // Padding at the end of base64 may be left out.
    const size_t content = line.find_last_not_of('=') + 1;
    for (size_t size = 0; size < content; ++size) {
      const std::string outcome = Outcome(line.substr(0, size));
      EXPECT_EQ(outcome.find("alert in"), std::string::npos) << size << line;
      EXPECT_NE(outcome, "alert") << size << line;
      EXPECT_NE(outcome, "other") << size << line;
    }
  }
}

TEST(DecoderTest, ChangedBytesNeverCrash) {
  const std::vector<std::string> lines = AlertLines();
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937_64 random(seed);
  Decoder automatic(std::nullopt);
  Decoder json(Format::kJson);
  Decoder kcat(Format::kKcat);
  Decoder gbcs(Format::kGbcs);
  Decoder duis(Format::kDuis);
  Arena arena;
  for (int i = 0; i < 20000; ++i) {
    std::string line = lines[random() % std::size(lines)];
    for (uint64_t changes = random() % 5; changes > 0; --changes) {
      line[random() % line.size()] = static_cast<char>(random());
    }
    line.resize(random() % 2 == 0 ? line.size() : random() % line.size());
    for (Decoder* decoder : {&automatic, &json, &kcat, &gbcs, &duis}) {
      const Decoded decoded = Decode(*decoder, line, arena);
      if (const Alert* alert = std::get_if<Alert>(&decoded.event); alert != nullptr) {
        // Reads what the alert views.
        std::string out;
        AppendForwarded(*alert, out);
      }
    }
    arena.Clear();
  }
}

}  // namespace
}  // namespace weir
