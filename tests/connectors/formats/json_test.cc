// Goal: DecodeJson gives the alert or event that the record says, and the right DeadReason for
// anything else; no text that is not one JSON object in UTF-8 ever gives an event.
// Method: tables of good and bad records; every required field left out in turn; truncation at
// every byte; random changes of bytes, judged by a plain JSON checker written for this test. Texts
// are followed by exactly the padding that the contract asks for, filled with brackets and quotes.
#include "connectors/formats/json.h"

#include <memory>
#include <random>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"

#include "connectors/formats/format.h"
#include "engine/base/hex.h"

namespace weir {
namespace {

// A text in memory that ends with its padding.
class Padded {
 public:
  explicit Padded(absl::string_view text, char padding = '}')
      : size_(text.size()), memory_(new char[text.size() + kJsonPadding]) {
    std::fill_n(memory_.get() + text.copy(memory_.get(), size_), kJsonPadding, padding);
  }

  absl::string_view text() const { return {memory_.get(), size_}; }

 private:
  size_t size_;
  std::unique_ptr<char[]> memory_;
};

class JsonTest : public testing::Test {
 protected:
  Event Decode(absl::string_view text, std::optional<TimeMs> envelope_time = std::nullopt,
               char padding = '}') {
    return DecodeJson(Padded(text, padding).text(), parser_, arena_, envelope_time);
  }

  // The reason, or what it is instead.
  std::string Outcome(absl::string_view text, std::optional<TimeMs> envelope_time = std::nullopt) {
    const Event event = Decode(text, envelope_time);
    if (const DeadReason* reason = std::get_if<DeadReason>(&event); reason != nullptr) {
      const absl::string_view name = DeadReasonName(*reason);
      return std::string(name);
    }
    return std::holds_alternative<Alert>(event) ? "alert" : "other";
  }

  JsonParser parser_;
  Arena arena_;
};

constexpr absl::string_view kDevice = "90-B3-D5-1F-30-02-00-00";
constexpr Eui64 kDeviceId{0x90B3D51F30020000};
constexpr absl::string_view kAlert =
    R"({"device":"90-B3-D5-1F-30-02-00-00","code":"8F36","recipient":"00-DB-12-34-56-78-90-A1",)"
    R"("counter":"18446744073709551615","received":"2019-11-29T00:00:01.500Z",)"
    R"("device_time":"2019-11-29T00:00:00Z","payload":"3wn/"})";

// ---- A plain JSON checker

class Checker {
 public:
  explicit Checker(absl::string_view text) : text_(text) {}

  // Whether the text is one object, at most kMaxJsonDepth deep.
  bool IsObject() {
    Blanks();
    if (Peek() != '{' || !Value(0)) {
      return false;
    }
    Blanks();
    return position_ == text_.size() && IsUtf8();
  }

 private:
  char Peek() const { return position_ < text_.size() ? text_[position_] : '\0'; }

  bool Take(char c) {
    if (position_ < text_.size() && text_[position_] == c) {
      ++position_;
      return true;
    }
    return false;
  }

  void Blanks() {
    while (Take(' ') || Take('\t') || Take('\n') || Take('\r')) {
    }
  }

  bool Digits() {
    const size_t first = position_;
    while (Peek() >= '0' && Peek() <= '9') {
      ++position_;
    }
    return position_ > first;
  }

  bool Number() {
    Take('-');
    if (!Take('0') && !Digits()) {
      return false;
    }
    if (Take('.') && !Digits()) {
      return false;
    }
    if (Take('e') || Take('E')) {
      Take('+') || Take('-');
      return Digits();
    }
    return true;
  }

  int Quad() {
    int value = 0;
    for (int i = 0; i < 4; ++i) {
      const int digit = HexDigit(Peek());
      if (digit < 0) {
        return -1;
      }
      value = value * 16 + digit;
      ++position_;
    }
    return value;
  }

  bool UnicodeEscape() {
    const int first = Quad();
    if (first < 0xD800 || first > 0xDFFF) {
      return first >= 0;
    }
    if (first > 0xDBFF || !Take('\\') || !Take('u')) {
      return false;
    }
    const int second = Quad();
    return second >= 0xDC00 && second <= 0xDFFF;
  }

