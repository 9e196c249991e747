#include "connectors/formats/json_alert.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstring>

#include "connectors/formats/alert_text.h"
#include "connectors/formats/alert_text_avx2.h"
#include "connectors/formats/avx2.h"
#include "connectors/formats/binary_text.h"
#include "connectors/formats/char_masks.h"
#include "connectors/formats/format.h"
#include "connectors/formats/json.h"
#include "connectors/formats/json_object.h"
#include "connectors/formats/message_id.h"
#include "connectors/formats/request_report.h"
#include "connectors/formats/short_text.h"
#include "engine/alert/alert_code.h"
#include "engine/alert/eui64.h"
#include "engine/base/hex.h"
#include "engine/base/swar.h"

namespace weir {

namespace {

constexpr ShortText kDeviceName("\"device\":");
constexpr ShortText kCodeName("\"code\":");
constexpr ShortText kRecipientName("\"recipient\":");
constexpr ShortText kCounterName("\"counter\":");
constexpr ShortText kReceivedName("\"received\":");
constexpr ShortText kDeviceTimeName("\"device_time\":");
constexpr ShortText kPayloadName("\"payload\":");

// What stands before a value in the usual alert, which is written as AppendForwarded does.
constexpr ShortText kFirstDevice("{\"device\":\"");
constexpr ShortText kFirstCode("{\"code\":\"");
constexpr ShortText kThenCode(",\"code\":\"");
constexpr ShortText kThenRecipient(",\"recipient\":\"");
constexpr ShortText kThenCounter(",\"counter\":\"");
constexpr ShortText kThenReceived(",\"received\":\"");
constexpr ShortText kThenDeviceTime(",\"device_time\":\"");
constexpr ShortText kThenPayload(",\"payload\":");

// Apart from what nearly all alerts need.
[[gnu::noinline]] void AddReport(Alert& alert, Arena& arena) {
  AddRequestReport(alert, arena);
}

}  // namespace

// Stands in the text at the quote of a name, and reads from there, each field once. Between what it
// checks against the end it goes on for less than the padding: a name, a value of fixed size, and
// what `Text` reads ahead.
template <typename Text>
class AlertFields {
 public:
  AlertFields(absl::string_view text, JsonAlertReader& reader, Arena& arena, Alert& alert)
      : text_(text),
        at_(text.data()),
        end_(text.data() + text.size()),
        reader_(reader),
        arena_(arena),
        alert_(alert) {}

  bool Read() {
    reader_.is_verbatim_ = Usual();
    if (reader_.is_verbatim_) {
      return true;
    }
    at_ = text_.data();
    alert_ = Alert();
    return InAnyOrder();
  }

 private:
  // ---- The usual alert, field by field; each stands behind its opening quote, and gives whether
  // it is written as Weir does and the text goes on behind it.

  bool Usual() {
    if (kFirstDevice.Take(at_)) {
      if (!UsualId(alert_.device) || !kThenCode.Take(at_)) {
        return false;
      }
    } else if (!kFirstCode.Take(at_)) {
      return false;
    }
    return UsualCode() && (!kThenRecipient.Take(at_) || UsualId(alert_.recipient)) &&
           (!kThenCounter.Take(at_) || UsualCounter()) &&
           (!kThenReceived.Take(at_) || UsualTime(reader_.received_, alert_.received)) &&
           (!kThenDeviceTime.Take(at_) || UsualTime(reader_.device_time_, alert_.device_time)) &&
           (!kThenPayload.Take(at_) || UsualPayload()) &&
           IsEnd(!alert_.code.is_device() || alert_.device);
  }

  bool UsualId(std::optional<Eui64>& out) {
    Eui64 id;
    uint32_t lower = 0;
    if (!Text::Id(at_, id, lower) || lower != 0) {
      return false;
    }
    out.emplace(id);
    at_ += kEui64TextSize + 1;
    return at_ < end_;
  }

  bool UsualCode() {
    const char* const begin = at_;
    if (*at_ != '8') {
      --at_;
      // That of a DCC alert can be written in one way, but for the case of its letters.
      return begin[0] < 'a' && begin[1] < 'a' && Short(ParseAlertCode, alert_.code) &&
             !alert_.code.is_device() && at_ < end_;
    }
    const int low = HexDigit(at_[1]) << 8 | HexDigit(at_[2]) << 4 | HexDigit(at_[3]);
    // Of hex digits, only letters in lower case have both of these bits.
    const uint64_t word = LoadWord(at_);
    constexpr uint64_t kDigits = 0x01010100;
    const bool is_lower = ((word >> 6 & word >> 5) & kDigits) != 0;
    if (low < 0 || is_lower || at_[4] != '"') {
      return false;
    }
    alert_.code = AlertCode::FromIndex(static_cast<uint16_t>(low));
    at_ += 5;
    return at_ < end_;
  }

  bool UsualCounter() {
    uint64_t number = 0;
    const size_t digits = Text::Number(at_, number);
    if (digits == 0 || at_[digits] != '"' || (*at_ == '0' && digits > 1)) {
      return false;
    }
    alert_.counter.emplace(number);
    at_ += digits + 1;
    return at_ < end_;
  }

