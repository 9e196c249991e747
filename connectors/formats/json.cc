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

#include "connectors/formats/json_fields.h"
#include "connectors/formats/json_plain.h"
#include "connectors/formats/json_records.h"
#include "connectors/formats/request_report.h"
#include "engine/alert/alert_code.h"
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

// ---- One object
//
// What is not plain is read with simdjson's document parser and not with its on-demand one, which
// looks only at what is asked for: it would take faults in the fields that Weir does not use, and
// checking those one by one made it slower than this.

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
    case simdjson::dom::element_type::BOOL:
      value.kind = Kind::kBool;
      value.number = element.get_bool().value_unsafe() ? 1 : 0;
      return;
    default:
      value.kind = Kind::kOther;
  }
}

// Keeps the items of a list in `lists`.
void SetList(simdjson::dom::array array, JsonValue& value, Arena& lists) {
  if (array.size() > JsonValue::kMostItems) {
    value.kind = JsonValue::Kind::kOther;
    return;
  }
  const absl::Span<JsonValue> items = lists.MakeSpan<JsonValue>(array.size());
  size_t next = 0;
  for (const simdjson::dom::element item : array) {
    SetValue(item, items[next++]);
  }
  value.kind = JsonValue::Kind::kList;
  value.data = reinterpret_cast<const char*>(items.data());
  value.number = items.size();
}

void NoteFields(simdjson::dom::object fields, JsonObject& object, Arena& lists) {
  for (const simdjson::dom::key_value_pair field : fields) {
    const JsonField which = FieldOf({field.key.data(), field.key.size()});
    if (which == JsonField::kCount) {
      continue;
    }
    JsonValue& value = object.Add(which);
    if (field.value.is_array()) {
      SetList(field.value.get_array().value_unsafe(), value, lists);
    } else {
      SetValue(field.value, value);
    }
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

constexpr JsonFieldSet kAlertFields = {
    JsonField::kType,    JsonField::kDevice,   JsonField::kCode,       JsonField::kRecipient,
    JsonField::kCounter, JsonField::kReceived, JsonField::kDeviceTime, JsonField::kPayload};

Event AlertOf(JsonFieldReader& reader, std::optional<TimeMs> envelope_time) {
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
  } else {
    AddRequestReport(alert, reader.arena());
  }
  return event;
}

// As DecodeJson, by way of an object.
Event DecodeAnyJson(absl::string_view text, JsonParser& parser, Arena& arena,
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

// What tools make of the body of a DUIS document.
bool IsDuisInJson(const JsonObject& object) {
  using enum JsonField;
  return object.seen().Has(kDuisBody) && !object.seen().Meets({kDevice, kCode});
}

}  // namespace

struct JsonParser::Buffers {
  simdjson::dom::parser parser;
  std::string scratch;
  Arena lists;  // of the object read last, and its strings that had escapes
};

JsonParser::JsonParser() : buffers_(std::make_unique<Buffers>()) {}

JsonParser::~JsonParser() = default;
JsonParser::JsonParser(JsonParser&&) noexcept = default;
JsonParser& JsonParser::operator=(JsonParser&&) noexcept = default;

std::optional<DeadReason> JsonParser::Read(absl::string_view text, JsonObject& object) {
  object.Clear();
  buffers_->lists.Clear();
  if (ReadPlainObject(text, object, buffers_->lists)) {
    return std::nullopt;
  }
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
  buffers_->lists.Clear();
  NoteFields(fields, object, buffers_->lists);
  return std::nullopt;
}

Event DecodeJson(absl::string_view text, JsonParser& parser, Arena& arena,
                 std::optional<TimeMs> envelope_time) {
  Event event;
  if (!parser.ReadAlert(text, arena, envelope_time, event)) {
    event = DecodeAnyJson(text, parser, arena, envelope_time);
  }
  return event;
}

Event DecodeJsonObject(const JsonObject& object, Arena& arena,
                       std::optional<TimeMs> envelope_time) {
  JsonFieldReader reader(object, arena);
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
  return DecodeJsonRecord(name, reader, envelope_time).value_or(DeadReason::kUnknownType);
}

}  // namespace weir