  bool String() {
    if (!Take('"')) {
      return false;
    }
    while (position_ < text_.size()) {
      const char c = text_[position_++];
      if (c == '"') {
        return true;
      }
      if (static_cast<unsigned char>(c) < 0x20) {
        return false;
      }
      if (c != '\\') {
        continue;
      }
      const char letter = Peek();
      ++position_;
      if (letter == 'u' ? !UnicodeEscape()
                        : absl::string_view("\"\\/bfnrt").find(letter) == absl::string_view::npos) {
        return false;
      }
    }
    return false;
  }

  bool Word(absl::string_view word) {
    if (text_.substr(position_, word.size()) != word) {
      return false;
    }
    position_ += word.size();
    return true;
  }

  bool Members(int depth, char close) {
    Blanks();
    if (Take(close)) {
      return true;
    }
    do {
      Blanks();
      if (close == '}') {
        if (!String()) {
          return false;
        }
        Blanks();
        if (!Take(':')) {
          return false;
        }
      }
      if (!Value(depth)) {
        return false;
      }
      Blanks();
    } while (Take(','));
    return Take(close);
  }

  bool Value(int depth) {
    Blanks();
    switch (Peek()) {
      case '"':
        return String();
      case 't':
        return Word("true");
      case 'f':
        return Word("false");
      case 'n':
        return Word("null");
      case '{':
      case '[': {
        const char close = Take('{') ? '}' : (++position_, ']');
        return depth < kMaxJsonDepth && Members(depth + 1, close);
      }
      default:
        return Number();
    }
  }

  bool IsUtf8() const {
    for (size_t i = 0; i < text_.size();) {
      const auto byte = [&](size_t k) -> unsigned {
        return k < text_.size() ? static_cast<unsigned char>(text_[k]) : 0;
      };
      const unsigned lead = byte(i);
      const size_t more = lead < 0x80 ? 0 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
      unsigned code = more == 0 ? lead : lead & (0x3FU >> more);
      for (size_t k = 1; k <= more; ++k) {
        if ((byte(i + k) & 0xC0) != 0x80) {
          return false;
        }
        code = code << 6 | (byte(i + k) & 0x3F);
      }
      constexpr unsigned kLowest[] = {0, 0x80, 0x800, 0x10000};
      if ((lead >= 0x80 && lead < 0xC2) || lead > 0xF4 || code < kLowest[more] || code > 0x10FFFF ||
          (code >= 0xD800 && code <= 0xDFFF)) {
        return false;
      }
      i += more + 1;
    }
    return true;
  }

