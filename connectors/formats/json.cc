#include "connectors/formats/json.h"

#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "connectors/formats/binary_text.h"
#include "connectors/formats/format.h"
#include "connectors/formats/message_id.h"
#include "engine/alert/alert_code.h"
#include "engine/alert/eui64.h"
#include "engine/base/check.h"

namespace weir {

namespace {

// Enough for almost every record.
constexpr size_t kSmallestCapacity = 4096;

static_assert(kJsonPadding >= simdjson::SIMDJSON_PADDING);

// ---- Numbers that are too large for simdjson

constexpr bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

size_t SkipDigits(absl::string_view text, size_t position) {
  while (position < text.size() && IsDigit(text[position])) {
    ++position;
  }
  return position;
}

// Whether `text` is a number of the JSON grammar, of whatever size.
bool IsNumber(absl::string_view text) {
  size_t position = !text.empty() && text[0] == '-' ? 1 : 0;
  const size_t whole = position;
  position = SkipDigits(text, position);
  if (position == whole || (text[whole] == '0' && position > whole + 1)) {
    return false;
  }
  if (position < text.size() && text[position] == '.') {
    const size_t fraction = ++position;
    position = SkipDigits(text, position);
    if (position == fraction) {
      return false;
    }
  }
  if (position < text.size() && (text[position] == 'e' || text[position] == 'E')) {
    ++position;
    if (position < text.size() && (text[position] == '+' || text[position] == '-')) {
      ++position;
    }
    const size_t exponent = position;
    position = SkipDigits(text, position);
    if (position == exponent) {
      return false;
    }
  }
  return position == text.size();
}

// Whether a number of the JSON grammar is beyond 64 bits or beyond a double.
bool IsOutOfRange(absl::string_view number) {
  const char* const end = number.data() + number.size();
  if (number.find_first_of(".eE") != absl::string_view::npos) {
    double value = 0;
    return std::from_chars(number.data(), end, value).ec == std::errc::result_out_of_range;
  }
  if (number.front() == '-') {
    int64_t value = 0;
    return std::from_chars(number.data(), end, value).ec == std::errc::result_out_of_range;
  }
  uint64_t value = 0;
  return std::from_chars(number.data(), end, value).ec == std::errc::result_out_of_range;
}

size_t EndOfString(absl::string_view text, size_t position) {
  for (++position; position < text.size() && text[position] != '"'; ++position) {
    position += text[position] == '\\' ? size_t{1} : size_t{0};
  }
  return position + 1;
}

// Writes 0.5 over every number that is out of range: the grammar knows no largest number, and no
// field that Weir uses takes such a one or a fraction. Returns whether there was any.
bool ReplaceLargeNumbers(std::string& text) {
  constexpr absl::string_view kStandIn = "0.5";
  bool replaced = false;
  size_t position = 0;
  while (position < text.size()) {
    if (text[position] == '"') {
      position = EndOfString(text, position);
      continue;
    }
    if (text[position] != '-' && !IsDigit(text[position])) {
      ++position;
      continue;
    }
    const size_t end = std::min(text.find_first_not_of("0123456789+-.eE", position), text.size());
    const absl::string_view number = absl::string_view(text).substr(position, end - position);
    // What is shorter than the stand-in is not large.
    if (number.size() > kStandIn.size() && IsNumber(number) && IsOutOfRange(number)) {
      std::fill_n(&text[position], number.size(), ' ');
      kStandIn.copy(&text[position], kStandIn.size());
      replaced = true;
    }
    position = end;
  }
  return replaced;
}

// ---- Names

template <size_t N>
struct Name {
  const char (&text)[N];
  JsonField field;
};

template <size_t N>
Name(const char (&)[N], JsonField) -> Name<N>;

// Which of these `name` is. They all have its length, and that being constant makes this a compare
// or two of whole words for each.
template <size_t... N>
JsonField OneOf(absl::string_view name, const Name<N>&... names) {
  JsonField found = JsonField::kCount;
  const auto matches = [&](const auto& candidate) {
    const bool same = std::memcmp(name.data(), candidate.text, sizeof(candidate.text) - 1) == 0;
    found = same ? candidate.field : found;
    return same;
  };
  static_cast<void>((matches(names) || ...));
  return found;
}

JsonField FieldOf(absl::string_view name) {
  using enum JsonField;
  switch (name.size()) {
    case 2:
      return OneOf(name, Name{"ts", kTs});
    case 3:
      return OneOf(name, Name{"key", kKey}, Name{"srv", kSrv});
    case 4:
      return OneOf(name, Name{"code", kCode}, Name{"type", kType});
    case 5:
      return OneOf(name, Name{"topic", kTopic});
    case 6:
      return OneOf(name, Name{"device", kDevice}, Name{"offset", kOffset}, Name{"status", kStatus});
    case 7:
      return OneOf(name, Name{"payload", kPayload}, Name{"counter", kCounter});
    case 8:
      return OneOf(name, Name{"received", kReceived});
    case 9:
      return OneOf(name, Name{"recipient", kRecipient}, Name{"partition", kPartition});
    case 10:
      return OneOf(name, Name{"request_id", kRequestId});
    case 11:
      return OneOf(name, Name{"device_time", kDeviceTime}, Name{"device_type", kDeviceType});
    case 13:
      return OneOf(name, Name{"response_code", kResponseCode});
    case 15:
      return OneOf(name, Name{"DCCAlertMessage", kDuisBody}, Name{"ResponseMessage", kDuisBody});
    case 18:
      return OneOf(name, Name{"DeviceAlertMessage", kDuisBody});
    default:
      return kCount;
  }
}

// ---- One object
//
// Read with simdjson's document parser and not with its on-demand one, which looks only at what is
// asked for: it would take faults in the fields that Weir does not use, and checking those one by
// one made it slower than this.

// Sets each member by itself: a value that is put together elsewhere and then copied would have to
// wait for its parts.
void SetValue(simdjson::dom::element element, JsonValue& value) {
  using Kind = JsonValue::Kind;
  switch (element.type()) {
    case simdjson::dom::element_type::STRING: {
      const std::string_view text = element.get_string().value_unsafe();
      value.kind = Kind::kString;
      value.data = text.data();
      value.number = text.size();
      return;
    }
    case simdjson::dom::element_type::INT64: {
      // simdjson gives this type to every number that fits.
      const int64_t number = element.get_int64().value_unsafe();
      value.kind = number < 0 ? Kind::kNegative : Kind::kUnsigned;
      value.number = static_cast<uint64_t>(number);
      return;
    }
    case simdjson::dom::element_type::UINT64:
      value.kind = Kind::kUnsigned;
      value.number = element.get_uint64().value_unsafe();
      return;
    default:
      value.kind = Kind::kOther;
  }
}

void NoteFields(simdjson::dom::object fields, JsonObject& object) {
  for (const simdjson::dom::key_value_pair field : fields) {
    const JsonField which = FieldOf({field.key.data(), field.key.size()});
    if (which == JsonField::kCount) {
      continue;
    }
    SetValue(field.value, object.Add(which));
    if (field.value.is_null()) {
      object.SetAbsent(which);
    }
  }
}

DeadReason ReasonOf(simdjson::error_code error) {
  switch (error) {
    case simdjson::UTF8_ERROR:
      return DeadReason::kBadUtf8;
    case simdjson::DEPTH_ERROR:
      return DeadReason::kTooDeep;
    default:
      WEIR_CHECK(error != simdjson::MEMALLOC && error != simdjson::CAPACITY);
      return DeadReason::kBadJson;
  }
}

// ---- Events

// Reads the fields of one record and keeps the first fault.
class FieldReader {
 public:
  FieldReader(const JsonObject& object, Arena& arena) : object_(object), arena_(arena) {}

