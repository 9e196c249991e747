// Goal: an alert about a future-dated request says of which request and which instruction it is,
// and one that does not say so stays an alert.
// Method: messages made for this, with what matters changed one by one; every length of the body;
// all formats that carry such a message; the stored alerts against what another decoder found in
// their bodies.
#include "connectors/formats/request_report.h"

#include <fstream>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"

#include "connectors/formats/decoder.h"
#include "connectors/formats/gbcs_encode.h"
#include "connectors/formats/log_message.h"
#include "engine/base/check.h"
#include "tests/support/duis_documents.h"
#include "tests/support/shared_data.h"

namespace weir {
namespace {

std::string Bytes(absl::string_view hex) {
  std::string out(hex.size() / 2, '\0');
  WEIR_CHECK(DecodeHex(hex, out.data()));
  return out;
}

// 6.14.2, counter 1004, the calendar of the load switches.
const std::string kElectricity = Bytes("0913005400000000000003EC232800005E2C801A06");
// Counter 1005, a calendar.
const std::string kGas = Bytes("0E006B00000000000003ED07070900");

std::string Electricity(uint16_t code = 0x8F66) {
  GbcsFields fields = DuisGbcsFields(code);
  fields.message_code = 0x00CC;
  fields.elements = 1;
  fields.body = kElectricity;
  return EncodeGbcs(fields);
}

std::string Gas() {
  GbcsFields fields = DuisGbcsFields(0x8F67);
  fields.message_code = 0x00CD;
  fields.encoding = GbcsEncoding::kGbz;
  fields.elements = 1;
  fields.body = kGas;
  return EncodeGbcs(fields);
}

std::string TextOf(const std::optional<RequestReport>& report) {
  if (!report) {
    return "none";
  }
  std::string text = absl::StrCat(absl::Hex(report->message_code), " ", report->counter, " ");
  AppendHex(report->instruction, text);
  return text;
}

std::string ReportIn(const GbcsFields& fields) {
  const std::string message = EncodeGbcs(fields);
  return TextOf(ReadRequestReport(message));
}

TEST(RequestReport, OfBothUseCases) {
  EXPECT_EQ(TextOf(ReadRequestReport(Electricity())), "54 1004 232800005E2C801A06");
  EXPECT_EQ(TextOf(ReadRequestReport(Gas())), "6b 1005 07070900");
}

TEST(RequestReport, OfNothingElse) {
  GbcsFields fields = DuisGbcsFields(0x8F66);
  fields.message_code = 0x00CC;
  fields.body = kElectricity;
  EXPECT_NE(ReportIn(fields), "none");
  for (const int use_case : {0x00CA, 0x00CB, 0x00CD, 0x0124, 0x1000}) {
    fields.message_code = static_cast<uint16_t>(use_case);
    EXPECT_EQ(ReportIn(fields), "none") << use_case;
  }
  fields.message_code = 0x00CC;
  for (const GbcsEncoding encoding : {GbcsEncoding::kGbz, GbcsEncoding::kAsn1}) {
    fields.encoding = encoding;
    EXPECT_EQ(ReportIn(fields), "none");
  }
  EXPECT_EQ(TextOf(ReadRequestReport("")), "none");
  EXPECT_EQ(TextOf(ReadRequestReport("no message")), "none");
}

TEST(RequestReport, BodiesThatAreNone) {
  GbcsFields fields = DuisGbcsFields(0x8F66);
  fields.message_code = 0x00CC;
  for (size_t size = 0; size < kElectricity.size(); ++size) {
    fields.body = absl::string_view(kElectricity).substr(0, size);
    EXPECT_EQ(ReportIn(fields), "none") << size;
  }
  // Anything behind it does not matter.
  const std::string longer = kElectricity + "x";
  fields.body = longer;
  EXPECT_EQ(ReportIn(fields), "54 1004 232800005E2C801A06");
  for (size_t at = 0; at < 2; ++at) {
    std::string other = kElectricity;
    ++other[at];
    fields.body = other;
    EXPECT_EQ(ReportIn(fields), "none") << at;
  }
  const std::string no_command = Bytes("0913000000000000000003EC232800005E2C801A06");
  fields.body = no_command;
  EXPECT_EQ(ReportIn(fields), "none");
}

// ---- Wherever the message comes from

class ReportedTest : public testing::Test {
 protected:
  // Of the alert that a line is; `no alert` for anything else.
  std::string Reported(absl::string_view line) {
    std::string padded(line);
    padded.append(kJsonPadding, ' ');
    Decoder decoder(std::nullopt);
    const Event event =
        decoder.Decode(absl::string_view(padded).substr(0, line.size()), arena_).event;
    const auto* alert = std::get_if<Alert>(&event);
    if (alert == nullptr) {
      return "no alert";
    }
    return alert->report == nullptr ? "none" : TextOf(*alert->report);
  }