  absl::string_view text_;
  size_t position_ = 0;
};

// Whether an outcome says that the text is no JSON.
bool IsNoJson(absl::string_view outcome) {
  return outcome == "bad_json" || outcome == "bad_utf8" || outcome == "too_deep";
}

// ---- Alerts

TEST_F(JsonTest, ReadsEveryFieldOfAnAlert) {
  const Event event = Decode(kAlert);
  const Alert* alert = std::get_if<Alert>(&event);
  ASSERT_NE(alert, nullptr);
  EXPECT_EQ(alert->device, kDeviceId);
  EXPECT_EQ(alert->code, AlertCode::FromDevice(0x8F36));
  EXPECT_EQ(alert->recipient, Eui64{0x00DB1234567890A1});
  EXPECT_EQ(alert->counter, 18446744073709551615U);
  EXPECT_EQ(alert->received, ParseTime("2019-11-29T00:00:01.500Z"));
  EXPECT_EQ(alert->device_time, ParseTime("2019-11-29T00:00:00Z"));
  EXPECT_EQ(alert->payload, "\xDF\x09\xFF");
}

TEST_F(JsonTest, EnvelopeTimePrecedesTheField) {
  const Event with = Decode(kAlert, TimeMs{42});
  EXPECT_EQ(std::get<Alert>(with).received, TimeMs{42});
  const Event only = Decode(R"({"device":"90B3D51F30020000","code":"8F36"})", TimeMs{43});
  EXPECT_EQ(std::get<Alert>(only).received, TimeMs{43});
  EXPECT_EQ(std::get<Alert>(only).device_time, std::nullopt);
}

// `F` stands for fields that are added to a complete alert without recipient and counter.
std::string WithFields(absl::string_view fields) {
  return absl::StrCat(R"({"device":"90B3D51F30020000","code":"8F36",)",
                      R"("received":"2019-11-29T00:00:00Z")", fields.empty() ? "" : ",", fields,
                      "}");
}

// What tools make of the body of a DUIS document is told from an alert that lacks its fields.
TEST_F(JsonTest, DuisInJson) {
  for (const absl::string_view name :
       {"DeviceAlertMessage", "DCCAlertMessage", "ResponseMessage"}) {
    EXPECT_EQ(Outcome(absl::StrCat("{\"", name, "\":{\"device\":1}}")), "duis_in_json");
    EXPECT_EQ(Outcome(absl::StrCat("{\"", name, "\":null,\"received\":5}")), "duis_in_json");
    EXPECT_EQ(Outcome(absl::StrCat("{\"", name, "\":1,\"device\":\"x\"}")), "bad_field");
    EXPECT_EQ(Outcome(absl::StrCat("{\"", name, "\":1,\"type\":\"device\"}")), "missing_field");
    EXPECT_EQ(Outcome(WithFields(absl::StrCat("\"", name, "\":{}"))), "alert");
  }
  EXPECT_EQ(Outcome(R"({"x":{"DeviceAlertMessage":{}}})"), "missing_field");
  EXPECT_EQ(Outcome(R"({"deviceAlertMessage":{}})"), "missing_field");
}

TEST_F(JsonTest, AddedFields) {
  struct Case {
    const char* fields;
    const char* outcome;
  };

  const Case cases[] = {
      {"", "alert"},
      {R"("type":"alert")", "alert"},
      {R"("type":null)", "alert"},
      {R"("type":"")", "unknown_type"},
      {R"("type":"Alert")", "unknown_type"},
      {R"("type":"alerts")", "unknown_type"},
      {R"("type":7)", "bad_field"},
      {R"("type":["alert"])", "bad_field"},
      {R"("recipient":null)", "alert"},
      {R"("recipient":"")", "bad_field"},
      {R"("recipient":"00db1234567890a1")", "alert"},
      {R"("recipient":"00-DB-12-34-56-78-90-a1")", "alert"},
      {R"("recipient":"00:DB:12:34:56:78:90:A1")", "bad_field"},
      {R"("recipient":"00DB12-34567890A1")", "bad_field"},
      {R"("recipient":"00DB1234567890A")", "bad_field"},
      {R"("recipient":"00DB1234567890AG")", "bad_field"},
      {R"("recipient":" 0DB1234567890A1")", "bad_field"},
      {R"("recipient":12)", "bad_field"},
      {R"("recipient":{})", "bad_field"},
      {R"("counter":null)", "alert"},
      {R"("counter":"")", "bad_field"},
      {R"("counter":0)", "alert"},
      {R"("counter":"007")", "alert"},
      {R"("counter":18446744073709551615)", "alert"},
      {R"("counter":9223372036854775808)", "alert"},
      {R"("counter":18446744073709551616)", "bad_field"},
      {R"("counter":"18446744073709551616")", "bad_field"},
      {R"("counter":-1)", "bad_field"},
      {R"("counter":1.0)", "bad_field"},
      {R"("counter":1e3)", "bad_field"},
      {R"("counter":"-1")", "bad_field"},
      {R"("counter":"+1")", "bad_field"},
      {R"("counter":" 1")", "bad_field"},
      {R"("counter":"1 ")", "bad_field"},
      {R"("counter":"0x1")", "bad_field"},
      {R"("counter":true)", "bad_field"},
      {R"("counter":[1])", "bad_field"},
      {R"("device_time":"2019-11-29T00:00:00.123456+01:00")", "alert"},
      {R"("device_time":null)", "alert"},
      {R"("device_time":"1969-12-31T23:59:59Z")", "bad_time"},
      {R"("device_time":"2019-11-29")", "bad_time"},
      {R"("device_time":"2019-02-29T00:00:00Z")", "bad_time"},
      {R"("device_time":1574985600000)", "bad_time"},
      {R"("payload":"3wn/")", "alert"},
      {R"("payload":"3wn\/")", "alert"},
      {R"("payload":"3wn\u002f")", "alert"},
      {R"("payload":null)", "alert"},
      {R"("payload":"")", "alert"},
      {R"("payload":"3wn_")", "bad_payload"},
      {R"("payload":"3wn/=")", "bad_payload"},
      {R"("payload":"3w n")", "bad_payload"},
      {R"("payload":3)", "bad_field"},
      {R"("payload":{"a":1})", "bad_field"},
      {R"("topic":"t")", "alert"},
      {R"("topic":"t","topic":"u")", "alert"},
      {R"("srv":1,"request_id":2,"status":[],"response_code":{},"device_type":false)", "alert"},
      {R"("throttled_alert_sequence_id":3,"throttled_alert_count":100)", "alert"},
      {R"("devic":1,"devicf":2,"payloae":3,"":4,"a_name_longer_than_any_that_is_used":5)", "alert"},
      {R"("type":"alert","type":"alert")", "bad_field"},
      {R"("device":"90B3D51F30020000")", "bad_field"},
      {R"("code":"8F36")", "bad_field"},
      {R"("recipient":null,"recipient":null)", "bad_field"},
      {R"("counter":1,"counter":1)", "bad_field"},
      {R"("received":"2019-11-29T00:00:00Z")", "bad_field"},
      {R"("payload":"","payload":"")", "bad_field"},
      {R"("co\u0064e":"8F36")", "bad_field"},
  };
  for (const Case& test : cases) {
    EXPECT_EQ(Outcome(WithFields(test.fields)), test.outcome) << test.fields;
  }
}

TEST_F(JsonTest, Codes) {
  struct Case {
    const char* code;
    const char* outcome;
  };

  const Case cases[] = {
      {R"("8F36")", "alert"},    {R"("8f36")", "alert"},       {R"("0x8F36")", "alert"},
      {R"("0X8f36")", "alert"},  {R"("AD1")", "alert"},        {R"("ad1")", "alert"},
      {R"("N1")", "alert"},      {R"("n58")", "alert"},        {R"("N999")", "alert"},
      {R"("8FFF")", "alert"},    {R"("\u0038F36")", "alert"},  {R"("7FFF")", "bad_code"},
      {R"("9000")", "bad_code"}, {R"("8F3")", "bad_code"},     {R"("8F366")", "bad_code"},
      {R"("N0")", "bad_code"},   {R"("N1000")", "bad_code"},   {R"("N01")", "bad_code"},
      {R"("AD2")", "bad_code"},  {R"("8F3G")", "bad_code"},    {R"(" 8F36")", "bad_code"},
      {"8020", "bad_field"},     {"null", "missing_field"},    {R"("")", "bad_code"},
      {"true", "bad_field"},     {R"(["8F36"])", "bad_field"},
  };
  for (const Case& test : cases) {
    const std::string text = absl::StrCat(R"({"received":"2019-11-29T00:00:00Z","device":")",
                                          kDevice, R"(","code":)", test.code, "}");
    EXPECT_EQ(Outcome(text), test.outcome) << text;
  }
}