  bool UsualTime(DayMemo& memo, std::optional<TimeMs>& out) {
    const int64_t day = memo.DayOf(at_);
    int64_t of_day = 0;
    if (day < 0 || !Text::OfDay(at_ + kDateSize, of_day)) {
      return false;
    }
    out.emplace(TimeMs{day + of_day});
    at_ += kTimeTextSize + 1;
    return at_ < end_;
  }

  // Written padded, and not at all if it is empty.
  bool UsualPayload() {
    const char* const begin = at_;
    const bool is_read = Payload();
    return is_read && !alert_.payload.empty() && (at_ - begin - 2) % 4 == 0 && at_ < end_;
  }

  // ---- Any alert

  // In the usual order one round is all there is; in any other there are some more.
  bool InAnyOrder() {
    if (*at_ != '{') {
      return false;
    }
    Skip(1);
    while (at_ < end_) {
      const char* const before = at_;
      if ((Is<kDeviceName>(kDevice) && !(Id(alert_.device) && Comma())) ||
          (Is<kCodeName>(kCode) && !(Code() && Comma())) ||
          (Is<kRecipientName>(kRecipient) && !(Id(alert_.recipient) && Comma())) ||
          (Is<kCounterName>(kCounter) && !(Counter() && Comma())) ||
          (Is<kReceivedName>(kReceived) &&
           !(Time(reader_.received_, alert_.received) && Comma())) ||
          (Is<kDeviceTimeName>(kDeviceTime) &&
           !(Time(reader_.device_time_, alert_.device_time) && Comma())) ||
          (Is<kPayloadName>(kPayload) && !(Payload() && Comma())) ||
          (at_ == before && !(Other() && Comma()))) {
        return IsWhole();
      }
      if (Repeats()) {
        return false;
      }
    }
    return false;
  }

  // What is counted: each has four bits of a word.
  enum Seen : uint32_t {
    kDevice = 1U,
    kCode = 1U << 4,
    kRecipient = 1U << 8,
    kCounter = 1U << 12,
    kReceived = 1U << 16,
    kDeviceTime = 1U << 20,
    kPayload = 1U << 24,
    kType = 1U << 28
  };

  // Goes on, and past one blank.
  void Skip(size_t count) {
    at_ += count;
    if (*at_ == ' ') [[unlikely]] {
      ++at_;
    }
  }

  // Asked for in each round, in which a field is counted once at most, so that no count overflows.
  bool Repeats() const {
    constexpr uint32_t kOnce = 0x1111'1111;
    return (seen_ & ~kOnce) != 0;
  }

  // Whether that name comes next; if so, stands at its value then.
  template <const ShortText& Name>
  bool Is(Seen field) {
    if (!Name.IsAt(at_)) {
      return false;
    }
    seen_ += field;
    at_ += Name.size();
    if (*at_ != '"') [[unlikely]] {
      Skip(0);
    }
    return true;
  }

  // False also if there is no more: then what was read may be the whole.
  bool Comma() {
    if (*at_ != ',') {
      return false;
    }
    Skip(1);
    return at_ < end_;
  }

  // All that is required was there, once. A DCC alert may be about a system of the DCC, which is no
  // device.
  bool IsWhole() {
    const uint32_t required = alert_.code.is_device() ? kDevice | kCode : kCode;
    return IsEnd(!Repeats() && (seen_ & required) == required);
  }

  // Whether the object has ended, with the text, and `has_all` that it needs.
  bool IsEnd(bool has_all) {
    if (at_ + 1 != end_ || *at_ != '}' || !has_all) {
      return false;
    }
    if (IsOutcomeCode(alert_.code)) [[unlikely]] {
      AddReport(alert_, arena_);
    }
    return true;
  }

  // What cannot be read here is not the whole.
  bool Fail() {
    at_ = end_;
    return false;
  }

  bool Id(std::optional<Eui64>& out) {
    constexpr size_t kPlainSize = 16;  // without dashes
    Eui64 id;
    uint32_t ignored = 0;
    if (*at_ == '"' && Text::Id(at_ + 1, id, ignored)) {
      out.emplace(id);
      at_ += kEui64TextSize + 2;
      return true;
    }
    if (*at_ != '"' || at_[1 + kPlainSize] != '"') {
      return Fail();
    }
    out = ParseEui64({at_ + 1, kPlainSize});
    at_ += kPlainSize + 2;
    return out ? true : Fail();
  }

  bool Code() {
    if (at_[0] == '"' && at_[1] == '8' && at_[5] == '"') {
      const int low = HexDigit(at_[2]) << 8 | HexDigit(at_[3]) << 4 | HexDigit(at_[4]);
      if (low < 0) {
        return Fail();
      }
      alert_.code = AlertCode::FromIndex(static_cast<uint16_t>(low));
      at_ += 6;
      return true;
    }
    return Short(ParseAlertCode, alert_.code);
  }

  bool Time(DayMemo& memo, std::optional<TimeMs>& out) {
    const int64_t day = memo.DayOf(at_ + 1);
    int64_t of_day = 0;
    if (*at_ == '"' && day >= 0 && Text::OfDay(at_ + 1 + kDateSize, of_day)) {
      out.emplace(TimeMs{day + of_day});
      at_ += kTimeTextSize + 2;
      return true;
    }
    return Short(ParseTime, out);
  }

