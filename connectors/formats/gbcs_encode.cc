#include "connectors/formats/gbcs_encode.h"

#include <chrono>

#include "engine/base/check.h"

namespace weir {

namespace {

constexpr size_t kSignatureSize = 64;
constexpr size_t kMacSize = 12;

void PutByte(uint64_t value, std::string& out) {
  out.push_back(static_cast<char>(value & 0xFF));
}

// The low `size` bytes of `value`, big-endian.
void PutBig(uint64_t value, size_t size, std::string& out) {
  for (size_t i = size; i > 0; --i) {
    PutByte(value >> (8 * (i - 1)), out);
  }
}

void Put(absl::string_view bytes, std::string& out) {
  out.append(bytes.data(), bytes.size());
}

// The shortest BER length.
void PutLength(size_t length, std::string& out) {
  WEIR_CHECK(length <= 0xFFFF);
  if (length > 0xFF) {
    PutByte(0x82, out);
    PutBig(length, 2, out);
    return;
  }
  if (length > 0x7F) {
    PutByte(0x81, out);
  }
  PutByte(length, out);
}

CalendarTime ToCalendar(TimeMs time) {
  const std::chrono::sys_time<std::chrono::milliseconds> point{
      std::chrono::milliseconds(time.value)};
  const auto midnight = std::chrono::floor<std::chrono::days>(point);
  const std::chrono::year_month_day date(midnight);
  const int64_t of_day = (point - midnight).count();
  return {.year = static_cast<int>(date.year()),
          .month = static_cast<int>(static_cast<unsigned>(date.month())),
          .day = static_cast<int>(static_cast<unsigned>(date.day())),
          .hour = static_cast<int>(of_day / kHour.value),
          .minute = static_cast<int>(of_day / kMinute.value % 60),
          .second = static_cast<int>(of_day / kSecond.value % 60),
          .millisecond = static_cast<int>(of_day % kSecond.value)};
}

void PutField(int value, size_t size, std::string& out) {
  PutBig(static_cast<uint64_t>(value), size, out);
}

// Twelve bytes in UTC, without a weekday; all open if there is no time.
void PutDlmsTime(std::optional<TimeMs> time, std::string& out) {
  if (time) {
    const CalendarTime c = ToCalendar(*time);
    PutField(c.year, 2, out);
    PutField(c.month, 1, out);
    PutField(c.day, 1, out);
    PutByte(0xFF, out);
    PutField(c.hour, 1, out);
    PutField(c.minute, 1, out);
    PutField(c.second, 1, out);
    PutField(c.millisecond / 10, 1, out);
  } else {
    out.append(9, '\xFF');
  }
  PutBig(0x8000FF, 3, out);
}

void PutDigits(int value, int digits, std::string& out) {
  int scale = 1;
  for (int i = 1; i < digits; ++i) {
    scale *= 10;
  }
  for (; scale > 0; scale /= 10) {
    out.push_back(static_cast<char>('0' + value / scale % 10));
  }
}

// YYYYMMDDhhmmssZ; zeros, which are no time, if there is none.
void PutGeneralizedTime(std::optional<TimeMs> time, std::string& out) {
  const CalendarTime c = time ? ToCalendar(*time) : CalendarTime{};
  PutDigits(c.year, 4, out);
  PutDigits(c.month, 2, out);
  PutDigits(c.day, 2, out);
  PutDigits(c.hour, 2, out);
  PutDigits(c.minute, 2, out);
  PutDigits(c.second, 2, out);
  out.push_back('Z');
}

std::string DlmsPayload(const GbcsFields& fields) {
  std::string out;
  PutByte(0x0F, out);
  PutByte(0x20, out);
  PutBig(fields.counter, 3, out);
  PutBig(0x0002, 2, out);
  PutByte(uint64_t{2} + fields.elements, out);
  PutByte(0x12, out);
  PutBig(fields.code.gbcs(), 2, out);
  PutBig(0x090C, 2, out);
  PutDlmsTime(fields.device_time, out);
  Put(fields.body, out);
  return out;
}

std::string GbzPayload(const GbcsFields& fields) {
  constexpr TimeMs kZigBeeEpoch{946684800000};  // 2000-01-01T00:00:00Z
  constexpr int64_t kOpen = 0xFFFFFFFF;
  const int64_t seconds = fields.device_time && *fields.device_time >= kZigBeeEpoch
                              ? (*fields.device_time - kZigBeeEpoch).value / kSecond.value
                              : kOpen;
  std::string out;
  PutBig(0x0109, 2, out);
  PutByte(fields.elements, out);
  PutBig(fields.code.gbcs(), 2, out);
  PutBig(static_cast<uint64_t>(seconds < kOpen ? seconds : kOpen), 4, out);
  Put(fields.body, out);
  return out;
}

std::string Asn1Payload(const GbcsFields& fields) {
  std::string content;
  PutBig(0x020300, 3, content);
  PutBig(fields.code.gbcs(), 2, content);
  PutBig(0x180F, 2, content);
  PutGeneralizedTime(fields.device_time, content);
  Put(fields.body, content);
  std::string out;
  PutByte(0x30, out);
  PutLength(content.size(), out);
  return out += content;
}

std::string Payload(const GbcsFields& fields) {
  switch (fields.encoding) {
    case GbcsEncoding::kGbz:
      return GbzPayload(fields);
    case GbcsEncoding::kAsn1:
      return Asn1Payload(fields);
    case GbcsEncoding::kDlms:
      break;
  }
  return DlmsPayload(fields);
}

// Message code and supplementary fields.
std::string OtherInformation(const GbcsFields& fields) {
  std::string out;
  PutBig(fields.message_code, 2, out);
  if (fields.supplementary_party) {
    PutBig(fields.supplementary_party->value, 8, out);
  }
  if (fields.supplementary_party_counter) {
    PutBig(*fields.supplementary_party_counter, 8, out);
  }
  if (fields.supplementary_originator_counter) {
    PutBig(*fields.supplementary_originator_counter, 8, out);
  }
  Put(fields.certificate, out);
  return out;
}

// From the grouping header to the end of the payload.
std::string Grouping(const GbcsFields& fields) {
  std::string out;
  PutBig(0xDF09, 2, out);
  PutByte(kCraAlert, out);
  PutBig(fields.counter, 8, out);
  PutByte(8, out);
  PutBig(fields.originator.value, 8, out);
  PutByte(8, out);
  PutBig(fields.target.value, 8, out);
  PutByte(fields.header_time ? 12 : 0, out);
  if (fields.header_time) {
    PutDlmsTime(fields.header_time, out);
  }
  const std::string other = OtherInformation(fields);
  PutLength(other.size(), out);
  out += other;
  const std::string payload = Payload(fields);
  PutLength(payload.size(), out);
  return out += payload;
}

// Steele, Lea and Flood's SplitMix64: a step and a mix, so that close states give far numbers.
uint64_t NextFiller(uint64_t& state) {
  state += 0x9E3779B97F4A7C15;
  uint64_t mixed = state;
  mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9;
  mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB;
  return mixed ^ mixed >> 31;
}

// `size` bytes that follow from the fields; `size` is a multiple of four.
void PutFiller(const GbcsFields& fields, size_t size, std::string& out) {
  uint64_t state = fields.counter;
  const uint64_t time =
      fields.device_time ? static_cast<uint64_t>(fields.device_time->value) : uint64_t{0};
  for (const uint64_t field : {fields.originator.value, fields.target.value, time,
                               uint64_t{fields.message_code} << 16 | fields.code.gbcs()}) {
    state = NextFiller(state) ^ field;
  }
  for (size_t i = 0; i < size; i += 4) {
    PutBig(NextFiller(state), 4, out);
  }
}

bool SupplementaryFits(const GbcsFields& fields) {
  if (fields.supplementary_party_counter && !fields.supplementary_party) {
    return false;
  }
  if (!fields.certificate.empty()) {
    return fields.supplementary_party_counter && !fields.supplementary_originator_counter &&
           fields.certificate.size() > 8;
  }
  return !fields.supplementary_originator_counter || fields.supplementary_party_counter;
}

}  // namespace

void AppendGbcs(const GbcsFields& fields, std::string& out) {
  WEIR_CHECK(fields.body.size() + fields.certificate.size() <= kMaxGbcsContent);
  WEIR_CHECK(fields.code.is_device() && SupplementaryFits(fields));
  const std::string grouping = Grouping(fields);
  if (!fields.mac) {
    out += grouping;
    PutByte(kSignatureSize, out);
    PutFiller(fields, kSignatureSize, out);
    return;
  }
  constexpr size_t kSecurityHeaderSize = 5;
  PutByte(0xDD, out);
  PutBig(0, 6, out);
  PutLength(kSecurityHeaderSize + grouping.size() + 1 + kMacSize, out);
  PutByte(0x11, out);
  PutBig(0, 4, out);
  out += grouping;
  PutByte(0, out);
  PutFiller(fields, kMacSize, out);
}

std::string EncodeGbcs(const GbcsFields& fields) {
  std::string out;
  AppendGbcs(fields, out);
  return out;
}

}  // namespace weir