TEST_F(JsonTest, OnlyDccAlertsMayLackADevice) {
  const char* const absent[] = {"", R"("device":null,)"};
  for (const char* device : absent) {
    const auto outcome = [&](absl::string_view code) {
      return Outcome(absl::StrCat("{", device, R"("received":"2019-11-29T00:00:00Z","code":")",
                                  code, R"("})"));
    };
    EXPECT_EQ(outcome("8F36"), "missing_field");
    EXPECT_EQ(outcome("AD1"), "alert");
    EXPECT_EQ(outcome("N58"), "alert");
  }
}

TEST_F(JsonTest, Times) {
  struct Case {
    const char* fields;
    bool envelope;
    const char* outcome;
  };

  const Case cases[] = {
      {"", false, "no_time"},
      {"", true, "alert"},
      {R"(,"received":null)", false, "no_time"},
      {R"(,"received":null,"device_time":null)", false, "no_time"},
      {R"(,"received":"")", true, "bad_time"},
      {R"(,"received":"2019-11-29T00:00:00Z","device_time":"")", false, "bad_time"},
      {R"(,"received":"2019-11-29T00:00:00Z")", false, "alert"},
      {R"(,"device_time":"2019-11-29T00:00:00Z")", false, "alert"},
      {R"(,"device_time":"1970-01-01T00:00:00Z")", false, "alert"},
      {R"(,"received":"soon")", true, "bad_time"},
      {R"(,"received":"soon","device_time":"2019-11-29T00:00:00Z")", false, "bad_time"},
      {R"(,"received":"2019-11-29T00:00:00Z","device_time":"1969-12-31T23:59:59.999Z")", true,
       "bad_time"},
      {R"(,"received":12)", true, "bad_time"},
      {R"(,"received":"10000-01-01T00:00:00Z")", false, "bad_time"},
  };
  for (const Case& test : cases) {
    const std::string text =
        absl::StrCat(R"({"device":")", kDevice, R"(","code":"8F36")", test.fields, "}");
    EXPECT_EQ(Outcome(text, test.envelope ? std::make_optional(TimeMs{5}) : std::nullopt),
              test.outcome)
        << text;
  }
}