  static std::string InJson(absl::string_view code, absl::string_view message) {
    return absl::StrCat(R"({"device":"00DB1234567890A0","code":")", code,
                        R"(","received":"2019-12-02T10:00:00Z","payload":")", InBase64(message),
                        R"("})");
  }

  Arena arena_;
};

TEST_F(ReportedTest, EveryFormatSays) {
  const std::string report = "54 1004 232800005E2C801A06";
  std::string hex;
  AppendHex(Electricity(), hex);
  EXPECT_EQ(Reported(hex), report);
  EXPECT_EQ(Reported(InBase64(Electricity())), report);
  EXPECT_EQ(Reported(InJson("8F66", Electricity())), report);
  EXPECT_EQ(Reported(InJson("8F67", Gas())), "6b 1005 07070900");
  EXPECT_EQ(Reported(ResponseDocument(ResponseHeader("", kDuisAlertId),
                                      DeviceAlertMessage("8F66", InBase64(Electricity())))),
            report);
  JsonParser parser;
  const std::string binary = Electricity() + std::string(kJsonPadding, ' ');
  const Event event = DecodeLogMessage(
      {"", absl::string_view(binary).substr(0, binary.size() - kJsonPadding), 1}, parser, arena_);
  ASSERT_TRUE(std::holds_alternative<Alert>(event));
  ASSERT_NE(std::get<Alert>(event).report, nullptr);
  EXPECT_EQ(TextOf(*std::get<Alert>(event).report), report);
}

TEST_F(ReportedTest, OtherAlertsSayNothing) {
  EXPECT_EQ(Reported(InJson("8F36", Electricity())), "none");
  EXPECT_EQ(Reported(InJson("N58", Electricity())), "none");
  EXPECT_EQ(Reported(InJson("8F66", "")), "none");
  EXPECT_EQ(Reported(InJson("8F66", "no message")), "none");
  EXPECT_EQ(Reported(InJson("8F66", EncodeGbcs(DuisGbcsFields(0x8F66)))), "none");
}

// ---- Stored alerts

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// Of use case and body as another decoder wrote them.
std::string ExpectedReport(absl::string_view use_case, absl::string_view body) {
  const size_t head = use_case == "00cc" ? 4 : use_case == "00cd" ? 2 : 0;
  if (head == 0) {
    return "none";
  }
  const std::string bytes = Bytes(body.substr(head));
  uint64_t counter = 0;
  for (size_t i = 2; i < 10; ++i) {
    counter = counter << 8 | static_cast<uint8_t>(bytes[i]);
  }
  std::string text =
      absl::StrCat(absl::Hex(static_cast<uint8_t>(bytes[0]) << 8 | static_cast<uint8_t>(bytes[1])),
                   " ", counter, " ");
  AppendHex(absl::string_view(bytes).substr(10), text);
  return text;
}

TEST_F(ReportedTest, StoredAlerts) {
  const std::string folder = SharedData("data/gbcs-alerts/");
  const std::vector<std::string> lines =
      absl::StrSplit(ReadFile(folder + "index.csv"), '\n', absl::SkipWhitespace());
  if (lines.empty()) {
    GTEST_SKIP() << folder << " is not there (set WEIR_SHARED)";
  }
  const std::vector<std::string> names = absl::StrSplit(lines[0], ',');
  const auto column = [&](const std::string& line, absl::string_view name) {
    const std::vector<std::string> values = absl::StrSplit(line, ',');
    for (size_t i = 0; i < names.size(); ++i) {
      if (absl::StripAsciiWhitespace(names[i]) == name) {
        return std::string(absl::StripAsciiWhitespace(values.at(i)));
      }
    }
    return std::string();
  };
  int reports = 0;
  for (size_t i = 1; i < lines.size(); ++i) {
    const std::string hex = ReadFile(folder + column(lines[i], "file"));
    const std::string expected =
        ExpectedReport(column(lines[i], "msgcode"), column(lines[i], "body"));
    EXPECT_EQ(Reported(absl::StripAsciiWhitespace(hex)), expected) << lines[i];
    reports += expected == "none" ? 0 : 1;
  }
  EXPECT_GT(reports, 10);
}

}  // namespace
}  // namespace weir
