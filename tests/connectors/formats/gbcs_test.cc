// GBCS device alerts as bytes: what is decoded, what is refused and why.
//
// Goal: every field of an alert is read from where it stands, in both envelopes and the three
// encodings; whatever is not exactly one alert gives a reason; and no bytes whatever make the
// decoder read outside or stop.
// Method: hand-worked messages, with single bytes changed for each rule; every truncation, every
// change of one byte and random bytes, decoded out of blocks of exact size so that the address
// sanitizer sees any step outside; and 44 stored alerts of real and test devices against the fields
// that another decoder found in them.
#include "connectors/formats/gbcs.h"

#include <fstream>
#include <map>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include <gtest/gtest.h>

#include "connectors/formats/binary_text.h"
#include "connectors/formats/gbcs_encode.h"
#include "tests/support/shared_data.h"

namespace weir {

namespace {

using Result = std::variant<GbcsMessage, DeadReason>;

// 2024-02-29T13:14:15Z
constexpr TimeMs kLeapDay{1709212455000};

std::string Bytes(absl::string_view hex) {
  std::string packed;
  for (const char c : hex) {
    if (c != ' ') {
      packed.push_back(c);
    }
  }
  std::string out(packed.size() / 2, '\0');
  EXPECT_TRUE(DecodeHex(packed, out.data())) << hex;
  return out;
}

std::string Hex(absl::string_view bytes) {
  std::string out;
  AppendHex(bytes, out);
  return absl::AsciiStrToLower(out);
}

std::string HeaderIds() {
  return "DF 09 03 0000000000000102 08 1122334455667788 08 90B3D51F30010000 ";
}

std::string Signature() {
  return "40 A0A1A2A3A4A5A6A7A8A9AAABACADAEAF B0B1B2B3B4B5B6B7B8B9BABBBCBDBEBF"
         "C0C1C2C3C4C5C6C7C8C9CACBCCCDCECF D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF";
}

std::string MacEnd() {
  return "00 E0E1E2E3E4E5E6E7E8E9EAEB";
}

std::string DlmsGeneric() {
  return "0F 20000102 00 02 02 12 8F30 09 0C 07E8021DFF0D0E0F008000FF";
}

// A signed DLMS alert; code at 43, time at 47 to 58.
std::string SignedDlms() {
  return Bytes(HeaderIds() + "00 02 1000 19" + DlmsGeneric() + Signature());
}

// A MACed GBZ alert with a body of two bytes; payload from 47 on.
std::string MacedGbz() {
  return Bytes("DD000000000000 3F 1100000000" + HeaderIds() +
               "00 02 00F2 0B 0109 01 81A0 2D733FA7 0005" + MacEnd());
}

// A signed ASN.1 alert with a header date-time and lengths in the long forms.
std::string SignedAsn1() {
  return Bytes(HeaderIds() + "0C 07E8021DFF0D0E0F008000FF 02 00CA 81 1E" +
               "30 82001A 02 03 008F66 18 81 0F 32303234303232393133313431355A 0101FF" +
               Signature());
}

const std::vector<std::string>& HandWorked() {
  static const auto* const vectors =
      new std::vector<std::string>{SignedDlms(), MacedGbz(), SignedAsn1()};
  return *vectors;
}

// Decodes out of a block of exactly the message's size. The views in the result are dead.
Result DecodeExact(absl::string_view bytes) {
  const std::unique_ptr<char[]> exact(new char[bytes.size()]);
  std::copy(bytes.begin(), bytes.end(), exact.get());
  const absl::string_view view(exact.get(), bytes.size());
  Result result = DecodeGbcs(view);
  if (auto* message = std::get_if<GbcsMessage>(&result)) {
    // Touches every byte that the views promise.
    EXPECT_LE(std::count(message->payload.begin(), message->payload.end(), '\0'), 65535);
    EXPECT_LE(std::count(message->body.begin(), message->body.end(), '\0'), 65535);
    message->payload = {};
    message->body = {};
  }
  return result;
}

GbcsMessage Decoded(absl::string_view bytes) {
  const Result result = DecodeGbcs(bytes);
  const auto* message = std::get_if<GbcsMessage>(&result);
  EXPECT_NE(message, nullptr) << Hex(bytes);
  return message != nullptr ? *message : GbcsMessage{};
}

std::string Reason(absl::string_view bytes) {
  const Result result = DecodeExact(bytes);
  const auto* reason = std::get_if<DeadReason>(&result);
  return reason != nullptr ? std::string(DeadReasonName(*reason)) : "decoded";
}

std::string With(std::string bytes, size_t at, absl::string_view hex) {
  const std::string change = Bytes(hex);
  return bytes.replace(at, change.size(), change);
}

std::optional<TimeMs> DlmsTimeOf(absl::string_view hex) {
  constexpr size_t kTimeAt = 47;
  return Decoded(With(SignedDlms(), kTimeAt, hex)).device_time;
}

}  // namespace

TEST(Gbcs, ReadsSignedDlms) {
  const std::string bytes = SignedDlms();
  const GbcsMessage message = Decoded(bytes);
  EXPECT_EQ(bytes.size(), 124U);
  EXPECT_FALSE(message.mac);
  EXPECT_EQ(message.cra, kCraAlert);
  EXPECT_EQ(message.counter, 0x102U);
  EXPECT_EQ(message.originator.value, 0x1122334455667788U);
  EXPECT_EQ(message.target.value, 0x90B3D51F30010000U);
  EXPECT_EQ(message.message_code, 0x1000);
  EXPECT_EQ(message.supplementary_party, std::nullopt);
  EXPECT_EQ(message.encoding, GbcsEncoding::kDlms);
  EXPECT_EQ(FormatAlertCode(message.code), "8F30");
  EXPECT_EQ(message.device_time, kLeapDay);
  EXPECT_EQ(message.payload, Bytes(DlmsGeneric()));
  EXPECT_EQ(message.body, "");
}

TEST(Gbcs, ReadsMacedGbz) {
  const std::string bytes = MacedGbz();
  const GbcsMessage message = Decoded(bytes);
  EXPECT_TRUE(message.mac);
  EXPECT_EQ(message.message_code, 0x00F2);
  EXPECT_EQ(message.encoding, GbcsEncoding::kGbz);
  EXPECT_EQ(FormatAlertCode(message.code), "81A0");
  EXPECT_EQ(message.device_time, kLeapDay);
  EXPECT_EQ(Hex(message.body), "0005");
}

TEST(Gbcs, ReadsSignedAsn1WithHeaderTimeAndLongLengths) {
  const std::string bytes = SignedAsn1();
  const GbcsMessage message = Decoded(bytes);
  EXPECT_EQ(message.message_code, 0x00CA);
  EXPECT_EQ(message.encoding, GbcsEncoding::kAsn1);
  EXPECT_EQ(FormatAlertCode(message.code), "8F66");
  EXPECT_EQ(message.device_time, kLeapDay);
  EXPECT_EQ(Hex(message.body), "0101ff");
}

TEST(Gbcs, ViewsLieInTheMessage) {
  const std::string bytes = MacedGbz();
  const GbcsMessage message = Decoded(bytes);
  EXPECT_EQ(message.payload.data(), bytes.data() + 47);
  EXPECT_EQ(message.body.data(), bytes.data() + 56);
}

TEST(Gbcs, UnknownMessageCodePasses) {
  const GbcsMessage message = Decoded(With(SignedDlms(), 31, "7ABC"));
  EXPECT_EQ(message.message_code, 0x7ABC);
  EXPECT_EQ(MessageCodeName(message.message_code), "");
}

TEST(Gbcs, StructureMayHaveMoreElements) {
  EXPECT_EQ(Reason(With(SignedDlms(), 41, "03")), "decoded");
  EXPECT_EQ(Reason(With(SignedDlms(), 41, "01")), "bad_gbcs");
  EXPECT_EQ(Reason(With(SignedDlms(), 41, "00")), "bad_gbcs");
}

TEST(Gbcs, SupplementaryFieldsBySize) {
  const std::string words = "90B3D51F30020000 0000000000030D40 00000000000000FF";
  const auto with = [&words](const std::string& length, size_t size, const std::string& more) {
    const std::string other = words.substr(0, size * 17);
    return Bytes(HeaderIds() + "00" + length + "0120" + other + more + "19" + DlmsGeneric() +
                 Signature());
  };
  GbcsMessage message = Decoded(with("0A", 1, ""));
  EXPECT_EQ(message.supplementary_party, Eui64{0x90B3D51F30020000});
  EXPECT_EQ(message.supplementary_party_counter, std::nullopt);
  message = Decoded(with("12", 2, ""));
  EXPECT_EQ(message.supplementary_party_counter, 200000U);
  EXPECT_EQ(message.supplementary_originator_counter, std::nullopt);
  message = Decoded(with("1A", 3, ""));
  EXPECT_EQ(message.supplementary_originator_counter, 255U);
  // Anything larger ends in a certificate instead.
  message = Decoded(with("1B", 2, "308201020304050607"));
  EXPECT_EQ(message.supplementary_party, Eui64{0x90B3D51F30020000});
  EXPECT_EQ(message.supplementary_party_counter, 200000U);
  EXPECT_EQ(message.supplementary_originator_counter, std::nullopt);
  EXPECT_EQ(FormatAlertCode(message.code), "8F30");
  for (const auto& [length, more] : std::map<std::string, std::string>{
           {"03", "00"}, {"09", "00000000000000"}, {"0B", "000000000000000000"}}) {
    EXPECT_EQ(Reason(with(length, 0, more)), "bad_gbcs") << length;
  }
  EXPECT_EQ(Reason(Bytes(HeaderIds() + "00 01 10 19" + DlmsGeneric() + Signature())), "bad_gbcs");
  EXPECT_EQ(Reason(Bytes(HeaderIds() + "00 00 19" + DlmsGeneric() + Signature())), "bad_gbcs");
}

TEST(Gbcs, DlmsTimeThatTheDeviceLeftOpen) {
  EXPECT_EQ(DlmsTimeOf("07E8021D040D0E0F008000FF"), kLeapDay) << "a weekday";
  EXPECT_EQ(DlmsTimeOf("07E8021DFF0D0E0FFF8000FF"), kLeapDay) << "open hundredths";
  EXPECT_EQ(DlmsTimeOf("07E8021DFF0D0E0F638000FF"), TimeMs{kLeapDay.value + 990});
  for (const absl::string_view open :
       {"FFFF021DFF0D0E0F008000FF", "07E8FF1DFF0D0E0F008000FF", "07E802FFFF0D0E0F008000FF",
        "07E8021DFFFF0E0F008000FF", "07E8021DFF0DFF0F008000FF", "07E8021DFF0D0EFF008000FF",
        "07E8FD1DFF0D0E0F008000FF", "07E802FEFF0D0E0F008000FF", "FFFFFFFFFFFFFFFFFFFFFFFF"}) {
    EXPECT_EQ(DlmsTimeOf(open), std::nullopt) << open;
  }
}

TEST(Gbcs, DlmsTimeThatIsNone) {
  for (const absl::string_view none :
       {"07E8021EFF0D0E0F008000FF", "07E80D01FF0D0E0F008000FF", "07E8021DFF180E0F008000FF",
        "07E8021DFF0D3C0F008000FF", "07E8021DFF0D0E3D008000FF", "07E8021DFF0D0E0F648000FF",
        "07B10101FF000000008000FF"}) {
    EXPECT_EQ(DlmsTimeOf(none), std::nullopt) << none;
  }
}

// UTC is local time plus the deviation, which is signed.
TEST(Gbcs, DlmsDeviation) {
  EXPECT_EQ(DlmsTimeOf("07E8021DFF0D0E0F00000000"), kLeapDay);
  EXPECT_EQ(DlmsTimeOf("07E8021DFF0E0E0F00FFC480"), kLeapDay) << "an hour east, -60";
  EXPECT_EQ(DlmsTimeOf("07E8021DFF0C0E0F00003C00"), kLeapDay) << "an hour west, +60";
  EXPECT_EQ(DlmsTimeOf("07E80301FF030E0F00FCB800"), kLeapDay) << "fourteen hours east";
  EXPECT_EQ(DlmsTimeOf("07E8021DFF0D0E0F00034900"), std::nullopt) << "841 minutes";
  EXPECT_EQ(DlmsTimeOf("07E8021DFF0D0E0F00800100"), std::nullopt) << "-32767 minutes";
  EXPECT_EQ(DlmsTimeOf("07B20101FF00000000FFC400"), std::nullopt) << "before 1970";
}

TEST(Gbcs, GbzTime) {
  constexpr size_t kTimeAt = 52;
  EXPECT_EQ(Decoded(With(MacedGbz(), kTimeAt, "00000000")).device_time, TimeMs{946684800000});
  EXPECT_EQ(Decoded(With(MacedGbz(), kTimeAt, "FFFFFFFE")).device_time,
            TimeMs{(946684800 + int64_t{0xFFFFFFFE}) * 1000});
  EXPECT_EQ(Decoded(With(MacedGbz(), kTimeAt, "FFFFFFFF")).device_time, std::nullopt);
}

TEST(Gbcs, GeneralizedTimeThatIsNone) {
  constexpr size_t kTimeAt = 59;
  ASSERT_EQ(Decoded(With(SignedAsn1(), kTimeAt, "32")).device_time, kLeapDay);
  EXPECT_EQ(Decoded(With(SignedAsn1(), kTimeAt, "2D")).device_time, std::nullopt) << "sign";
  EXPECT_EQ(Decoded(With(SignedAsn1(), kTimeAt + 4, "3133")).device_time, std::nullopt) << "month";
  EXPECT_EQ(Decoded(With(SignedAsn1(), kTimeAt + 14, "30")).device_time, std::nullopt) << "no Z";
  // A fraction makes the element longer: the alert stays, its time does not.
  const std::string fraction = Bytes(HeaderIds() + "00 02 00CA 1A" + "30 18 02 03 008F66 18 11" +
                                     "32303234303232393133313431352E355A" + Signature());
  EXPECT_EQ(Decoded(fraction).device_time, std::nullopt);
  EXPECT_EQ(Decoded(fraction).body, "");
}

TEST(Gbcs, CodeOfNoDeviceAlert) {
  for (const absl::string_view code : {"0000", "7FFF", "9000", "FFFF"}) {
    EXPECT_EQ(Reason(With(SignedDlms(), 43, code)), "bad_code") << code;
    EXPECT_EQ(Reason(With(MacedGbz(), 50, code)), "bad_code") << code;
    EXPECT_EQ(Reason(With(SignedAsn1(), 54, code)), "bad_code") << code;
  }
  for (const absl::string_view code : {"8000", "8FFF"}) {
    EXPECT_EQ(Hex(Bytes(code)),
              absl::AsciiStrToLower(FormatAlertCode(Decoded(With(SignedDlms(), 43, code)).code)));
  }
}

TEST(Gbcs, IntegerThatIsNoCode) {
  const auto with = [](const std::string& sequence) {
    return Reason(Bytes(HeaderIds() + "00 02 00CA" + sequence + Signature()));
  };
  const std::string time = "18 0F 32303234303232393133313431355A";
  EXPECT_EQ(with("18 30 16 02 03 008F66" + time), "decoded");
  EXPECT_EQ(with("17 30 15 02 02 8F66" + time), "bad_code") << "negative";
  EXPECT_EQ(with("18 30 16 02 03 FF8F66" + time), "bad_code");
  EXPECT_EQ(with("19 30 17 02 04 00008F66" + time), "bad_code") << "not the shortest";
  EXPECT_EQ(with("15 30 13 02 00" + time), "bad_gbcs");
  EXPECT_EQ(with("18 30 16 04 03 008F66" + time), "bad_gbcs") << "no INTEGER";
  EXPECT_EQ(with("18 30 15 02 03 008F66" + time), "bad_gbcs") << "SEQUENCE too short";
  EXPECT_EQ(with("18 30 17 02 03 008F66" + time), "bad_gbcs") << "SEQUENCE too long";
  EXPECT_EQ(with("07 30 05 02 03 008F66"), "bad_gbcs") << "no time";
}

TEST(Gbcs, CommandsAndResponsesAreNoAlerts) {
  EXPECT_EQ(Reason(With(SignedDlms(), 2, "01")), "not_an_alert");
  EXPECT_EQ(Reason(With(SignedDlms(), 2, "02")), "not_an_alert");
  EXPECT_EQ(Reason(With(MacedGbz(), 15, "02")), "not_an_alert");
  EXPECT_EQ(Reason(With(SignedDlms(), 2, "00")), "bad_gbcs");
  EXPECT_EQ(Reason(With(SignedDlms(), 2, "04")), "bad_gbcs");
}

TEST(Gbcs, BlockTransfer) {
  EXPECT_EQ(Reason(With(MacedGbz(), 1, "09")), "block_transfer");
  EXPECT_EQ(Reason(Bytes("DD09")), "block_transfer");
}

TEST(Gbcs, FixedBytesMustBeThere) {
  for (const unsigned at : {0U, 1U, 11U, 20U, 29U, 30U, 33U, 34U, 39U, 40U, 42U, 45U, 46U, 59U}) {
    EXPECT_EQ(Reason(With(SignedDlms(), at, "77")), "bad_gbcs") << at;
  }
  for (const unsigned at :
       {0U, 1U, 2U, 6U, 7U, 8U, 9U, 12U, 13U, 14U, 24U, 33U, 42U, 46U, 47U, 48U, 58U}) {
    EXPECT_EQ(Reason(With(MacedGbz(), at, "77")), "bad_gbcs") << at;
  }
  EXPECT_EQ(Reason(""), "bad_gbcs");
  EXPECT_EQ(Reason("{\"type\":\"alert\"}"), "bad_gbcs");
}

TEST(Gbcs, LengthsInOtherForms) {
  const std::string content = DlmsGeneric() + Signature();
  EXPECT_EQ(Reason(Bytes(HeaderIds() + "00 02 1000 8119" + content)), "decoded");
  EXPECT_EQ(Reason(Bytes(HeaderIds() + "00 820002 1000 820019" + content)), "decoded");
  EXPECT_EQ(Reason(Bytes(HeaderIds() + "00 02 1000 83000019" + content)), "bad_gbcs");
  EXPECT_EQ(Reason(Bytes(HeaderIds() + "00 02 1000 80" + content)), "bad_gbcs");
  EXPECT_EQ(Reason(Bytes(HeaderIds() + "00 02 1000 18" + content)), "bad_gbcs");
  EXPECT_EQ(Reason(Bytes(HeaderIds() + "00 02 1000 1A" + content)), "bad_gbcs");
  EXPECT_EQ(Reason(Bytes(HeaderIds() + "00 02 1000 82FFFF" + content)), "bad_gbcs");
}

TEST(Gbcs, EmptyPayload) {
  EXPECT_EQ(Reason(Bytes(HeaderIds() + "00 02 1000 00" + Signature())), "bad_gbcs");
}

TEST(Gbcs, MessageCutShortOrTooLong) {
  for (const std::string& bytes : HandWorked()) {
    for (size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_EQ(Reason(bytes.substr(0, size)), "bad_gbcs") << size;
    }
    EXPECT_EQ(Reason(bytes), "decoded");
    EXPECT_EQ(Reason(bytes + '\0'), "bad_gbcs");
    EXPECT_EQ(Reason(bytes + bytes), "bad_gbcs");
  }
}

// Any value of any byte: an alert or a reason, the same one twice.
TEST(Gbcs, EveryValueOfEveryByte) {
  for (const std::string& bytes : HandWorked()) {
    std::string changed = bytes;
    for (size_t at = 0; at < bytes.size(); ++at) {
      for (int value = 0; value < 256; ++value) {
        changed[at] = static_cast<char>(value);
        ASSERT_EQ(Reason(changed), Reason(changed));
      }
      changed[at] = bytes[at];
    }
  }
}

TEST(Gbcs, RandomBytes) {
  std::mt19937 random(8071);
  for (int round = 0; round < 20000; ++round) {
    std::string bytes(random() % 200, '\0');
    for (char& c : bytes) {
      c = static_cast<char>(random());
    }
    EXPECT_NE(Reason(bytes), "decoded");
    // A beginning that leads further in.
    const std::string& start = HandWorked()[random() % HandWorked().size()];
    std::string mixed = start.substr(0, random() % start.size()) + bytes;
    EXPECT_EQ(Reason(mixed), Reason(mixed));
  }
}

TEST(Gbcs, EventOfAnAlert) {
  const std::string bytes = MacedGbz();
  const Event event = GbcsToEvent(bytes, TimeMs{1709212460000});
  const auto* alert = std::get_if<Alert>(&event);
  ASSERT_NE(alert, nullptr);
  EXPECT_EQ(alert->device, Eui64{0x1122334455667788});
  EXPECT_EQ(alert->recipient, Eui64{0x90B3D51F30010000});
  EXPECT_EQ(FormatAlertCode(alert->code), "81A0");
  EXPECT_EQ(alert->counter, 0x102U);
  EXPECT_EQ(alert->received, TimeMs{1709212460000});
  EXPECT_EQ(alert->device_time, kLeapDay);
  EXPECT_EQ(alert->payload.data(), bytes.data());
  EXPECT_EQ(alert->payload.size(), bytes.size());
}

TEST(Gbcs, EventNeedsOneTime) {
  const std::string open = With(MacedGbz(), 52, "FFFFFFFF");
  EXPECT_TRUE(std::holds_alternative<Alert>(GbcsToEvent(open, TimeMs{1})));
  EXPECT_TRUE(std::holds_alternative<Alert>(GbcsToEvent(MacedGbz(), std::nullopt)));
  EXPECT_EQ(std::get<DeadReason>(GbcsToEvent(open, std::nullopt)), DeadReason::kNoTime);
  EXPECT_EQ(std::get<DeadReason>(GbcsToEvent("", TimeMs{1})), DeadReason::kBadGbcs);
  EXPECT_EQ(std::get<DeadReason>(GbcsToEvent(With(open, 15, "01"), TimeMs{1})),
            DeadReason::kNotAnAlert);
}

TEST(Gbcs, Names) {
  EXPECT_EQ(GbcsEncodingName(GbcsEncoding::kDlms), "DLMS");
  EXPECT_EQ(GbcsEncodingName(GbcsEncoding::kGbz), "GBZ");
  EXPECT_EQ(GbcsEncodingName(GbcsEncoding::kAsn1), "ASN1");
  EXPECT_EQ(MessageCodeName(0x0067), "supply outage restored");
  EXPECT_EQ(MessageCodeName(0x0018), "hub device log changed");
  EXPECT_EQ(MessageCodeName(0x1001), "generic non-critical alert");
  EXPECT_EQ(MessageCodeName(0), "");
  EXPECT_EQ(MessageCodeName(0xFFFF), "");
  for (const int code : {0x18,  0x61,  0x67,  0x8B,  0xB2,  0xCA,  0xCB,  0xCC,   0xCD,  0xCE,
                         0xCF,  0xD5,  0xF0,  0xF2,  0x110, 0x111, 0x112, 0x113,  0x114, 0x115,
                         0x120, 0x121, 0x122, 0x123, 0x124, 0x128, 0x12B, 0x1000, 0x1001}) {
    EXPECT_NE(MessageCodeName(static_cast<uint16_t>(code)), "") << code;
  }
}

namespace {

using Row = std::map<std::string, std::string>;

std::string StoredAlerts() {
  return SharedData("data/gbcs-alerts/");
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<Row> ReadIndex() {
  std::vector<Row> rows;
  std::vector<std::string> names;
  const std::string text = ReadFile(StoredAlerts() + "index.csv");
  for (const absl::string_view line : absl::StrSplit(text, '\n', absl::SkipWhitespace())) {
    const std::vector<std::string> cells =
        absl::StrSplit(absl::StripTrailingAsciiWhitespace(line), ',');
    if (names.empty()) {
      names = cells;
      continue;
    }
    Row row;
    for (size_t i = 0; i < names.size(); ++i) {
      row[names[i]] = i < cells.size() ? cells[i] : "";
    }
    rows.push_back(row);
  }
  return rows;
}

std::string StoredMessage(const Row& row) {
  const std::string text = ReadFile(StoredAlerts() + row.at("file"));
  return Bytes(absl::StripAsciiWhitespace(text));
}

std::string Number(std::optional<uint64_t> value) {
  return value ? std::to_string(*value) : "";
}

std::string Id(std::optional<Eui64> id) {
  if (!id) {
    return "";
  }
  std::string text = absl::AsciiStrToLower(FormatEui64(*id));
  text.erase(std::remove(text.begin(), text.end(), '-'), text.end());
  return text;
}

// The index writes a time as the encoding does: ISO 8601, or GeneralizedTime.
std::string Time(const GbcsMessage& message) {
  if (!message.device_time) {
    return "";
  }
  const std::string time = FormatTime(*message.device_time);
  EXPECT_EQ(time.substr(19), ".000Z");
  std::string text = time.substr(0, 19) + "Z";
  if (message.encoding == GbcsEncoding::kAsn1) {
    const auto mark = [](char c) { return c == '-' || c == ':' || c == 'T'; };
    text.erase(std::remove_if(text.begin(), text.end(), mark), text.end());
  }
  return text;
}

std::string MessageCode(uint16_t code) {
  return Hex(std::string{static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)});
}

// What was decoded, in the words of the index.
Row Describe(const std::string& file, absl::string_view bytes, const GbcsMessage& message) {
  return {
      {"file", file},
      {"bytes", std::to_string(bytes.size())},
      {"mac", message.mac ? "1" : "0"},
      {"counter", std::to_string(message.counter)},
      {"originator", Id(message.originator)},
      {"target", Id(message.target)},
      {"msgcode", MessageCode(message.message_code)},
      {"enc", std::string(GbcsEncodingName(message.encoding))},
      {"alert", absl::AsciiStrToLower(FormatAlertCode(message.code))},
      {"timestamp", Time(message)},
      {"supp_party", Id(message.supplementary_party)},
      {"supp_party_counter", Number(message.supplementary_party_counter)},
      {"supp_orig_counter", Number(message.supplementary_originator_counter)},
      {"body_offset", std::to_string(message.body.data() - message.payload.data())},
      {"body", Hex(message.body)},
  };
}

}  // namespace

TEST(GbcsStored, EveryFieldOfEveryAlert) {
  const std::vector<Row> rows = ReadIndex();
  if (rows.empty()) {
    GTEST_SKIP() << "no stored alerts at " << StoredAlerts() << " (set WEIR_SHARED)";
  }
  EXPECT_EQ(rows.size(), 44U);
  for (const Row& row : rows) {
    SCOPED_TRACE(row.at("file"));
    const std::string bytes = StoredMessage(row);
    const GbcsMessage message = Decoded(bytes);
    EXPECT_EQ(Describe(row.at("file"), bytes, message), row);
    EXPECT_NE(MessageCodeName(message.message_code), "");
  }
}

TEST(GbcsStored, NoTruncationOrChangedBytePasses) {
  const std::vector<Row> rows = ReadIndex();
  if (rows.empty()) {
    GTEST_SKIP() << "no stored alerts at " << StoredAlerts() << " (set WEIR_SHARED)";
  }
  for (const Row& row : rows) {
    SCOPED_TRACE(row.at("file"));
    std::string bytes = StoredMessage(row);
    for (size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_EQ(Reason(bytes.substr(0, size)), "bad_gbcs") << size;
    }
    for (char& c : bytes) {
      for (const int bit : {1, 2, 4, 8, 16, 32, 64, 128}) {
        const char kept = c;
        c = static_cast<char>(c ^ bit);
        EXPECT_EQ(Reason(bytes), Reason(bytes));
        c = kept;
      }
    }
  }
}

// The encoder of synthetic alerts writes what devices write, up to signature and MAC, and to the
// weekday, which it leaves open. ASN.1 is left out: devices write long lengths in it as they like.
TEST(GbcsStored, EncoderWritesWhatDevicesWrite) {
  const std::vector<Row> rows = ReadIndex();
  if (rows.empty()) {
    GTEST_SKIP() << "no stored alerts at " << StoredAlerts() << " (set WEIR_SHARED)";
  }
  int compared = 0;
  for (const Row& row : rows) {
    SCOPED_TRACE(row.at("file"));
    std::string bytes = StoredMessage(row);
    const GbcsMessage message = Decoded(bytes);
    if (message.encoding == GbcsEncoding::kAsn1) {
      continue;
    }
    const bool dlms = message.encoding == GbcsEncoding::kDlms;
    const int elements = dlms ? message.payload[7] - 2 : message.payload[2];
    const size_t payload_at = static_cast<size_t>(message.payload.data() - bytes.data());
    const std::string encoded =
        EncodeGbcs({.mac = message.mac,
                    .counter = message.counter,
                    .originator = message.originator,
                    .target = message.target,
                    .message_code = message.message_code,
                    .header_time = {},
                    .supplementary_party = message.supplementary_party,
                    .supplementary_party_counter = message.supplementary_party_counter,
                    .supplementary_originator_counter = message.supplementary_originator_counter,
                    .certificate = {},
                    .encoding = message.encoding,
                    .code = message.code,
                    .device_time = message.device_time,
                    .elements = static_cast<uint8_t>(elements),
                    .body = message.body});
    const size_t end = bytes.size() - (message.mac ? 12 : 64);
    if (dlms) {
      bytes[payload_at + 17] = '\xFF';
    }
    EXPECT_EQ(encoded.size(), bytes.size());
    EXPECT_EQ(Hex(encoded.substr(0, end)), Hex(bytes.substr(0, end)));
    ++compared;
  }
  EXPECT_EQ(compared, 37);
}

}  // namespace weir