TEST_F(JsonTest, FieldsStandInAnyOrderAndWithBlanks) {
  EXPECT_EQ(Outcome("\n {\t\"received\" : \"2019-11-29T00:00:00Z\" ,\r\n \"code\":\"8F36\", "
                    "\"x\" : [ ] , \"device\" :\"90B3D51F30020000\" } \n"),
            "alert");
}

TEST_F(JsonTest, NamesMayBeEscaped) {
  EXPECT_EQ(Outcome(R"({"\u0064evice":"90B3D51F30020000","\u0063\u006f\u0064\u0065":"8F36",)"
                    R"("received":"2019-11-29T00:00:00Z"})"),
            "alert");
}

// ---- Other records

TEST_F(JsonTest, OtherRecords) {
  struct Case {
    const char* text;
    size_t kind;  // index in OtherEvent::what
    std::vector<const char*> required;
  };

  const Case cases[] = {
      {R"({"type":"device","device":"90B3D51F30020000","device_type":"ESME",)"
       R"("status":"Commissioned","removed":false,"received":"2019-11-29T00:00:00Z"})",
       0,
       {"device", "device_type", "status"}},
      {R"({"type":"request","request_id":"00DB1234567890A1:90B3D51F30020000:7","srv":"6.13",)"
       R"("received":"2019-11-29T00:00:00Z"})",
       1,
       {"request_id", "srv"}},
      {R"({"type":"response","request_id":"00DB1234567890A1:90B3D51F30020000:7","srv":"6.13",)"
       R"("response_code":"I0","received":"2019-11-29T00:00:00Z"})",
       2,
       {"request_id", "srv", "response_code"}},
      {R"({"type":"outcome","request_id":"00DB1234567890A1:90B3D51F30020000:7","code":"8F66",)"
       R"("received":"2019-11-29T00:00:00Z"})",
       3,
       {"request_id", "code"}},
  };
  for (const Case& test : cases) {
    const Event event = Decode(test.text);
    const OtherEvent* other = std::get_if<OtherEvent>(&event);
    ASSERT_NE(other, nullptr) << test.text;
    EXPECT_EQ(other->what.index(), test.kind);
    EXPECT_EQ(other->device, kDeviceId);
    EXPECT_EQ(other->received, ParseTime("2019-11-29T00:00:00Z"));
    const Event with = Decode(test.text, TimeMs{9});
    EXPECT_EQ(std::get<OtherEvent>(with).received, TimeMs{9});
    for (const char* name : test.required) {
      const std::string field = absl::StrCat("\"", name, "\":");
      EXPECT_EQ(Outcome(absl::StrReplaceAll(test.text, {{field, "\"unused\":"}})), "missing_field")
          << test.text << name;
      EXPECT_EQ(Outcome(absl::StrReplaceAll(test.text, {{field, field + "null,\"unused\":"}})),
                "missing_field");
      EXPECT_EQ(Outcome(absl::StrReplaceAll(test.text, {{field, field + "[],\"unused\":"}})),
                "bad_field");
      EXPECT_EQ(
          Outcome(absl::StrReplaceAll(test.text, {{field, absl::StrCat(field, "null,", field)}})),
          "bad_field");
    }
    const std::string no_time = absl::StrReplaceAll(test.text, {{"received", "unused"}});
    EXPECT_EQ(Outcome(no_time), "other");
    const std::string bad_time = absl::StrReplaceAll(test.text, {{"2019", "1919"}});
    EXPECT_EQ(Outcome(bad_time, TimeMs{9}), "bad_time");
  }
}

