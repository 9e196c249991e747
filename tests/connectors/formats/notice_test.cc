// Goal: notices are written exactly as the streams promise, can be read again, and are valid
// documents of the DCC's interface.
// Method: expected lines written out; random notices read back as alerts; texts that no document
// may hold; xmllint with the schema, where both are there, over random notices.
#include <iterator>
#include <string>
#include <variant>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "connectors/formats/duis.h"
#include "connectors/formats/esme_variant.h"
#include "connectors/formats/json.h"
#include "connectors/formats/notice_duis.h"
#include "connectors/formats/notice_json.h"
#include "connectors/formats/xml_check.h"
#include "tests/support/event_text.h"
#include "tests/support/random.h"
#include "tests/support/schema_check.h"

namespace weir {
namespace {

constexpr Eui64 kMeter{0x00DB1234567890A0};
constexpr Eui64 kOperator{0x90B3D51F30020000};
constexpr Eui64 kSupplier{0x90B3D51F30010000};
constexpr TimeMs kNow{1575280800000};     // 2019-12-02T10:00:00Z
constexpr TimeMs kBefore{1575277200000};  // an hour before

AlertCode Code(absl::string_view text) {
  return ParseAlertCode(text).value();
}

SwitchNotice FullSwitch() {
  return {.device = kMeter,
          .network_operator = kOperator,
          .counter = uint64_t{3} << 48 | 9,
          .at = kNow,
          .changed_at = kBefore,
          .variant = "ADE",
          .gbcs_version = "3.2",
          .mpan = "1412345678901",
          .srv = "6.14.2",
          .request = RequestId{.party = kSupplier, .device = kMeter, .counter = 1004}};
}

RemovalNotice FullRemoval() {
  return {.device = kMeter,
          .code = Code("N8"),
          .recipient = kSupplier,
          .counter = 1,
          .at = kNow,
          .type = DeviceType::kEsme,
          .added = kBefore,
          .added_by = kSupplier};
}

template <typename Notice>
std::string Line(void (*append)(const Notice&, std::string&), const Notice& notice) {
  std::string out;
  append(notice, out);
  return out;
}

// ---- JSON

TEST(Notice, SwitchInJson) {
  EXPECT_EQ(Line(AppendSwitchNotice, FullSwitch()),
            R"({"device":"00-DB-12-34-56-78-90-A0","code":"N58",)"
            R"("recipient":"90-B3-D5-1F-30-02-00-00","counter":"844424930131977",)"
            R"("received":"2019-12-02T10:00:00.000Z","variant":"ADE","gbcs_version":"3.2",)"
            R"("mpan":"1412345678901","srv":"6.14.2",)"
            R"("request_id":"90-B3-D5-1F-30-01-00-00:00-DB-12-34-56-78-90-A0:1004",)"
            R"("changed_at":"2019-12-02T09:00:00.000Z"})"
            "\n");
  const SwitchNotice bare = {.device = kMeter,
                             .unrouted = UnroutedReason::kDeviceUnknown,
                             .counter = 1,
                             .at = kNow,
                             .changed_at = kBefore,
                             .alert = Code("8131")};
  EXPECT_EQ(Line(AppendSwitchNotice, bare),
            R"({"device":"00-DB-12-34-56-78-90-A0","code":"N58","counter":"1",)"
            R"("received":"2019-12-02T10:00:00.000Z","alert":"8131",)"
            R"("changed_at":"2019-12-02T09:00:00.000Z","reason":"device_unknown"})"
            "\n");
}

TEST(Notice, RemovalInJson) {
  EXPECT_EQ(Line(AppendRemovalNotice, FullRemoval()),
            R"({"device":"00-DB-12-34-56-78-90-A0","code":"N8",)"
            R"("recipient":"90-B3-D5-1F-30-01-00-00","counter":"1",)"
            R"("received":"2019-12-02T10:00:00.000Z","device_type":"ESME",)"
            R"("added":"2019-12-02T09:00:00.000Z","added_by":"90-B3-D5-1F-30-01-00-00"})"
            "\n");
  const RemovalNotice bare = {.device = kMeter, .code = Code("N8"), .counter = 2, .at = kNow};
  EXPECT_EQ(Line(AppendRemovalNotice, bare),
            R"({"device":"00-DB-12-34-56-78-90-A0","code":"N8","counter":"2",)"
            R"("received":"2019-12-02T10:00:00.000Z","device_type":"ESME"})"
            "\n");
}

TEST(Notice, JudgedRequest) {
  const Request request = {
      .id = {.party = kSupplier, .device = Eui64{1}, .counter = 7},
      .srv = "6.7",
      .role = Role::kIs,
      .supplier = kSupplier,
      .execute_at = kNow,
      .instructions = 2,
      .gas_flow_rate = GasFlowRate{.text = "6.16800", .is_decimal = true, .value = 61680}};
  Record record;
  record.event = OtherEvent{.device = kMeter, .received = kBefore, .what = &request};
  std::string out;
  AppendJudgedRequest(record, {.reason = RequestReason::kEligible, .role = Role::kGs}, out);
  EXPECT_EQ(out,
            R"({"type":"request",)"
            R"("request_id":"90-B3-D5-1F-30-01-00-00:00-00-00-00-00-00-00-01:7",)"
            R"("device":"00-DB-12-34-56-78-90-A0","srv":"6.7","role":"GS",)"
            R"("supplier":"90-B3-D5-1F-30-01-00-00","execute_at":"2019-12-02T10:00:00.000Z",)"
            R"("instructions":2,"gas_flow_rate":"6.16800","received":"2019-12-02T09:00:00.000Z",)"
            R"("decision":"accepted","reason":"eligible"})"
            "\n");
  Request bare;
  bare.id = {.party = kSupplier, .device = kMeter, .counter = 7};
  bare.srv = "6.13";
  bare.gas_flow_rate = GasFlowRate{.text = "61680", .is_decimal = false, .value = 61680};
  record.event = OtherEvent{.device = kMeter, .received = {}, .what = &bare};
  out.clear();
  AppendJudgedRequest(record, {.reason = RequestReason::kRoleNotEligible}, out);
  EXPECT_EQ(out, R"({"type":"request",)"
                 R"("request_id":"90-B3-D5-1F-30-01-00-00:00-DB-12-34-56-78-90-A0:7",)"
                 R"("srv":"6.13","gas_flow_rate":61680,)"
                 R"("decision":"rejected","reason":"role_not_eligible"})"
                 "\n");
}

TEST(Notice, RoutedResponse) {
  const Response response = {.id = {.party = kOperator, .device = kMeter, .counter = 7},
                             .srv = "6.13",
                             .code = "I0",
                             .payload = "\xDF\x09\x02"};
  Record record;
  record.event = OtherEvent{.device = kMeter, .received = kNow, .what = &response};
  const std::string fields =
      R"({"type":"response",)"
      R"("request_id":"90-B3-D5-1F-30-02-00-00:00-DB-12-34-56-78-90-A0:7","srv":"6.13",)"
      R"("response_code":"I0","received":"2019-12-02T10:00:00.000Z","payload":"3wkC")";
  std::string out;
  AppendRoutedResponse(record, {.network_operator = kOperator}, out);
  EXPECT_EQ(out, fields + "}\n");
  out.clear();
  AppendRoutedResponse(
      record, {.network_operator = kOperator, .unrouted = UnroutedReason::kNotInNetwork}, out);
  EXPECT_EQ(out, fields + R"(,"recipient":"90-B3-D5-1F-30-02-00-00","reason":"not_in_network"})"
                          "\n");
}

// ---- Random notices

std::string SomeText(Random& random, size_t longest) {
  constexpr absl::string_view kPieces[] = {"A", "3.2",      " ",  "<",  "]]>",  "&amp;",       "\"",
                                           "'", "\xC3\xA9", "\n", "\t", "\x01", "\xEF\xBF\xBF"};
  std::string text;
  for (uint64_t pieces = random.Below(6); pieces > 0; --pieces) {
    absl::StrAppend(&text, kPieces[random.Below(std::size(kPieces))]);
  }
  return text.size() > longest ? std::string() : text;
}

template <typename T>
std::optional<T> Maybe(Random& random, T value) {
  return random.OneIn(3) ? std::nullopt : std::make_optional(value);
}

TimeMs SomeTime(Random& random) {
  return {static_cast<int64_t>(random.Below(static_cast<uint64_t>(kLatestTime.value) + 1))};
}

SwitchNotice RandomSwitch(Random& random) {
  constexpr absl::string_view kVariants[] = {"A", "ADE", "AEG", "Z", "", "a"};
  SwitchNotice notice = {.device = Eui64{random.Next()},
                         .network_operator = Maybe(random, Eui64{random.Next()}),
                         .counter = random.Next(),
                         .at = SomeTime(random),
                         .changed_at = SomeTime(random),
                         .variant = std::string(kVariants[random.Below(std::size(kVariants))]),
                         .gbcs_version = SomeText(random, DeviceRecord::kLongestText),
                         .mpan = SomeText(random, DeviceRecord::kLongestMpxn),
                         .srv = random.OneIn(2) ? "6.14.2" : ""};
  notice.request = Maybe(
      random, RequestId{.party = Eui64{random.Next()}, .device = notice.device, .counter = 1});
  return notice;
}

RemovalNotice RandomRemoval(Random& random) {
  return {.device = Eui64{random.Next()},
          .code = Code(random.OneIn(2) ? "N8" : "N9"),
          .recipient = Maybe(random, Eui64{random.Next()}),
          .counter = random.Next(),
          .at = SomeTime(random),
          .type = static_cast<DeviceType>(random.Below(8)),
          .added = Maybe(random, SomeTime(random)),
          .added_by = Maybe(random, Eui64{random.Next()})};
}

Event InJson(std::string line, Arena& arena) {
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  const size_t size = line.size() - 1;
  line.append(kJsonPadding, ' ');
  JsonParser parser;
  return DecodeJson(absl::string_view(line).substr(0, size), parser, arena, std::nullopt);
}

Event InDuis(absl::string_view line, Arena& arena) {
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  return DecodeDuis(line.substr(0, line.size() - 1), arena, std::nullopt);
}

template <typename SomeNotice>
std::string AlertText(const SomeNotice& notice, AlertCode code, std::optional<Eui64> recipient) {
  return TextOf(Alert{.device = notice.device,
                      .code = code,
                      .recipient = recipient,
                      .counter = notice.counter,
                      .received = notice.at,
                      .device_time = {},
                      .payload = {}});
}

TEST(Notice, ReadsBackAsAnAlert) {
  Random random = Random::FromEnvironment(2);
  SCOPED_TRACE(random.seed_text());
  Arena arena;
  for (int i = 0; i < 2000; ++i) {
    const SwitchNotice change = RandomSwitch(random);
    const std::optional<Eui64> to = change.network_operator;
    EXPECT_EQ(TextOf(InJson(Line(AppendSwitchNotice, change), arena)),
              AlertText(change, Code("N58"), to));
    EXPECT_EQ(TextOf(InDuis(Line(AppendSwitchNoticeDuis, change), arena)),
              AlertText(change, Code("N58"), to.value_or(Eui64())));
    const RemovalNotice removal = RandomRemoval(random);
    EXPECT_EQ(TextOf(InJson(Line(AppendRemovalNotice, removal), arena)),
              AlertText(removal, removal.code, removal.recipient));
    EXPECT_EQ(TextOf(InDuis(Line(AppendRemovalNoticeDuis, removal), arena)),
              AlertText(removal, removal.code, removal.recipient.value_or(Eui64())));
    arena.Clear();
  }
}

// ---- DUIS

TEST(Notice, SwitchInDuis) {
  EXPECT_EQ(Line(AppendSwitchNoticeDuis, FullSwitch()),
            R"(<sr:Response xmlns:sr="http://www.dccinterface.co.uk/ServiceUserGateway" )"
            R"(schemaVersion="5.4"><sr:Header><sr:ResponseID>90-B3-D5-1F-30-00-00-02:)"
            R"(90-B3-D5-1F-30-02-00-00:844424930131977</sr:ResponseID>)"
            R"(<sr:ResponseCode>I0</sr:ResponseCode>)"
            R"(<sr:ResponseDateTime>2019-12-02T10:00:00.000Z</sr:ResponseDateTime></sr:Header>)"
            R"(<sr:Body><sr:DCCAlertMessage><sr:DCCAlertCode>N58</sr:DCCAlertCode><sr:DCCAlert>)"
            R"(<sr:ALCSHCALCSConfigurationChange>)"
            R"(<sr:ESMEDeviceID>00-DB-12-34-56-78-90-A0</sr:ESMEDeviceID>)"
            R"(<sr:ESMEVariant>ADE</sr:ESMEVariant>)"
            R"(<sr:DeviceGBCSVersion>3.2</sr:DeviceGBCSVersion>)"
            R"(</sr:ALCSHCALCSConfigurationChange></sr:DCCAlert></sr:DCCAlertMessage></sr:Body>)"
            "</sr:Response>\n");
}

TEST(Notice, WhatDuisHasNoPlaceFor) {
  SwitchNotice notice = FullSwitch();
  notice.variant = "Z";
  notice.gbcs_version = "";
  notice.network_operator.reset();
  const std::string document = Line(AppendSwitchNoticeDuis, notice);
  EXPECT_EQ(document.find("ESMEVariant"), std::string::npos);
  EXPECT_EQ(document.find("DeviceGBCSVersion"), std::string::npos);
  EXPECT_NE(document.find("-00-02:00-00-00-00-00-00-00-00:844424930131977<"), std::string::npos);
}

TEST(Notice, AnyVersionIsWritten) {
  SwitchNotice notice = FullSwitch();
  const auto written = [&](absl::string_view version) {
    notice.gbcs_version = std::string(version);
    const std::string document = Line(AppendSwitchNoticeDuis, notice);
    EXPECT_FALSE(CheckXml(absl::string_view(document).substr(0, document.size() - 1)));
    const size_t begin = document.find("Version>3") + 9;
    return document.substr(begin, document.find("</sr:DeviceGBCSVersion>") - begin);
  };
  EXPECT_EQ(written("3<&>\"'"), "&lt;&amp;&gt;\"'");
  EXPECT_EQ(written("3\t\n\r"), "&#9;&#10;&#13;");
  EXPECT_EQ(written(absl::string_view("3\0\x1F", 3)), "\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(written("3\xC3\xA9\xF0\x9F\x92\xA1\x7F"), "\xC3\xA9\xF0\x9F\x92\xA1\x7F");
  EXPECT_EQ(written("3\xEF\xBF\xBE\xEF\xBF\xBF"), "\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(written("3\xFF\xC3"), "\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(Notice, Variants) {
  for (const absl::string_view variant : {"A", "ADEF", "AEG", "ADG", "CEF"}) {
    EXPECT_TRUE(IsEsmeVariant(variant)) << variant;
  }
  for (const absl::string_view variant : {"", "D", "a", "ABC", "BDG", "A "}) {
    EXPECT_FALSE(IsEsmeVariant(variant)) << variant;
  }
}

TEST(Notice, DocumentsAreValid) {
  const SchemaCheck check;
  if (!check.can_run()) {
    GTEST_SKIP() << check.schema() << " is not there (set WEIR_SHARED)";
  }
  Random random = Random::FromEnvironment(3);
  SCOPED_TRACE(random.seed_text());
  for (int i = 0; i < 500; ++i) {
    check.Add(absl::StrCat("switch", i), Line(AppendSwitchNoticeDuis, RandomSwitch(random)));
    check.Add(absl::StrCat("removal", i), Line(AppendRemovalNoticeDuis, RandomRemoval(random)));
  }
  EXPECT_EQ(check.Run(), "");
}

}  // namespace
}  // namespace weir