  bool Counter() {
    const bool is_quoted = *at_ == '"';
    uint64_t number = 0;
    const size_t digits = Text::Number(at_ + (is_quoted ? 1 : 0), number);
    if (is_quoted && (digits == 0 || at_[1 + digits] != '"')) {
      return Short(ParseUnsigned, alert_.counter);
    }
    if (!is_quoted && !IsJsonNumber(digits)) {
      return Fail();
    }
    alert_.counter.emplace(number);
    at_ += digits + (is_quoted ? 2 : 0);
    return true;
  }

  bool IsJsonNumber(size_t digits) const { return digits == 1 || (digits > 1 && *at_ != '0'); }

  bool Payload() {
    if (*at_ != '"' || at_ >= end_) {
      return Fail();
    }
    const char* const begin = at_ + 1;
    const void* const close = std::memchr(begin, '"', static_cast<size_t>(end_ - begin));
    if (close == nullptr) {
      return Fail();
    }
    at_ = static_cast<const char*>(close) + 1;
    const auto bytes = Base64ToBytes({begin, static_cast<size_t>(at_ - begin) - 1}, arena_);
    if (!bytes || bytes->size() > kMaxMessageBytes) {
      return Fail();
    }
    alert_.payload = *bytes;
    return true;
  }

  // A string of less than 64 plain characters.
  bool String(absl::string_view& text) {
    if (*at_ != '"' || at_ >= end_) {
      return Fail();
    }
    const CharMasks masks = MaskCharacters(at_ + 1);
    const uint64_t before = (masks.quotes & -masks.quotes) - 1;
    if (masks.quotes == 0 || (masks.not_plain & before) != 0) {
      return Fail();
    }
    text = {at_ + 1, static_cast<size_t>(std::countr_zero(masks.quotes))};
    at_ += text.size() + 2;
    return at_ <= end_ || Fail();
  }

  // What `parse` makes of a string.
  template <typename T, typename Out>
  bool Short(std::optional<T> (*parse)(absl::string_view), Out& out) {
    absl::string_view text;
    if (!String(text)) {
      return false;
    }
    const std::optional<T> parsed = parse(text);
    if (!parsed) {
      return Fail();
    }
    out = *parsed;
    return true;
  }

  // A member that says nothing here: a string or a number, or that this is an alert.
  bool Other() {
    absl::string_view name;
    if (!String(name) || *at_ != ':') {
      return Fail();
    }
    Skip(1);
    const JsonField field = FieldOf(name);
    absl::string_view text;
    if (field == JsonField::kType) {
      seen_ += kType;
      return String(text) && (text == "alert" || Fail());
    }
    // A name of an alert that is written in another way, or one of something else than an alert.
    if (field != JsonField::kCount) {
      return Fail();
    }
    if (*at_ == '"') {
      return String(text);
    }
    uint64_t number = 0;
    const size_t digits = Text::Number(at_, number);
    if (!IsJsonNumber(digits)) {
      return Fail();
    }
    at_ += digits;
    return true;
  }

  absl::string_view text_;
  const char* at_;
  const char* end_;
  JsonAlertReader& reader_;
  Arena& arena_;
  Alert& alert_;
  uint32_t seen_ = 0;
};

namespace {

// Flat, so that what is compiled for some processors alone is one with what calls it.
[[gnu::flatten]] bool ReadPortably(absl::string_view text, JsonAlertReader& reader, Arena& arena,
                                   Alert& alert) {
  return AlertFields<PortableText>(text, reader, arena, alert).Read();
}

#ifdef WEIR_HAS_AVX2

WEIR_AVX2 [[gnu::flatten]] bool ReadWithAvx2(absl::string_view text, JsonAlertReader& reader,
                                             Arena& arena, Alert& alert) {
  return AlertFields<Avx2Text>(text, reader, arena, alert).Read();
}

#endif

}  // namespace

int64_t DayMemo::Read(const char* text) {
  std::array<char, kTimeTextSize> midnight{};
  std::memcpy(midnight.data(), "0000-00-00T00:00:00.000Z", midnight.size());
  std::memcpy(midnight.data(), text, kDateSize);
  const std::optional<TimeMs> day = ParseTime({midnight.data(), midnight.size()});
  if (!day) {
    return -1;
  }
  std::array<char, kTimeTextSize> usual{};
  PutTime(*day, usual.data());
  if (usual != midnight) {
    return -1;  // any other form is left to ParseTime, so that the days read here are written alike
  }
  front_ = LoadWord(text);
  back_ = LoadWord(text + kDateSize - sizeof back_);
  day_ = day->value;
  return day_;
}

JsonAlertReader::JsonAlertReader(Way way) : read_(ReadPortably) {
#ifdef WEIR_HAS_AVX2
  if (way == Way::kBest && HasAvx2()) {
    read_ = ReadWithAvx2;
  }
#else
  static_cast<void>(way);
#endif
}

}  // namespace weir