TEST_F(JsonTest, RequestIds) {
  struct Case {
    const char* id;
    const char* outcome;
  };

  const Case cases[] = {
      {"00-DB-12-34-56-78-90-A1:90-B3-D5-1F-30-02-00-00:0", "other"},
      {"00db1234567890a1:90b3d51f30020000:18446744073709551615", "other"},
      {"00DB1234567890A1:90B3D51F30020000:18446744073709551616", "bad_field"},
      {"00DB1234567890A1:90B3D51F30020000:", "bad_field"},
      {"00DB1234567890A1:90B3D51F30020000", "bad_field"},
      {"00DB1234567890A1:90B3D51F30020000:1:2", "bad_field"},
      {"00DB1234567890A1:90B3D51F3002000:1", "bad_field"},
      {":90B3D51F30020000:1", "bad_field"},
      {"00DB1234567890A1::1", "bad_field"},
      {"00DB1234567890A1:90B3D51F30020000:-1", "bad_field"},
      {":::", "bad_field"},
      {":", "bad_field"},
      {"x", "bad_field"},
  };
  for (const Case& test : cases) {
    EXPECT_EQ(
        Outcome(absl::StrCat(R"({"type":"request","srv":"6.13","request_id":")", test.id, R"("})")),
        test.outcome)
        << test.id;
  }
}

TEST_F(JsonTest, OutcomesAreOneOfTwoCodes) {
  const auto outcome = [&](absl::string_view code) {
    return Outcome(absl::StrCat(
        R"({"type":"outcome","request_id":"00DB1234567890A1:90B3D51F30020000:7","code":")", code,
        R"("})"));
  };
  EXPECT_EQ(outcome("8F66"), "other");
  EXPECT_EQ(outcome("0x8f67"), "other");
  EXPECT_EQ(outcome("8F68"), "bad_field");
  EXPECT_EQ(outcome("AD1"), "bad_field");
  EXPECT_EQ(outcome("hello"), "bad_code");
}

// ---- Not JSON

TEST_F(JsonTest, NotOneObject) {
  const char* const cases[] = {
      "",
      " ",
      "\n",
      "{",
      "}",
      "[]",
      "null",
      "1",
      "\"{}\"",
      "{}}",
      "{} {}",
      "{}x",
      "{},",
      "{]",
      "[}",
      "{\"a\"}",
      "{\"a\":}",
      "{\"a\":1,}",
      "{,}",
      "{\"a\":1 \"b\":2}",
      "{a:1}",
      "{'a':1}",
      "{\"a\":01}",
      "{\"a\":1.}",
      "{\"a\":.5}",
      "{\"a\":-}",
      "{\"a\":+1}",
      "{\"a\":1e}",
      "{\"a\":1x}",
      "{\"a\":tru}",
      "{\"a\":truex}",
      "{\"a\":nul}",
      "{\"a\":NaN}",
      "{\"a\":TRUE}",
      "{\"a\":\"\n\"}",
      "{\"a\":\"\\x\"}",
      "{\"a\":\"\\u12\"}",
      "{\"a\":\"\\u12G4\"}",
      "{\"a\":\"\\ud800\"}",
      "{\"a\":\"\\udc00\"}",
      "{\"a\":\"\\ud800\\u0041\"}",
      "{\"a\":\"",
      "{\"a\":\"\\\"}",
      "{\"a\":[1,]}",
      "{\"a\":[,1]}",
      "{\"a\":[1 2]}",
      "{\"a\":[1}}",
      "{\"a\":{\"b\":1]}",
      "{\"a\":{\"b\":1}",
      "{\"a\":[{}",
      "{\"a\":[{\"b\":[}]}]}",
      "{\"a\":\"x\":1}",
      "{\"a\"::1}",
      "{\"a\":1,,\"b\":2}",
      "{1:2}",
      "{\"a\":1}\f",
      "{\"a\":12345678901234567890123x}",
      "{\"a\":1e999e}",
      "{\"\\x\":1}",
      "{\"a\" \"b\":1}",
  };
  for (const char* text : cases) {
    EXPECT_EQ(Outcome(text), "bad_json") << text;
    EXPECT_FALSE(Checker(text).IsObject()) << text;
  }
  EXPECT_EQ(Outcome(absl::string_view("{\"a\":\0}", 7)), "bad_json");
  EXPECT_EQ(Outcome("{}"), "missing_field");
}