  std::optional<DeadReason> fault() const { return fault_; }

  void Fail(DeadReason reason) {
    if (!fault_) {
      fault_ = reason;
    }
  }

  // A repeated field leaves open which of its values is meant.
  void RejectRepeated(JsonFieldSet fields) {
    if (object_.repeated().Meets(fields)) {
      Fail(DeadReason::kBadField);
    }
  }

  // A field that must be there and be a string, whatever it says.
  void RequireString(JsonField field) {
    if (Require(field)) {
      String(field, DeadReason::kBadField);
    }
  }

  bool Require(JsonField field) {
    if (object_.Find(field) == nullptr) {
      Fail(DeadReason::kMissingField);
      return false;
    }
    return true;
  }

  // These set `out` if there is a value, and leave it alone if there is none.

  void Id(JsonField field, std::optional<Eui64>& out) {
    if (const std::optional<absl::string_view> text = String(field, DeadReason::kBadField); text) {
      Set(ParseEui64(*text), DeadReason::kBadField, out);
    }
  }

  void Time(JsonField field, std::optional<TimeMs>& out) {
    if (const std::optional<absl::string_view> text = String(field, DeadReason::kBadTime); text) {
      Set(ParseTime(*text), DeadReason::kBadTime, out);
    }
  }

  void Code(AlertCode& out) {
    Require(JsonField::kCode);
    const std::optional<absl::string_view> text = String(JsonField::kCode, DeadReason::kBadField);
    if (text) {
      Set(ParseAlertCode(*text), DeadReason::kBadCode, out);
    }
  }

