// Goal: what the reader of alerts reads, the general decoder makes of the same text alike; and it
// reads what nearly all alerts are.
// Method: random alerts near the edge of what is usual, with fields in any order, left out,
// repeated and unknown, cut, mutated and spaced at random, read in each way and by the general
// parser, behind which stands what would mislead whoever looks beyond the end; and the forms that
// are written in.

#include "connectors/formats/json_alert.h"

#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "connectors/formats/json.h"
#include "connectors/formats/json_writer.h"
#include "tests/support/event_text.h"
#include "tests/support/random.h"

namespace weir {
namespace {

constexpr absl::string_view kNotTaken = "not taken";

// In a block that ends with its padding, so that a sanitizer sees each step outside.
class Padded {
 public:
  Padded(absl::string_view text, absl::string_view behind)
      : size_(text.size()), block_(new char[text.size() + kJsonPadding]) {
    text.copy(block_.get(), size_);
    for (size_t i = 0; i < kJsonPadding; ++i) {
      block_[size_ + i] = behind[i % behind.size()];
    }
  }

  absl::string_view view() const { return {block_.get(), size_}; }

 private:
  size_t size_;
  std::unique_ptr<char[]> block_;
};

class Reading {
 public:
  explicit Reading(JsonAlertReader::Way way) : reader_(way) {}

  std::string operator()(absl::string_view text, std::optional<TimeMs> envelope_time) {
    const Padded padded(text, R"("9-AB-CD-EF-01-23-45-67","code":"8F36","received":"2019-11-)");
    Event event;
    if (!reader_.Read(padded.view(), envelope_time, arena_, event)) {
      return std::string(kNotTaken);
    }
    if (!envelope_time) {
      std::string written;
      AppendForwarded(std::get<Alert>(event), written);
      is_verbatim_ = reader_.is_verbatim();
      // What is written alike in a way that is not usual may be said not to be.
      EXPECT_TRUE(!is_verbatim_ || written == absl::StrCat(text, "\n")) << text;
    }
    return TextOf(event);
  }

  // Of the text that was read last without an envelope.
  bool is_verbatim() const { return is_verbatim_; }

 private:
  JsonAlertReader reader_;  // one for all, so that it remembers
  Arena arena_;
  bool is_verbatim_ = false;
};

// By way of simdjson: a line feed is too much for the reader of plain objects.
std::string Expected(absl::string_view text, std::optional<TimeMs> envelope_time) {
  const std::string spaced = absl::StrCat("\n", text);
  const Padded padded(spaced, " ");
  JsonParser parser;
  JsonObject object;
  if (const std::optional<DeadReason> bad = parser.Read(padded.view(), object)) {
    return TextOf(Event(*bad));
  }
  Arena arena;
  return TextOf(DecodeJsonObject(object, arena, envelope_time));
}

// Holds what is read in each way against the general parser.
class Comparison {
 public:
  // Whether the text was taken.
  bool Check(absl::string_view text, std::optional<TimeMs> envelope_time = std::nullopt) {
    const std::string best = best_(text, envelope_time);
    EXPECT_EQ(best, portable_(text, envelope_time)) << text;
    if (best != kNotTaken) {
      EXPECT_EQ(best, Expected(text, envelope_time)) << text;
    }
    EXPECT_EQ(best_.is_verbatim(), portable_.is_verbatim()) << text;
    return best != kNotTaken;
  }

  // Of the text that was taken last.
  bool is_verbatim() const { return best_.is_verbatim(); }