TEST_F(JsonTest, PaddingNeverCompletesAText) {
  const char* const cases[] = {"{",         "{\"a\":[1", "{\"a\":{}", "{\"a\":[{}",
                               "{\"a\":\"", "{\"a\":1",  "{\"a\"",    "{\"a\":{\"b\":{}}"};
  for (const char* text : cases) {
    for (const char padding : {'}', ']', ',', ':', '"', '1', ' ', '{', '[', '\\', '\0'}) {
      const Event event = Decode(text, std::nullopt, padding);
      EXPECT_EQ(std::get<DeadReason>(event), DeadReason::kBadJson) << text << padding;
    }
  }
}

TEST_F(JsonTest, FaultsBehindTheUsedFieldsAreFound) {
  for (const char* tail : {"01", "[1,]", "{\"b\":tru}", "\"\\q\"", "[[[]]", "{\"b\"}"}) {
    EXPECT_EQ(Outcome(WithFields(absl::StrCat("\"unused\":", tail))), "bad_json") << tail;
    EXPECT_EQ(Outcome(WithFields(absl::StrCat("\"unused\":{\"deep\":[", tail, "]}"))), "bad_json");
  }
}

TEST_F(JsonTest, LargeNumbersAreValid) {
  const std::string digits(5000, '7');
  for (const std::string& number :
       {digits, "-" + digits, digits + ".5", std::string("1e999"), std::string("-1E+999"),
        std::string("1e-999"), "0." + digits, std::string("18446744073709551616"),
        std::string("-9223372036854775809")}) {
    EXPECT_EQ(Outcome(WithFields(absl::StrCat("\"unused\":", number))), "alert") << number;
    EXPECT_EQ(Outcome(WithFields(
                  absl::StrCat("\"counter\":7,\"unused\":[\"\\\"", number, "\",", number, "]"))),
              "alert");
    EXPECT_EQ(Outcome(WithFields(absl::StrCat("\"counter\":", number))), "bad_field");
    EXPECT_EQ(Outcome(WithFields(absl::StrCat("\"unused\":0", number))), "bad_json");
  }
}

TEST_F(JsonTest, InvalidUtf8IsFoundInUsedAndUnusedFields) {
  for (const char* bytes : {"\x80", "\xC0\xAF", "\xC3", "\xE2\x82", "\xED\xA0\x80",
                            "\xF5\x80\x80\x80", "\xF4\x90\x80\x80", "\xFF"}) {
    EXPECT_EQ(Outcome(WithFields(absl::StrCat("\"unused\":\"", bytes, "\""))), "bad_utf8");
    EXPECT_EQ(Outcome(WithFields(absl::StrCat("\"recipient\":\"", bytes, "\""))), "bad_utf8");
    EXPECT_EQ(Outcome(WithFields(absl::StrCat("\"", bytes, "\":1"))), "bad_utf8");
  }
  EXPECT_EQ(Outcome(WithFields("\"unused\":\"\xE2\x82\xAC\xF0\x9F\x92\xA1\"")), "alert");
}