  // A counter is a string, since not every JSON library keeps 64 bits of a number, or a number.
  void Counter(std::optional<uint64_t>& out) {
    const JsonValue* value = object_.Find(JsonField::kCounter);
    if (value != nullptr && value->kind == JsonValue::Kind::kUnsigned) {
      out.emplace(value->number);
      return;
    }
    const std::optional<absl::string_view> text =
        String(JsonField::kCounter, DeadReason::kBadField);
    if (text) {
      Set(ParseUnsigned(*text), DeadReason::kBadField, out);
    }
  }

  void Payload(absl::string_view& out) {
    const std::optional<absl::string_view> text =
        String(JsonField::kPayload, DeadReason::kBadField);
    if (text) {
      Set(Base64ToBytes(*text, arena_), DeadReason::kBadPayload, out);
      if (out.size() > kMaxMessageBytes) {
        Fail(DeadReason::kTooLong);
      }
    }
  }

  // The device of `PARTY:DEVICE:COUNTER`.
  void DeviceOfRequest(std::optional<Eui64>& out) {
    Require(JsonField::kRequestId);
    const std::optional<absl::string_view> text =
        String(JsonField::kRequestId, DeadReason::kBadField);
    if (!text) {
      return;
    }
    const std::optional<MessageId> id = ParseMessageId(*text);
    Set(id ? std::make_optional(id->target) : std::nullopt, DeadReason::kBadField, out);
  }

 private:
  // Nothing if there is no value, or with a fault if it is no string.
  std::optional<absl::string_view> String(JsonField field, DeadReason reason) {
    const JsonValue* value = object_.Find(field);
    if (value == nullptr) {
      return std::nullopt;
    }
    if (value->kind != JsonValue::Kind::kString) {
      Fail(reason);
      return std::nullopt;
    }
    return value->text();
  }

  template <typename T, typename Out>
  void Set(const std::optional<T>& parsed, DeadReason reason, Out& out) {
    if (parsed) {
      out = *parsed;
    } else {
      Fail(reason);
    }
  }