 private:
  Reading best_{JsonAlertReader::Way::kBest};
  Reading portable_{JsonAlertReader::Way::kPortable};
};

std::string OneOf(Random& random, const std::vector<std::string>& parts) {
  return parts[random.Below(parts.size())];
}

// A value of a field, mostly as it should be.
std::string RandomValue(Random& random, const std::string& name) {
  static const std::vector<std::string> kIds = {R"("02-DB-90-F6-2B-32-BF-A0")",
                                                R"("90-b3-d5-1f-30-02-0a-00")",
                                                R"("90B3D51F30020A00")",
                                                R"("02-DB-90-F6-2B-32-BF-AG")",
                                                R"("02-DB-90-F6-2B-32-BF")",
                                                R"("02-DB-90-F6-2B-32-BF-A00")",
                                                R"("02:DB:90:F6:2B:32:BF:A0")",
                                                "17",
                                                "null"};
  static const std::vector<std::string> kCodes = {
      R"("8028")", R"("8f36")", R"("0x8F36")", R"("AD1")", R"("N58")", R"("n1000")",
      R"("9028")", R"("8F66")", R"("80G8")",   R"("")",    "8028"};
  static const std::vector<std::string> kCounters = {R"("367371")",
                                                     R"("0")",
                                                     R"("007")",
                                                     "17",
                                                     "0",
                                                     "07",
                                                     "-1",
                                                     R"("18446744073709551615")",
                                                     R"("18446744073709551616")",
                                                     R"("999999999999999")",
                                                     "999999999999999",
                                                     "1000000000000000",
                                                     "18446744073709551615",
                                                     "1.5",
                                                     R"("")",
                                                     R"("1 ")"};
  static const std::vector<std::string> kTimes = {R"("2019-12-02T00:00:01.012Z")",
                                                  R"("2019-12-01T23:59:59.999Z")",
                                                  R"("2020-02-29T12:34:56.789Z")",
                                                  R"("2019-02-29T12:34:56.789Z")",
                                                  R"("9999-12-31T23:59:60.000Z")",
                                                  R"("2019-12-02T24:00:00.000Z")",
                                                  R"("2019-12-02T23:59:60.000Z")",
                                                  R"("2019-12-02T23:60:00.000Z")",
                                                  R"("2019-12-02T00:00:01Z")",
                                                  R"("2019-12-02T01:00:01.5+01:00")",
                                                  R"("1969-12-31T23:59:59.000Z")",
                                                  R"("2019-12-02t00:00:01.012z")",
                                                  R"("2019-12-02 00:00:01.012Z")",
                                                  "17",
                                                  "null"};
  static const std::vector<std::string> kPayloads = {R"("3wkD")", R"("3wk=")", R"("3wk")",
                                                     R"("")",     R"("3w!k")", R"("\/\/\/\/")"};
  static const std::vector<std::string> kOthers = {
      R"("alert")", R"("device")", R"("of some length, with a blank")",
      "17",         "true",        "{}",
      R"("a\nb")",  R"("\u00e9")", "\"\xC3\xA9\""};
  const bool is_id = name == "device" || name == "recipient";
  const bool is_time = name == "received" || name == "device_time";
  const std::vector<std::string>& values = is_id               ? kIds
                                           : is_time           ? kTimes
                                           : name == "code"    ? kCodes
                                           : name == "counter" ? kCounters
                                           : name == "payload" ? kPayloads
                                                               : kOthers;
  // The first three are right. Faults are few: with several in one text, nothing would be taken.
  return random.OneIn(12) ? OneOf(random, values) : values[random.Below(3)];
}

std::string RandomAlert(Random& random) {
  static const std::vector<std::string> kUsual = {"device",   "code",        "recipient", "counter",
                                                  "received", "device_time", "payload"};
  static const std::vector<std::string> kUnusual = {
      "type", "device", "code", "x", "partition", "", "throttled_alert_count"};
  std::vector<std::string> names = kUsual;
  if (random.OneIn(3)) {
    for (size_t i = names.size(); i > 1; --i) {
      std::swap(names[i - 1], names[random.Below(i)]);
    }
  }
  while (!names.empty() && random.OneIn(4)) {
    names.erase(names.begin() + static_cast<std::ptrdiff_t>(random.Below(names.size())));
  }
  while (random.OneIn(4)) {
    names.insert(names.begin() + static_cast<std::ptrdiff_t>(random.Below(names.size() + 1)),
                 OneOf(random, kUnusual));
  }
  const std::string after = OneOf(random, {"", "", "", " ", " ", " ", "  ", "\t"});
  const std::string before = OneOf(random, {"", "", "", "", "", "", "", " "});
  std::string text = "{";
  for (const std::string& name : names) {
    absl::StrAppend(&text, text.size() > 1 ? "," : "", text.size() > 1 ? after : "", "\"", name,
                    "\"", before, ":", after, RandomValue(random, name));
  }
  return absl::StrCat(text, before, "}");
}

TEST(JsonAlert, AgreesWithTheGeneralParserOnWhatItReads) {
  Random random = Random::FromEnvironment(11);
  SCOPED_TRACE(random.seed_text());
  Comparison comparison;
  int taken = 0;
  for (int i = 0; i < Rounds(100000) && !testing::Test::HasFailure(); ++i) {
    std::string text = RandomAlert(random);
    if (random.OneIn(4)) {
      text[random.Below(text.size())] = static_cast<char>(random.Below(256));
    }
    if (random.OneIn(8)) {
      text.resize(random.Below(text.size() + 1));
    }
    const auto envelope_time = random.OneIn(4) ? std::make_optional(TimeMs{1}) : std::nullopt;
    taken += comparison.Check(text, envelope_time) ? 1 : 0;
  }
  EXPECT_GT(taken, Rounds(2500));
}

constexpr absl::string_view kWhole =
    R"({"device":"02-DB-90-F6-2B-32-BF-A0","code":"8028","recipient":"90-B3-D5-1F-30-02-0A-00",)"
    R"("counter":"367371","received":"2019-12-02T00:00:01.012Z",)"
    R"("device_time":"2019-12-01T23:59:57.000Z","payload":"3wkD"})";

TEST(JsonAlert, EachByteOfOneChangedOrTheLast) {
  Comparison comparison;
  std::string text(kWhole);
  EXPECT_TRUE(comparison.Check(text));
  EXPECT_TRUE(comparison.is_verbatim());
  for (size_t i = 0; i < text.size() && !testing::Test::HasFailure(); ++i) {
    comparison.Check(absl::string_view(text).substr(0, i));
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = text;
      changed[i] = static_cast<char>(byte);
      comparison.Check(changed);
    }
  }
}

TEST(JsonAlert, ReadsWhatWeirWrites) {
  Comparison comparison;
  for (const bool has_all : {false, true}) {
    Alert alert;
    alert.code = *ParseAlertCode(has_all ? "8F66" : "N58");
    alert.received = TimeMs{1575244800000};
    if (has_all) {
      alert.device = Eui64{0x90B3D51F30020000};
      alert.recipient = Eui64{1};
      alert.counter = UINT64_MAX;
      alert.device_time = kLatestTime;
      alert.payload = "\xDF\x09\x01";
    }
    std::string line;
    AppendForwarded(alert, line);
    EXPECT_TRUE(comparison.Check(absl::string_view(line).substr(0, line.size() - 1))) << line;
    line.clear();
    AppendForwardedCopy(alert, {.sequence_id = 7, .count = 8}, line);
    EXPECT_TRUE(comparison.Check(absl::string_view(line).substr(0, line.size() - 1))) << line;
  }
}

TEST(JsonAlert, KnowsWhatIsWrittenAsWeirDoes) {
  Comparison comparison;
  const auto is_verbatim = [&](absl::string_view text) {
    EXPECT_TRUE(comparison.Check(text)) << text;
    return comparison.is_verbatim();
  };
  EXPECT_TRUE(is_verbatim(R"({"code":"N54","received":"2019-12-02T00:00:01.012Z"})"));
  EXPECT_TRUE(
      is_verbatim(R"({"code":"AD1","counter":"0","device_time":"2019-12-02T00:00:01.012Z"})"));
  for (const char* text : {
           R"({"code":"n54","received":"2019-12-02T00:00:01.012Z"})",
           R"({"code":"Ad1","received":"2019-12-02T00:00:01.012Z"})",
           R"({"code":"N54","received":"2019-12-02t00:00:01.012Z"})",
           R"({"code":"N54","received":"2019-12-02T00:00:01.01Z"})",
           R"({"code":"N54","counter":7,"received":"2019-12-02T00:00:01.012Z"})",
           R"({"code":"N54","counter":"07","received":"2019-12-02T00:00:01.012Z"})",
           R"({"code":"N54", "received":"2019-12-02T00:00:01.012Z"})",
           R"({"received":"2019-12-02T00:00:01.012Z","code":"N54"})",
           R"({"type":"alert","code":"N54","received":"2019-12-02T00:00:01.012Z"})",
           R"({"code":"N54","received":"2019-12-02T00:00:01.012Z","x":1})",
           R"({"code":"N54","received":"2019-12-02T00:00:01.012Z","payload":""})",
           R"({"code":"N54","received":"2019-12-02T00:00:01.012Z","payload":"3wk"})",
           R"({"code":"N54","recipient":"90b3d51f30020a00","received":"2019-12-02T00:00:01.012Z"})",
       }) {
    EXPECT_FALSE(is_verbatim(text)) << text;
  }
  const std::string usual =
      R"({"device":"02-DB-90-F6-2B-32-BF-A0","code":"8F0A","received":"2019-12-02T00:00:01.012Z"})";
  EXPECT_TRUE(is_verbatim(usual));
  for (const char letter : {'D', 'B', 'F', 'A'}) {
    std::string other = usual;
    const size_t at = letter == 'A' ? usual.rfind("A\"") : usual.find(letter);
    other[at] = static_cast<char>(letter | 0x20);
    EXPECT_FALSE(is_verbatim(other)) << other;
  }
}

TEST(JsonAlert, ReadsWhatOthersWrite) {
  Comparison comparison;
  for (const char* text :
       {R"({"code":"8028","device":"02db90f62b32bfa0","received":"2019-12-02T00:00:01Z"})",
        R"({"type": "alert", "code": "8028", "device": "02-DB-90-F6-2B-32-BF-A0", "counter": 17, )"
        R"("device_time": "2019-12-02T00:00:01.012+01:00", "site": "of the head end"})"}) {
    EXPECT_TRUE(comparison.Check(text)) << text;
  }
}

TEST(JsonAlert, LeavesTheRestToOthers) {
  Comparison comparison;
  const std::string many(300, ' ');
  std::string repeated = "{";
  for (int i = 0; i < 300; ++i) {
    absl::StrAppend(&repeated, R"("device":"02-DB-90-F6-2B-32-BF-A0",)");
  }
  for (const std::string& text :
       {std::string(), std::string("{"), std::string("{}"), std::string("[]"),
        absl::StrCat(kWhole, " "), absl::StrCat("{\"x\":\"", many, "\",", kWhole.substr(1)),
        absl::StrCat(repeated, kWhole.substr(1)), absl::StrCat(repeated, "\"x\":1}"),
        std::string(R"({"device":"02-DB-90-F6-2B-32-BF-A0","received":"2019-12-02T00:00:01Z"})")}) {
    EXPECT_FALSE(comparison.Check(text)) << text;
  }
}

}  // namespace
}  // namespace weir