TEST_F(JsonTest, Depth) {
  const auto nested = [](int depth, char open, char close) {
    return WithFields(absl::StrCat("\"unused\":", std::string(static_cast<size_t>(depth), open),
                                   std::string(static_cast<size_t>(depth), close)));
  };
  EXPECT_EQ(Outcome(nested(kMaxJsonDepth - 1, '[', ']')), "alert");
  EXPECT_EQ(Outcome(nested(kMaxJsonDepth, '[', ']')), "too_deep");
  EXPECT_EQ(Outcome(nested(400000, '[', ']')), "too_deep");
  EXPECT_TRUE(IsNoJson(Outcome(WithFields("\"unused\":" + std::string(400000, '[')))));
  std::string objects = "{";
  for (int i = 0; i < 10000; ++i) {
    objects += "\"a\":{";
  }
  EXPECT_TRUE(IsNoJson(Outcome(objects)));
  EXPECT_EQ(Outcome(objects + std::string(10001, '}')), "too_deep");
  // The parser is as good as before.
  EXPECT_EQ(Outcome(kAlert), "alert");
}

TEST_F(JsonTest, Length) {
  const std::string frame = WithFields("\"unused\":\"\"");
  const auto of_size = [&](size_t size) {
    return WithFields(absl::StrCat("\"unused\":\"", std::string(size - frame.size(), 'x'), "\""));
  };
  EXPECT_EQ(Outcome(of_size(kMaxJsonBytes)), "alert");
  EXPECT_EQ(Outcome(of_size(kMaxJsonBytes + 1)), "too_long");
  EXPECT_EQ(Outcome(of_size(10'000'000)), "too_long");
  const auto with_payload = [](size_t size) {
    return WithFields(
        absl::StrCat("\"payload\":\"", absl::Base64Escape(std::string(size, 'x')), "\""));
  };
  EXPECT_EQ(Outcome(with_payload(kMaxMessageBytes)), "alert");
  EXPECT_EQ(Outcome(with_payload(kMaxMessageBytes + 1)), "too_long");
}

TEST_F(JsonTest, ManyFields) {
  std::string fields;
  for (int i = 0; i < 20000; ++i) {
    absl::StrAppend(&fields, i == 0 ? "" : ",", "\"f", i, "\":[", i, ",{\"x\":null}]");
  }
  EXPECT_EQ(Outcome(WithFields(fields)), "alert");
}

// ---- Damage

TEST_F(JsonTest, TruncationNeverGivesAnEvent) {
  for (size_t size = 0; size < kAlert.size(); ++size) {
    EXPECT_EQ(Outcome(kAlert.substr(0, size)), "bad_json") << size;
  }
}

TEST_F(JsonTest, ChangedBytesAreJudgedLikeThePlainChecker) {
  const std::vector<std::string> seeds = {
      std::string(kAlert),
      WithFields(
          R"("a":[1,-2.5e+3,{"b":[true,false,null],"c\u00e9\ud83d\udca1":"x\\\"\/"}],"d":{})"),
      WithFields(R"("big":[123456789012345678901234567890,-1e400,0.000001,1E-5],"s":"\b\f\n\r\t")"),
      WithFields("\"utf8\":\"\xE2\x82\xAC\xF0\x9F\x92\xA1\xC3\xA9\",\"n\" : [ [ ] , { } ]"),
  };
  constexpr absl::string_view kLikely = "{}[]:,\"\\0123456789-+.eEtrufalsn \n\x01\x80\xE2\xFF";
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937_64 random(seed);
  for (int i = 0; i < 60000; ++i) {
    std::string text = seeds[random() % seeds.size()];
    for (uint64_t changes = random() % 3 + 1; changes > 0 && !text.empty(); --changes) {
      const size_t at = random() % text.size();
      const char c =
          random() % 4 == 0 ? static_cast<char>(random()) : kLikely[random() % kLikely.size()];
      switch (random() % 4) {
        case 0:
          text.erase(at, random() % 4 + 1);
          break;
        case 1:
          text.insert(at, 1, c);
          break;
        default:
          text[at] = c;
      }
    }
    const std::string outcome = Outcome(text);
    ASSERT_EQ(!IsNoJson(outcome), Checker(text).IsObject()) << outcome << ": " << text;
  }
}

}  // namespace
}  // namespace weir
