// The encoder of synthetic GBCS alerts.
//
// Goal: what it writes, the decoder reads back to the same fields; sizes and bytes are those of a
// real alert; the same fields give the same bytes.
// Method: round trips over every combination of envelope, encoding, header date-time, supplementary
// fields and body sizes on both sides of each length form, with every truncation of each; sizes
// that are known of real alerts; one message worked out by hand.
#include "connectors/formats/gbcs_encode.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "connectors/formats/binary_text.h"

namespace weir {

namespace {

// 2021-12-31T23:59:59Z
constexpr TimeMs kTime{1640995199000};

AlertCode Code(uint32_t gbcs) {
  return AlertCode::FromDevice(gbcs).value_or(AlertCode());
}

GbcsFields Generic(bool mac, GbcsEncoding encoding) {
  GbcsFields fields;
  fields.mac = mac;
  fields.counter = 0x0102030405060708;
  fields.originator = Eui64{0x00DB1234567890A0};
  fields.target = Eui64{0x90B3D51F30020000};
  fields.message_code = mac ? 0x1001 : 0x1000;
  fields.encoding = encoding;
  fields.code = Code(mac ? 0x8002 : 0x8F36);
  fields.device_time = kTime;
  return fields;
}

std::string Filled(size_t size) {
  std::string bytes;
  for (size_t i = 0; i < size; ++i) {
    bytes.push_back(static_cast<char>(i * 7 + 1));
  }
  return bytes;
}

void ExpectSame(const GbcsFields& fields, const GbcsMessage& message) {
  EXPECT_EQ(message.mac, fields.mac);
  EXPECT_EQ(message.cra, kCraAlert);
  EXPECT_EQ(message.counter, fields.counter);
  EXPECT_EQ(message.originator, fields.originator);
  EXPECT_EQ(message.target, fields.target);
  EXPECT_EQ(message.message_code, fields.message_code);
  EXPECT_EQ(message.supplementary_party, fields.supplementary_party);
  EXPECT_EQ(message.supplementary_party_counter, fields.supplementary_party_counter);
  EXPECT_EQ(message.supplementary_originator_counter, fields.supplementary_originator_counter);
  EXPECT_EQ(message.encoding, fields.encoding);
  EXPECT_EQ(message.code, fields.code);
  EXPECT_EQ(message.device_time, fields.device_time);
  EXPECT_EQ(message.body, fields.body);
}

void ExpectRoundTrip(const GbcsFields& fields) {
  const std::string bytes = EncodeGbcs(fields);
  const auto result = DecodeGbcs(bytes);
  const auto* message = std::get_if<GbcsMessage>(&result);
  ASSERT_NE(message, nullptr);
  ExpectSame(fields, *message);
  for (size_t size = 0; size < bytes.size(); ++size) {
    // A string of its own, so that the address sanitizer sees a step past its end.
    const std::string cut(bytes, 0, size);
    ASSERT_TRUE(std::holds_alternative<DeadReason>(DecodeGbcs(cut))) << size;
  }
}

// Sets the first `count` supplementary fields; four stands for a certificate after two.
void SetSupplementary(int count, absl::string_view certificate, GbcsFields& fields) {
  if (count >= 1) {
    fields.supplementary_party = Eui64{0x90B3D51F30010000};
  }
  if (count >= 2) {
    fields.supplementary_party_counter = 200000;
  }
  if (count == 3) {
    fields.supplementary_originator_counter = uint64_t{1} << 63;
  }
  if (count == 4) {
    fields.certificate = certificate;
  }
}

}  // namespace

TEST(GbcsEncode, RoundTripOfEveryCombination) {
  const std::string body = Filled(400);
  const std::string certificate = Filled(300);
  constexpr size_t kSizes[] = {0,   1,   30,  60,  61,  75,  76,  101, 102, 103, 104,
                               126, 127, 128, 203, 229, 230, 231, 254, 255, 256, 400};
  for (const GbcsEncoding encoding :
       {GbcsEncoding::kDlms, GbcsEncoding::kGbz, GbcsEncoding::kAsn1}) {
    for (int combination = 0; combination < 20; ++combination) {
      GbcsFields fields = Generic(combination % 2 == 1, encoding);
      fields.header_time = combination / 2 % 2 == 1 ? std::make_optional(kTime) : std::nullopt;
      SetSupplementary(combination / 4, certificate, fields);
      for (const size_t size : kSizes) {
        SCOPED_TRACE(testing::Message()
                     << GbcsEncodingName(encoding) << ' ' << combination << ' ' << size);
        fields.body = absl::string_view(body).substr(0, size);
        fields.elements = size > 0 ? 1 : 0;
        ExpectRoundTrip(fields);
      }
    }
  }
}

TEST(GbcsEncode, LargestContent) {
  const std::string body = Filled(kMaxGbcsContent);
  for (const bool mac : {false, true}) {
    GbcsFields fields = Generic(mac, GbcsEncoding::kAsn1);
    fields.body = body;
    const std::string bytes = EncodeGbcs(fields);
    const auto result = DecodeGbcs(bytes);
    ASSERT_TRUE(std::holds_alternative<GbcsMessage>(result));
    ExpectSame(fields, std::get<GbcsMessage>(result));
  }
}

TEST(GbcsEncode, ExtremeNumbers) {
  for (const uint64_t number : {uint64_t{0}, uint64_t{1}, uint64_t{1} << 63, ~uint64_t{0}}) {
    GbcsFields fields = Generic(false, GbcsEncoding::kDlms);
    fields.counter = number;
    fields.originator = Eui64{number};
    fields.target = Eui64{~number};
    fields.message_code = static_cast<uint16_t>(number);
    ExpectRoundTrip(fields);
  }
  for (const uint32_t code : {0x8000U, 0x8071U, 0x8FFFU}) {
    GbcsFields fields = Generic(true, GbcsEncoding::kAsn1);
    fields.code = Code(code);
    ExpectRoundTrip(fields);
  }
}

TEST(GbcsEncode, TimesRoundTrip) {
  for (const TimeMs time : {TimeMs{0}, TimeMs{946684799000}, TimeMs{946684800000},
                            TimeMs{951782400000}, kTime, TimeMs{253402300799000}}) {
    for (const GbcsEncoding encoding : {GbcsEncoding::kDlms, GbcsEncoding::kAsn1}) {
      GbcsFields fields = Generic(false, encoding);
      fields.device_time = time;
      ExpectRoundTrip(fields);
    }
  }
}

// DLMS says hundredths of a second, the others whole seconds.
TEST(GbcsEncode, TimeIsCutToTheEncoding) {
  const auto time_of = [](GbcsEncoding encoding, TimeMs time) {
    GbcsFields fields = Generic(true, encoding);
    fields.device_time = time;
    const std::string bytes = EncodeGbcs(fields);
    return std::get<GbcsMessage>(DecodeGbcs(bytes)).device_time;
  };
  const TimeMs odd{kTime.value + 789};
  EXPECT_EQ(time_of(GbcsEncoding::kDlms, odd), TimeMs{kTime.value + 780});
  EXPECT_EQ(time_of(GbcsEncoding::kGbz, odd), kTime);
  EXPECT_EQ(time_of(GbcsEncoding::kAsn1, odd), kTime);
  EXPECT_EQ(time_of(GbcsEncoding::kGbz, TimeMs{946684799999}), std::nullopt);
  EXPECT_EQ(time_of(GbcsEncoding::kGbz, TimeMs{946684800999}), TimeMs{946684800000});
  EXPECT_EQ(time_of(GbcsEncoding::kGbz, TimeMs{5241652094999}), TimeMs{5241652094000});
  EXPECT_EQ(time_of(GbcsEncoding::kGbz, TimeMs{5241652095000}), std::nullopt);
}

TEST(GbcsEncode, NoTimeIsLeftOpen) {
  for (const GbcsEncoding encoding :
       {GbcsEncoding::kDlms, GbcsEncoding::kGbz, GbcsEncoding::kAsn1}) {
    GbcsFields fields = Generic(true, encoding);
    fields.device_time = std::nullopt;
    ExpectRoundTrip(fields);
  }
}

// What real generic alerts take.
TEST(GbcsEncode, SizesOfGenericAlerts) {
  EXPECT_EQ(EncodeGbcs(Generic(true, GbcsEncoding::kGbz)).size(), 69U);
  EXPECT_EQ(EncodeGbcs(Generic(true, GbcsEncoding::kDlms)).size(), 85U);
  EXPECT_EQ(EncodeGbcs(Generic(false, GbcsEncoding::kGbz)).size(), 108U);
  EXPECT_EQ(EncodeGbcs(Generic(false, GbcsEncoding::kDlms)).size(), 124U);
}

TEST(GbcsEncode, HandWorkedMessage) {
  GbcsFields fields = Generic(true, GbcsEncoding::kDlms);
  fields.counter = 2000;
  fields.elements = 1;
  fields.body = "\x16\x05";
  std::string text;
  AppendHex(EncodeGbcs(fields), text);
  EXPECT_EQ(text.substr(0, text.size() - 24),
            "DD000000000000"
            "4F"
            "1100000000"
            "DF0903"
            "00000000000007D0"
            "0800DB1234567890A0"
            "0890B3D51F30020000"
            "00"
            "02"
            "1001"
            "1B"
            "0F200007D0"
            "00"
            "0203"
            "128002"
            "090C07E50C1FFF173B3B008000FF"
            "1605"
            "00");
}

TEST(GbcsEncode, SameFieldsSameBytes) {
  for (const bool mac : {false, true}) {
    const size_t filler = mac ? 12 : 64;
    const GbcsFields fields = Generic(mac, GbcsEncoding::kDlms);
    const std::string bytes = EncodeGbcs(fields);
    EXPECT_EQ(EncodeGbcs(fields), bytes);
    GbcsFields other = fields;
    ++other.counter;
    EXPECT_NE(EncodeGbcs(other).substr(bytes.size() - filler), bytes.substr(bytes.size() - filler));
  }
}

TEST(GbcsEncode, Appends) {
  const GbcsFields fields = Generic(true, GbcsEncoding::kGbz);
  std::string out = "before";
  AppendGbcs(fields, out);
  EXPECT_EQ(out, "before" + EncodeGbcs(fields));
}

TEST(GbcsEncodeDeathTest, FieldsThatNoMessageHas) {
  GbcsFields fields = Generic(true, GbcsEncoding::kDlms);
  fields.supplementary_party_counter = 1;
  EXPECT_DEATH(EncodeGbcs(fields), "invariant");
  fields = Generic(true, GbcsEncoding::kDlms);
  fields.supplementary_party = Eui64{1};
  fields.supplementary_originator_counter = 1;
  EXPECT_DEATH(EncodeGbcs(fields), "invariant");
  fields = Generic(true, GbcsEncoding::kDlms);
  fields.code = AlertCode::FromIndex(4096);
  EXPECT_DEATH(EncodeGbcs(fields), "invariant");
  fields = Generic(true, GbcsEncoding::kDlms);
  const std::string body(kMaxGbcsContent + 1, ' ');
  fields.body = body;
  EXPECT_DEATH(EncodeGbcs(fields), "invariant");
}

}  // namespace weir