  const JsonObject& object_;
  Arena& arena_;
  std::optional<DeadReason> fault_;
};

constexpr JsonFieldSet kAlertFields = {
    JsonField::kType,    JsonField::kDevice,   JsonField::kCode,       JsonField::kRecipient,
    JsonField::kCounter, JsonField::kReceived, JsonField::kDeviceTime, JsonField::kPayload};

Event AlertOf(FieldReader& reader, std::optional<TimeMs> envelope_time) {
  using enum JsonField;
  // Made where the caller wants it and set field by field: copying what has just been written in
  // parts takes longer than parsing it.
  Event event(std::in_place_type<Alert>);
  Alert& alert = *std::get_if<Alert>(&event);
  reader.RejectRepeated(kAlertFields);
  reader.Id(kDevice, alert.device);
  reader.Code(alert.code);
  reader.Id(kRecipient, alert.recipient);
  reader.Counter(alert.counter);
  reader.Time(kReceived, alert.received);
  reader.Time(kDeviceTime, alert.device_time);
  reader.Payload(alert.payload);
  if (alert.code.is_device()) {
    // A DCC alert may be about a system of the DCC, which is no device.
    reader.Require(kDevice);
  }
  if (envelope_time) {
    alert.received = *envelope_time;
  }
  if (!alert.received && !alert.device_time) {
    reader.Fail(DeadReason::kNoTime);
  }
  if (reader.fault()) {
    event = *reader.fault();
  }
  return event;
}

// What tools make of the body of a DUIS document.
bool IsDuisInJson(const JsonObject& object) {
  using enum JsonField;
  return object.seen().Has(kDuisBody) && !object.seen().Meets({kDevice, kCode});
}

// The outcome of a load switching request arrives as one of two device alerts.
constexpr bool IsOutcome(AlertCode code) {
  return code.is_device() && (code.gbcs() == 0x8F66 || code.gbcs() == 0x8F67);
}

Event OtherOf(OtherKind kind, FieldReader& reader, std::optional<TimeMs> envelope_time) {
  using enum JsonField;
  OtherEvent event = {.kind = kind, .device = {}, .received = {}};
  reader.RejectRepeated({kType, kReceived});
  if (kind == OtherKind::kDevice) {
    reader.RejectRepeated({kDevice, kDeviceType, kStatus});
    reader.Require(kDevice);
    reader.Id(kDevice, event.device);
    reader.RequireString(kDeviceType);
    reader.RequireString(kStatus);
  } else {
    reader.RejectRepeated({kRequestId});
    reader.DeviceOfRequest(event.device);
  }
  if (kind == OtherKind::kRequest || kind == OtherKind::kResponse) {
    reader.RejectRepeated({kSrv});
    reader.RequireString(kSrv);
  }
  if (kind == OtherKind::kResponse) {
    reader.RejectRepeated({kResponseCode});
    reader.RequireString(kResponseCode);
  }
  if (kind == OtherKind::kOutcome) {
    reader.RejectRepeated({kCode});
    AlertCode code;
    reader.Code(code);
    if (!IsOutcome(code)) {
      reader.Fail(DeadReason::kBadField);
    }
  }
  reader.Time(kReceived, event.received);
  if (envelope_time) {
    event.received = envelope_time;
  }
  return reader.fault() ? Event(*reader.fault()) : Event(event);
}

}  // namespace

struct JsonParser::Buffers {
  simdjson::dom::parser parser;
  std::string scratch;
};

JsonParser::JsonParser() : buffers_(std::make_unique<Buffers>()) {}

JsonParser::~JsonParser() = default;
JsonParser::JsonParser(JsonParser&&) noexcept = default;
JsonParser& JsonParser::operator=(JsonParser&&) noexcept = default;

std::optional<DeadReason> JsonParser::Read(absl::string_view text, JsonObject& object) {
  object.Clear();
  simdjson::dom::parser& parser = buffers_->parser;
  // In powers of two, so that slowly growing records do not allocate every time.
  if (parser.capacity() < text.size()) {
    const size_t capacity = std::bit_ceil(std::max(text.size(), kSmallestCapacity));
    WEIR_CHECK(parser.allocate(capacity, kMaxJsonDepth) == simdjson::SUCCESS);
  }
  simdjson::dom::element root;
  simdjson::error_code error = parser.parse(text.data(), text.size(), false).get(root);
  if (error == simdjson::NUMBER_ERROR) {
    std::string& scratch = buffers_->scratch;
    scratch.assign(text.data(), text.size());
    if (ReplaceLargeNumbers(scratch)) {
      scratch.append(kJsonPadding, ' ');
      error = parser.parse(scratch.data(), text.size(), false).get(root);
    }
  }
  if (error != simdjson::SUCCESS) {
    return ReasonOf(error);
  }
  simdjson::dom::object fields;
  if (root.get_object().get(fields) != simdjson::SUCCESS) {
    return DeadReason::kBadJson;
  }
  NoteFields(fields, object);
  return std::nullopt;
}

Event DecodeJson(absl::string_view text, JsonParser& parser, Arena& arena,
                 std::optional<TimeMs> envelope_time) {
  if (text.size() > kMaxJsonBytes) {
    return DeadReason::kTooLong;
  }
  JsonObject object;
  if (const std::optional<DeadReason> bad = parser.Read(text, object); bad) {
    return *bad;
  }
  return DecodeJsonObject(object, arena, envelope_time);
}

Event DecodeJsonObject(const JsonObject& object, Arena& arena,
                       std::optional<TimeMs> envelope_time) {
  FieldReader reader(object, arena);
  const JsonValue* type = object.Find(JsonField::kType);
  if (type == nullptr) {
    return IsDuisInJson(object) ? Event(DeadReason::kDuisInJson) : AlertOf(reader, envelope_time);
  }
  if (type->kind != JsonValue::Kind::kString) {
    return DeadReason::kBadField;
  }
  const absl::string_view name = type->text();
  if (name == "alert") {
    return AlertOf(reader, envelope_time);
  }
  if (name == "device") {
    return OtherOf(OtherKind::kDevice, reader, envelope_time);
  }
  if (name == "request") {
    return OtherOf(OtherKind::kRequest, reader, envelope_time);
  }
  if (name == "response") {
    return OtherOf(OtherKind::kResponse, reader, envelope_time);
  }
  if (name == "outcome") {
    return OtherOf(OtherKind::kOutcome, reader, envelope_time);
  }
  return DeadReason::kUnknownType;
}

}  // namespace weir
