// Goal: what the plain reader reads, the general parser reads alike; and it reads what it is for.
// Method: random objects near the edge of what is plain, cut, mutated and spaced at random, read by
// both; and the lines that alerts usually are.

#include "connectors/formats/json_plain.h"

#include <simdjson.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "connectors/formats/json.h"
#include "connectors/formats/json_escapes.h"
#include "tests/support/random.h"

namespace weir {
namespace {

// Reads with padding that would mislead whoever looks behind the end.
bool ReadPadded(const std::string& text, JsonObject& object, std::string& kept, Arena& arena) {
  kept = absl::StrCat(text, R"(","device":"x","code":"y"}, {"device":"1234567890"} {"a":123456)");
  kept.append(kJsonPadding, '9');
  return ReadPlainObject(absl::string_view(kept).substr(0, text.size()), object, arena);
}

// What simdjson finds under a name: the last value, as text with its kind in front.
std::string Expected(simdjson::dom::object fields, JsonField which) {
  std::string found = "none";
  for (const simdjson::dom::key_value_pair field : fields) {
    if (FieldOf({field.key.data(), field.key.size()}) != which) {
      continue;
    }
    std::string_view text;
    uint64_t number = 0;
    if (field.value.get_string().get(text) == simdjson::SUCCESS) {
      found = absl::StrCat("s", absl::string_view(text.data(), text.size()));
    } else if (field.value.get_uint64().get(number) == simdjson::SUCCESS) {
      found = absl::StrCat("n", number);
    } else {
      found = field.value.is_null() ? "none" : "other";
    }
  }
  return found;
}

std::string Found(const JsonObject& object, JsonField which) {
  const JsonValue* value = object.Find(which);
  if (value == nullptr) {
    return "none";
  }
  return value->kind == JsonValue::Kind::kString ? absl::StrCat("s", value->text())
                                                 : absl::StrCat("n", value->number);
}

// Whether the plain reader took the text; if so, the general parser must agree.
bool Check(const std::string& text) {
  JsonObject object;
  std::string kept;
  Arena arena;
  if (!ReadPadded(text, object, kept, arena)) {
    return false;
  }
  simdjson::dom::parser parser;
  simdjson::dom::object fields;
  const auto error = parser.parse(text.data(), text.size(), true).get_object().get(fields);
  EXPECT_EQ(error, simdjson::SUCCESS) << text;
  if (error == simdjson::SUCCESS) {
    for (size_t i = 0; i < static_cast<size_t>(JsonField::kCount); ++i) {
      const auto which = static_cast<JsonField>(i);
      EXPECT_EQ(Found(object, which), Expected(fields, which)) << text;
    }
  }
  return true;
}

std::string RandomPart(Random& random, const std::vector<std::string>& parts) {
  return parts[random.Below(parts.size())];
}

std::string RandomObject(Random& random) {
  const std::vector<std::string> blanks = {"", "", "", "", " ", "  ", "\t"};
  const std::vector<std::string> names = {
      "device", "code", "received",    "counter",    "x",
      "",       "ts",   "device_time", "request_id", "a name of some length"};
  const std::vector<std::string> values = {"null",
                                           R"("{\"a\":\"\\\\\",\"of some length\":\"\/\"}")",
                                           "\"\"",
                                           "\"8F3F\"",
                                           "\"90-B3-D5-1F-30-02-0A-00\"",
                                           "\"2019-12-02T00:00:00.202Z\"",
                                           "0",
                                           "17",
                                           "9999999999999999999",
                                           "18446744073709551615",
                                           "00",
                                           "-1",
                                           "1.5",
                                           "1e3",
                                           "nul",
                                           R"("\\\")",
                                           "true",
                                           "{}",
                                           "[1]",
                                           "\"a\\nb\"",
                                           "\"\xC3\xA9\"",
                                           "\"\x7F\"",
                                           "\"\x01\"",
                                           "\"{\\\"}\"",
                                           "\"a:b,c{}\""};
  const std::vector<std::string> plain(values.begin(), values.begin() + 9);
  const std::vector<std::string>& used = random.OneIn(2) ? plain : values;
  std::string text = "{";
  for (uint64_t i = random.Below(7); i > 0; --i) {
    absl::StrAppend(&text, RandomPart(random, blanks), "\"", RandomPart(random, names), "\"",
                    RandomPart(random, blanks), ":", RandomPart(random, blanks),
                    RandomPart(random, used), RandomPart(random, blanks), i > 1 ? "," : "");
  }
  return absl::StrCat(text, "}");
}

TEST(JsonPlain, AgreesWithTheGeneralParserOnWhatItReads) {
  Random random = Random::FromEnvironment(9);
  SCOPED_TRACE(random.seed_text());
  int taken = 0;
  for (int i = 0; i < Rounds(200000); ++i) {
    std::string text = RandomObject(random);
    if (random.OneIn(3)) {
      text[random.Below(text.size())] = static_cast<char>(random.Below(256));
    }
    if (random.OneIn(4)) {
      text.resize(random.Below(text.size() + 1));
    }
    taken += Check(text) ? 1 : 0;
  }
  EXPECT_GT(taken, Rounds(5000));
}

TEST(JsonPlain, ReadsWhatAlertsUsuallyAre) {
  for (
      const char* text :
      {R"({"device":"02-DB-5E-12-7A-12-3A-A0","code":"8028","received":"2019-12-02T00:00:00.2Z"})",
       R"({"device": "02-DB-5E-12-7A-12-3A-A0", "code": "8028", "counter": 582645})",
       R"({"a":"","code":"8028","what else there is":"of whatever length, in one long string"})"}) {
    EXPECT_TRUE(Check(text)) << text;
  }
}

TEST(JsonPlain, ReadsWhatKcatPrints) {
  for (const char* text :
       {R"({"topic":"t","partition":0,"offset":1,"tstype":"create","ts":1575244805061,"key":null,)"
        R"("payload":"{\"device\":\"02-DB-F6-6E-CF-A9-C0-A0\",\"code\":\"8028\"}"})",
        R"({"\"":"\\","key":"\\\"\\","payload":"<a b=\"c\">\/<\/a>","tstype":"\/"})"}) {
    EXPECT_TRUE(Check(text)) << text;
  }
}

