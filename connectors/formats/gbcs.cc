#include "connectors/formats/gbcs.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>

namespace weir {

namespace {

using Bytes = absl::string_view;

// Big-endian. `at + size` must lie within `bytes`.
uint64_t LoadBig(Bytes bytes, size_t at, size_t size) {
  uint64_t value = 0;
  for (size_t i = at; i < at + size; ++i) {
    value = value << 8 | static_cast<uint8_t>(bytes[i]);
  }
  return value;
}

uint64_t LoadU64(Bytes bytes, size_t at) {
  uint64_t value = 0;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return __builtin_bswap64(value);
}

uint8_t LoadU8(Bytes bytes, size_t at) {
  return static_cast<uint8_t>(bytes[at]);
}

uint16_t LoadU16(Bytes bytes, size_t at) {
  return static_cast<uint16_t>(LoadBig(bytes, at, 2));
}

// Takes bytes from the front. Once something is not there, everything after gives zeros and
// nothing, so that a decoder checks once, before it uses what it read.
class Reader {
 public:
  explicit Reader(Bytes bytes) : rest_(bytes) {}

  Bytes Take(size_t size) {
    if (size > rest_.size()) {
      Fail();
      return {};
    }
    const Bytes taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  uint8_t U8() {
    const Bytes byte = Take(1);
    return byte.empty() ? uint8_t{0} : LoadU8(byte, 0);
  }

  // A BER length: one byte, or `81` or `82` and as many bytes as that says. Devices write the long
  // forms for short lengths too.
  size_t Length() {
    constexpr uint8_t kLong = 0x80;
    const uint8_t first = U8();
    if (first < kLong) {
      return first;
    }
    if (first != 0x81 && first != 0x82) {
      Fail();
      return 0;
    }
    const Bytes length = Take(first - kLong);
    return static_cast<size_t>(LoadBig(length, 0, length.size()));
  }

  // Fails unless `fixed` comes next.
  void Expect(Bytes fixed) {
    if (Take(fixed.size()) != fixed) {
      Fail();
    }
  }

  bool ok() const { return ok_; }

  Bytes rest() const { return rest_; }

 private:
  void Fail() {
    ok_ = false;
    rest_ = {};
  }

  Bytes rest_;
  bool ok_ = true;
};

template <size_t N>
constexpr Bytes Literal(const char (&text)[N]) {
  return {text, N - 1};
}

constexpr size_t kSignatureSize = 64;
constexpr size_t kMacSize = 12;
constexpr size_t kDlmsTimeSize = 12;

// Why a payload was not read, or nothing.
using Verdict = std::optional<DeadReason>;

Verdict SetCode(uint32_t code, GbcsMessage& message) {
  const std::optional<AlertCode> found = AlertCode::FromDevice(code);
  if (!found) {
    return DeadReason::kBadCode;
  }
  message.code = *found;
  return std::nullopt;
}

// What the twelve bytes of a DLMS date-time say: year (2), month, day, weekday, hour, minute,
// second, hundredths, deviation (2), status. Nothing if a field is left open or is no time. The
// weekday follows from the date and the status is not looked at.
std::optional<TimeMs> DlmsTime(Bytes time) {
  constexpr uint8_t kOpen = 0xFF;
  constexpr int kNoDeviation = -0x8000;
  constexpr int kMostDeviation = 14 * 60;  // no place on Earth is further from UTC
  const int hundredths = LoadU8(time, 8) == kOpen ? 0 : LoadU8(time, 8);
  const std::optional<TimeMs> local = FromCalendar({.year = LoadU16(time, 0),
                                                    .month = LoadU8(time, 2),
                                                    .day = LoadU8(time, 3),
                                                    .hour = LoadU8(time, 5),
                                                    .minute = LoadU8(time, 6),
                                                    .second = LoadU8(time, 7),
                                                    .millisecond = hundredths * 10});
  const int deviation = static_cast<int16_t>(LoadU16(time, 9));
  if (!local || deviation == kNoDeviation) {
    return local;
  }
  if (deviation < -kMostDeviation || deviation > kMostDeviation) {
    return std::nullopt;
  }
  // The deviation leads from local time to UTC: negative east of Greenwich.
  const TimeMs utc = *local + DurationMs{deviation * kMinute.value};
  return utc < TimeMs{0} || utc > kLatestTime ? std::nullopt : std::make_optional(utc);
}

// data-notification: `0F`, invoke id (4), no date-time (`00`), a structure (`02`) of n elements:
// code (`12` and 2), time (`09`, `0C` and 12) and n - 2 others.
Verdict ReadDlms(GbcsMessage& message) {
  constexpr size_t kTime = 13;  // where it begins
  constexpr size_t kSize = kTime + kDlmsTimeSize;
  message.encoding = GbcsEncoding::kDlms;
  const Bytes head = message.payload.substr(0, kSize);
  const bool fixed = head.size() == kSize && head[0] == '\x0F' && LoadU16(head, 5) == 0x0002 &&
                     LoadU8(head, 7) >= 2 && head[8] == '\x12' && LoadU16(head, 11) == 0x090C;
  if (!fixed) {
    return DeadReason::kBadGbcs;
  }
  message.device_time = DlmsTime({head.data() + kTime, kDlmsTimeSize});
  message.body = {head.data() + kSize, message.payload.size() - kSize};
  return SetCode(LoadU16(head, 9), message);
}

// GBZ: profile id, component count, code, seconds since 2000 UTC, components.
Verdict ReadGbz(GbcsMessage& message) {
  constexpr int64_t kZigBeeEpoch = 946684800;  // 2000-01-01T00:00:00Z
  constexpr uint64_t kOpen = 0xFFFFFFFF;
  message.encoding = GbcsEncoding::kGbz;
  Reader reader(message.payload);
  reader.Expect(Literal("\x01\x09"));
  reader.U8();
  const Bytes code = reader.Take(2);
  const Bytes time = reader.Take(4);
  if (!reader.ok()) {
    return DeadReason::kBadGbcs;
  }
  const uint64_t seconds = LoadBig(time, 0, 4);
  if (seconds != kOpen) {
    message.device_time = TimeMs{(static_cast<int64_t>(seconds) + kZigBeeEpoch) * kSecond.value};
  }
  message.body = reader.rest();
  return SetCode(LoadU16(code, 0), message);
}

// `digits` decimal digits, or a number that no calendar has.
int Decimal(Bytes text, size_t at, size_t digits) {
  int value = 0;
  for (size_t i = at; i < at + digits; ++i) {
    if (text[i] < '0' || text[i] > '9') {
      return -1;
    }
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

// YYYYMMDDhhmmssZ; nothing if it is anything else.
std::optional<TimeMs> GeneralizedTime(Bytes text) {
  constexpr size_t kSize = 15;
  if (text.size() != kSize || text.back() != 'Z') {
    return std::nullopt;
  }
  return FromCalendar({.year = Decimal(text, 0, 4),
                       .month = Decimal(text, 4, 2),
                       .day = Decimal(text, 6, 2),
                       .hour = Decimal(text, 8, 2),
                       .minute = Decimal(text, 10, 2),
                       .second = Decimal(text, 12, 2)});
}

// The alert code as the content of an INTEGER: a code has its top bit set, so that a zero byte
// keeps it positive. Any other number is none.
uint32_t IntegerCode(Bytes content) {
  return content.size() == 3 && content[0] == 0 ? LoadU16(content, 1) : 0;
}

// SEQUENCE of INTEGER, GeneralizedTime and the rest.
Verdict ReadAsn1(GbcsMessage& message) {
  message.encoding = GbcsEncoding::kAsn1;
  Reader outer(message.payload);
  outer.Expect(Literal("\x30"));
  const size_t size = outer.Length();
  if (!outer.ok() || size != outer.rest().size()) {
    return DeadReason::kBadGbcs;
  }
  Reader reader(outer.rest());
  reader.Expect(Literal("\x02"));
  const Bytes code = reader.Take(reader.Length());
  reader.Expect(Literal("\x18"));
  const Bytes time = reader.Take(reader.Length());
  if (!reader.ok() || code.empty()) {
    return DeadReason::kBadGbcs;
  }
  message.device_time = GeneralizedTime(time);
  message.body = reader.rest();
  return SetCode(IntegerCode(code), message);
}

Verdict ReadPayload(GbcsMessage& message) {
  switch (message.payload.empty() ? '\0' : message.payload[0]) {
    case '\x0F':
      return ReadDlms(message);
    case '\x01':
      return ReadGbz(message);
    case '\x30':
      return ReadAsn1(message);
    default:
      return DeadReason::kBadGbcs;
  }
}

// The part of the other information after the message code: by its size nothing, the id of a
// supplementary remote party, that and its counter, or both and a supplementary originator
// counter. Anything larger is the first two and a certificate, which is not kept.
bool ReadSupplementary(Bytes bytes, GbcsMessage& message) {
  constexpr size_t kWord = 8;
  if (bytes.size() <= 3 * kWord && bytes.size() % kWord != 0) {
    return false;
  }
  if (bytes.size() >= kWord) {
    message.supplementary_party = Eui64{LoadU64(bytes, 0)};
  }
  if (bytes.size() >= 2 * kWord) {
    message.supplementary_party_counter = LoadU64(bytes, kWord);
  }
  if (bytes.size() == 3 * kWord) {
    message.supplementary_originator_counter = LoadU64(bytes, 2 * kWord);
  }
  return true;
}

// The grouping header up to the target: `DF`, `09`, flag, counter, `08`, originator, `08`, target.
Verdict ReadIds(Reader& reader, GbcsMessage& message) {
  constexpr size_t kSize = 29;
  const Bytes ids = reader.Take(kSize);
  const bool fixed = reader.ok() && ids[0] == kGeneralSigning && ids[1] == '\x09' &&
                     ids[11] == '\x08' && ids[20] == '\x08';
  if (!fixed) {
    return DeadReason::kBadGbcs;
  }
  message.cra = LoadU8(ids, 2);
  message.counter = LoadU64(ids, 3);
  message.originator = Eui64{LoadU64(ids, 12)};
  message.target = Eui64{LoadU64(ids, 21)};
  if (message.cra == kCraCommand || message.cra == kCraResponse) {
    return DeadReason::kNotAnAlert;
  }
  return message.cra == kCraAlert ? std::nullopt : Verdict(DeadReason::kBadGbcs);
}

// From the grouping header to the end of the message.
Verdict ReadGrouping(Reader& reader, GbcsMessage& message) {
  constexpr size_t kMessageCodeSize = 2;
  if (const Verdict dead = ReadIds(reader, message)) {
    return dead;
  }
  const uint8_t time_size = reader.U8();
  if (time_size != 0 && time_size != kDlmsTimeSize) {
    return DeadReason::kBadGbcs;
  }
  reader.Take(time_size);
  const Bytes other = reader.Take(reader.Length());
  message.payload = reader.Take(reader.Length());
  reader.Expect(message.mac ? Literal("\x00") : Literal("\x40"));
  reader.Take(message.mac ? kMacSize : kSignatureSize);
  if (!reader.ok() || !reader.rest().empty() || other.size() < kMessageCodeSize) {
    return DeadReason::kBadGbcs;
  }
  message.message_code = LoadU16(other, 0);
  if (!ReadSupplementary(other.substr(kMessageCodeSize), message)) {
    return DeadReason::kBadGbcs;
  }
  return ReadPayload(message);
}

// The MAC header: six empty fields, the length of the rest, security control and counter.
bool ReadMacHeader(Reader& reader) {
  reader.Expect(Literal("\xDD\0\0\0\0\0\0"));
  const size_t size = reader.Length();
  const bool agrees = reader.ok() && size == reader.rest().size();
  reader.Expect(Literal("\x11\0\0\0\0"));
  return agrees && reader.ok();
}

Verdict ReadMessage(Bytes bytes, GbcsMessage& message) {
  Reader reader(bytes);
  message.mac = !bytes.empty() && bytes[0] == kGeneralCiphering;
  if (message.mac) {
    // A routing header in place of an empty transaction id: blocks follow.
    if (bytes.size() > 1 && bytes[1] == '\x09') {
      return DeadReason::kBlockTransfer;
    }
    if (!ReadMacHeader(reader)) {
      return DeadReason::kBadGbcs;
    }
  }
  return ReadGrouping(reader, message);
}

struct UseCase {
  uint16_t message_code = 0;
  absl::string_view name;
};

// Ascending by message code.
constexpr UseCase kUseCases[] = {
    {0x0018, "hub device log changed"},
    {0x0061, "electricity billing data log"},
    {0x0067, "supply outage restored"},
    {0x008B, "gas billing data log"},
    {0x00B2, "gas proxy device log"},
    {0x00CA, "firmware activation outcome"},
    {0x00CB, "credentials update outcome"},
    {0x00CC, "future-dated electricity command outcome"},
    {0x00CD, "future-dated gas command outcome"},
    {0x00CE, "electricity firmware received"},
    {0x00CF, "gas firmware received"},
    {0x00D5, "message to remote party not delivered"},
    {0x00F0, "electricity meter integrity warning"},
    {0x00F2, "gas meter integrity warning"},
    {0x0110, "dual-band hub use case 06"},
    {0x0111, "dual-band hub use case 07"},
    {0x0112, "dual-band hub use case 08"},
    {0x0113, "dual-band hub use case 09"},
    {0x0114, "dual-band hub use case 10"},
    {0x0115, "dual-band hub use case 11"},
    {0x0120, "command not supported"},
    {0x0121, "load control limit processed"},
    {0x0122, "load control limit ended"},
    {0x0123, "load controller operational update"},
    {0x0124, "load controller credentials update outcome"},
    {0x0128, "firmware transfer to device"},
    {0x012B, "in-home display firmware activation"},
    {0x1000, "generic critical alert"},
    {0x1001, "generic non-critical alert"},
};

}  // namespace

absl::string_view GbcsEncodingName(GbcsEncoding encoding) {
  constexpr std::array<absl::string_view, 3> kNames = {"DLMS", "GBZ", "ASN1"};
  return kNames.at(static_cast<size_t>(encoding));
}

std::variant<GbcsMessage, DeadReason> DecodeGbcs(absl::string_view bytes) {
  std::variant<GbcsMessage, DeadReason> result;
  if (const Verdict dead = ReadMessage(bytes, *std::get_if<GbcsMessage>(&result))) {
    result = *dead;
  }
  return result;
}

Event GbcsToEvent(absl::string_view bytes, std::optional<TimeMs> received) {
  GbcsMessage message;
  return GbcsToEvent(bytes, received, message);
}

Event GbcsToEvent(absl::string_view bytes, std::optional<TimeMs> received, GbcsMessage& message) {
  // Made where the caller wants it and set field by field, so that nothing is copied.
  Event event(std::in_place_type<Alert>);
  const Verdict dead = ReadMessage(bytes, message);
  if (dead || (!received && !message.device_time)) {
    event = dead.value_or(DeadReason::kNoTime);
    return event;
  }
  Alert& alert = *std::get_if<Alert>(&event);
  alert.device = message.originator;
  alert.code = message.code;
  alert.recipient = message.target;
  alert.counter = message.counter;
  alert.received = received;
  alert.device_time = message.device_time;
  alert.payload = bytes;
  return event;
}

absl::string_view MessageCodeName(uint16_t message_code) {
  const auto* found =
      std::lower_bound(std::begin(kUseCases), std::end(kUseCases), message_code,
                       [](const UseCase& row, uint16_t code) { return row.message_code < code; });
  return found != std::end(kUseCases) && found->message_code == message_code ? found->name
                                                                             : absl::string_view();
}

}  // namespace weir
