// Goal: what is written as a DUIS document is valid under the schema and is read again as the same
// alert; what cannot be written so is refused and leaves nothing behind.
// Method: alerts with random fields through both directions; each precondition broken by itself;
// xmllint with the schema, where both are there, over documents of every kind.
#include "connectors/formats/duis_encode.h"

#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gtest/gtest.h"

#include "connectors/formats/decoder.h"
#include "connectors/formats/duis.h"
#include "connectors/formats/gbcs_encode.h"
#include "connectors/formats/json_writer.h"
#include "tests/support/random.h"
#include "tests/support/schema_check.h"

namespace weir {
namespace {

constexpr absl::string_view kDccCodes[] = {"AD1", "N39", "N54", "N58", "N62"};

AlertCode Code(absl::string_view text) {
  return ParseAlertCode(text).value_or(AlertCode());
}

Alert Complete(absl::string_view code) {
  return {.device = Eui64{0x00DB1234567890A0},
          .code = Code(code),
          .recipient = Eui64{0x90B3D51F30010000},
          .counter = 7,
          .received = TimeMs{1575280800123},
          .device_time = {},
          .payload = {}};
}

std::string TextOf(const Alert& alert) {
  std::string out;
  AppendForwarded(alert, out);
  return out;
}

std::string Written(const Alert& alert, const std::optional<CopyMark>& mark = std::nullopt) {
  std::string out;
  EXPECT_TRUE(AppendDuis(alert, mark, out)) << TextOf(alert);
  EXPECT_EQ(out.find('\n'), out.size() - 1);
  return out;
}

DuisDocument ReadAgain(absl::string_view line, Arena& arena) {
  return ReadDuis(absl::StripSuffix(line, "\n"), arena, std::nullopt);
}

std::optional<TimeMs> RandomTime(Random& random) {
  return TimeMs{static_cast<int64_t>(random.Below(kLatestTime.value + 1))};
}

KeptAlert RandomAlert(Random& random) {
  KeptAlert alert;
  alert.device = Eui64{random.Next()};
  alert.recipient = Eui64{random.Next()};
  alert.counter = random.OneIn(4) ? random.Below(3) - 1 : random.Next() >> random.Below(64);
  alert.received = RandomTime(random);
  if (random.OneIn(3)) {
    const absl::string_view code = kDccCodes[random.Below(std::size(kDccCodes))];
    alert.code = Code(code);
    const bool has_time = code == "N39" || code == "N62";
    alert.device_time = has_time && random.OneIn(2) ? RandomTime(random) : std::nullopt;
    return alert;
  }
  alert.code = AlertCode::FromIndex(static_cast<uint16_t>(random.Below(4096)));
  if (random.OneIn(2)) {
    // To hundredths of a second, which is what DLMS can say.
    alert.device_time = TimeMs{RandomTime(random)->value / 10 * 10};
  }
  GbcsFields fields;
  fields.mac = random.OneIn(2);
  fields.counter = *alert.counter;
  fields.originator = *alert.device;
  fields.target = *alert.recipient;
  fields.code = alert.code;
  fields.device_time = alert.device_time;
  alert.payload = random.OneIn(2) ? EncodeGbcs(fields) : std::string();
  return alert;
}

TEST(DuisEncodeTest, RoundTrip) {
  Random random = Random::FromEnvironment(62);
  SCOPED_TRACE(random.seed_text());
  Arena arena;
  Decoder decoder(std::nullopt);
  for (int i = 0; i < 5000; ++i) {
    const KeptAlert kept = RandomAlert(random);
    Alert alert = View(kept);
    const CopyMark mark{.sequence_id = random.Next() >> 32, .count = random.Next() >> 32};
    const bool is_copy = random.OneIn(2);
    std::string line = Written(alert, is_copy ? std::make_optional(mark) : std::nullopt);
    ASSERT_EQ(line, Written(alert, is_copy ? std::make_optional(mark) : std::nullopt));
    const DuisDocument document = ReadAgain(line, arena);
    const auto* read = std::get_if<Alert>(&document.event);
    ASSERT_NE(read, nullptr) << line;
    EXPECT_EQ(read->payload.empty(), !alert.code.is_device()) << line;
    if (alert.payload.empty()) {
      alert.payload = read->payload;
    }
    ASSERT_EQ(TextOf(*read), TextOf(alert)) << line;
    EXPECT_EQ(document.details.throttled_alert_sequence_id,
              is_copy ? std::make_optional(mark.sequence_id) : std::nullopt);
    EXPECT_EQ(document.details.throttled_alert_count,
              is_copy ? std::make_optional(mark.count) : std::nullopt);
    // As a line of a capture, whose format is found.
    line.append(kJsonPadding, 'x');
    const Decoded found =
        decoder.Decode(absl::string_view(line).substr(0, line.size() - kJsonPadding - 1), arena);
    ASSERT_TRUE(std::holds_alternative<Alert>(found.event));
    EXPECT_EQ(TextOf(std::get<Alert>(found.event)), TextOf(alert));
    arena.Clear();
  }
}

TEST(DuisEncodeTest, MessageOfADeviceAlertWithoutPayload) {
  Arena arena;
  for (const bool critical : {false, true}) {
    const DuisDocument document = ReadAgain(Written(Complete(critical ? "8F36" : "81A0")), arena);
    const auto decoded = DecodeGbcs(std::get<Alert>(document.event).payload);
    const auto* message = std::get_if<GbcsMessage>(&decoded);
    ASSERT_NE(message, nullptr);
    EXPECT_EQ(message->mac, !critical);
    EXPECT_EQ(message->message_code, critical ? 0x1000 : 0x1001);
    EXPECT_EQ(message->target, Eui64{0x90B3D51F30010000});
    EXPECT_EQ(message->device_time, std::nullopt);
  }
}

TEST(DuisEncodeTest, LargeNumbersOfACopy) {
  Arena arena;
  const CopyMark mark{.sequence_id = UINT64_MAX, .count = uint64_t{1} << 32};
  const DuisDetails details = ReadAgain(Written(Complete("AD1"), mark), arena).details;
  EXPECT_EQ(details.throttled_alert_sequence_id, UINT32_MAX);
  EXPECT_EQ(details.throttled_alert_count, UINT32_MAX);
}

TEST(DuisEncodeTest, WhichCodesAreWritten) {
  size_t written = 0;
  for (uint16_t i = 0; i < AlertCode::kCount; ++i) {
    const AlertCode code = AlertCode::FromIndex(i);
    Alert alert = Complete("AD1");
    alert.code = code;
    std::string out = "before";
    EXPECT_EQ(AppendDuis(alert, std::nullopt, out), IsWrittenAsDuis(code));
    EXPECT_EQ(out == "before", !IsWrittenAsDuis(code));
    written += IsWrittenAsDuis(code) && !code.is_device() ? 1U : 0U;
  }
  EXPECT_EQ(written, std::size(kDccCodes));
}

TEST(DuisEncodeTest, WhatIsRefused) {
  GbcsFields fields;
  fields.counter = 7;
  fields.originator = Eui64{0x00DB1234567890A0};
  fields.target = Eui64{0x90B3D51F30010000};
  fields.code = Code("8F36");
  const std::string payload = EncodeGbcs(fields);
  std::vector<Alert> cases(11, Complete("8F36"));
  cases[0].device.reset();
  cases[1].recipient.reset();
  cases[2].counter.reset();
  cases[3].received.reset();
  cases[4].payload = "no GBCS message";
  for (size_t i = 5; i < cases.size(); ++i) {
    cases[i].payload = payload;
  }
  cases[5].code = Code("8F35");
  cases[6].device = Eui64{1};
  cases[7].recipient = Eui64{1};
  cases[8].counter = 8;
  cases[9].code = Code("AD1");
  cases[10].payload.remove_suffix(1);
  for (size_t i = 0; i < cases.size(); ++i) {
    std::string out = "before";
    EXPECT_FALSE(AppendDuis(cases[i], std::nullopt, out)) << i;
    EXPECT_EQ(out, "before");
  }
  Alert good = Complete("8F36");
  good.payload = payload;
  Written(good);
}

// ---- The schema

TEST(DuisEncodeTest, DocumentsAreValid) {
  const SchemaCheck check;
  if (!check.can_run()) {
    GTEST_SKIP() << check.schema() << " is not there (set WEIR_SHARED)";
  }
  Random random = Random::FromEnvironment(25);
  SCOPED_TRACE(random.seed_text());
  for (int i = 0; i < 200; ++i) {
    const KeptAlert kept = RandomAlert(random);
    Alert alert = View(kept);
    if (!alert.code.is_device() || i % 20 == 0) {
      alert.code = i % 20 == 0 ? Code(kDccCodes[i / 20 % 5]) : alert.code;
      alert.payload = {};
    }
    const CopyMark mark{.sequence_id = random.Next(), .count = random.Next()};
    check.Add(absl::StrCat(i),
              Written(alert, i % 2 == 0 ? std::make_optional(mark) : std::nullopt));
  }
  EXPECT_EQ(check.Run(), "");
}

}  // namespace
}  // namespace weir