// Where blocks end, and how long runs of backslashes are.
TEST(JsonPlain, EscapesAnywhere) {
  for (size_t before = 0; before < 140; ++before) {
    for (size_t run = 1; run < 70; ++run) {
      const std::string backslashes(run, '\\');
      const std::string text =
          absl::StrCat(R"({"key":")", std::string(before, 'x'), backslashes, R"(","code":"\"y"})");
      EXPECT_EQ(Check(text), run % 2 == 0) << text;
    }
  }
}

TEST(JsonPlain, RemovesEscapesAlikeInEachWay) {
  Random random = Random::FromEnvironment(17);
  SCOPED_TRACE(random.seed_text());
  for (int i = 0; i < Rounds(20000); ++i) {
    std::string text;
    for (uint64_t left = random.Below(200); left > 0; --left) {
      const bool is_escape = random.OneIn(random.OneIn(2) ? 2 : 20);
      absl::StrAppend(&text, is_escape ? RandomPart(random, {R"(\")", R"(\\)", R"(\/)"}) : "x");
    }
    if (random.OneIn(8)) {
      text = absl::StrCat(text, R"(\n)", text);
    }
    const size_t size = text.size();
    text.append(kUnescapeSlack, '\\');
    std::string best(size + kUnescapeSlack, '\0');
    std::string portable = best;
    const absl::string_view inner = absl::string_view(text).substr(0, size);
    const char* const best_end = RemoveEscapes(inner, best.data());
    const char* const portable_end = RemoveEscapesPortably(inner, portable.data());
    ASSERT_EQ(best_end == nullptr, portable_end == nullptr) << text;
    if (best_end != nullptr) {
      best.resize(static_cast<size_t>(best_end - best.data()));
      portable.resize(static_cast<size_t>(portable_end - portable.data()));
      ASSERT_EQ(best, portable) << text;
    }
  }
}

TEST(JsonPlain, LeavesTheRestToOthers) {
  for (const char* text :
       {"", "{", "{}", "[]", R"({"a":"b")", R"({"a":"b",})", R"({"a" "b"})", R"({"a":})",
        R"({"a":"b"}x)", R"({"a":01})", R"({"a":1x})", R"({"a":"\u0041"})", R"({"a":nulL})"}) {
    EXPECT_FALSE(Check(text)) << text;
  }
}

}  // namespace
}  // namespace weir
