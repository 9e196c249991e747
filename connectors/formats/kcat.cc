#include "connectors/formats/kcat.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>

#include "connectors/formats/binary_text.h"
#include "connectors/formats/kcat_line.h"
#include "connectors/formats/log_message.h"

namespace weir {

namespace {

// `text` in the arena, padded as DecodeJson wants it.
absl::string_view Copy(absl::string_view text, Arena& arena) {
  char* const copy = arena.Allocate(text.size() + kJsonPadding);
  std::memcpy(copy, text.data(), text.size());
  std::memset(copy + text.size(), 0, kJsonPadding);
  return {copy, text.size()};
}

bool IsUpTo(const JsonValue* value, int64_t largest) {
  return value != nullptr && value->kind == JsonValue::Kind::kUnsigned &&
         value->number <= static_cast<uint64_t>(largest);
}

bool IsString(const JsonValue* value) {
  return value != nullptr && value->kind == JsonValue::Kind::kString;
}

// Where the message stood; not `present` if the envelope does not say.
Envelope EnvelopeOf(const JsonObject& object, Arena& arena) {
  const JsonValue* topic = object.Find(JsonField::kTopic);
  const JsonValue* partition = object.Find(JsonField::kPartition);
  const JsonValue* offset = object.Find(JsonField::kOffset);
  if (!IsString(topic) || topic->text().empty() ||
      !IsUpTo(partition, std::numeric_limits<int32_t>::max()) ||
      !IsUpTo(offset, std::numeric_limits<int64_t>::max())) {
    return {};
  }
  return {.present = true,
          .topic = Copy(topic->text(), arena),
          .partition = static_cast<int32_t>(partition->number),
          .offset = static_cast<int64_t>(offset->number)};
}

// What is said in base64, in the arena; nothing if it is not, or if it is said as text as well.
std::optional<absl::string_view> Base64Of(const JsonValue* base64, const JsonValue* text,
                                          Arena& arena) {
  return text == nullptr && IsString(base64) ? Base64ToBytes(base64->text(), arena) : std::nullopt;
}

// The message; empty if it is null. Nothing if the envelope does not say it.
std::optional<absl::string_view> ValueOf(const JsonObject& object, Arena& arena) {
  const JsonValue* text = object.Find(JsonField::kPayload);
  if (object.seen().Has(JsonField::kPayloadBase64)) {
    const auto bytes = Base64Of(object.Find(JsonField::kPayloadBase64), text, arena);
    return bytes ? std::make_optional(Copy(*bytes, arena)) : std::nullopt;
  }
  if (!object.seen().Has(JsonField::kPayload)) {
    return std::nullopt;
  }
  if (text == nullptr) {
    return absl::string_view();
  }
  return IsString(text) ? std::make_optional(Copy(text->text(), arena)) : std::nullopt;
}

// Empty if there is none, or what is no text.
std::optional<absl::string_view> KeyOf(const JsonObject& object, Arena& arena) {
  const JsonValue* text = object.Find(JsonField::kKey);
  if (object.seen().Has(JsonField::kKeyBase64)) {
    return Base64Of(object.Find(JsonField::kKeyBase64), text, arena);
  }
  return IsString(text) ? text->text() : absl::string_view();
}

// `ts` as a number: what no log has is told as kBadTime.
std::optional<int64_t> TimestampOf(const JsonValue* ts) {
  if (ts == nullptr || ts->kind == JsonValue::Kind::kNegative) {
    return kNoTimestamp;
  }
  if (ts->kind != JsonValue::Kind::kUnsigned) {
    return std::nullopt;
  }
  constexpr auto kLargest = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
  return static_cast<int64_t>(std::min(ts->number, kLargest));
}

}  // namespace

bool IsKcat(const JsonObject& object) {
  using enum JsonField;
  const JsonFieldSet seen = object.seen();
  return seen.Has(kPartition) && seen.Has(kOffset) &&
         !seen.Meets({kType, kDevice, kCode, kRequestId});
}

bool DecodeUsualKcat(absl::string_view line, JsonParser& parser, Arena& arena, Envelope& envelope,
                     Event& event) {
  KcatLine read;
  if (line.size() > kMaxKcatLine || !ReadKcatLine(line, arena, read) || read.topic.empty() ||
      read.partition > std::numeric_limits<int32_t>::max()) {
    return false;
  }
  envelope = {.present = true,
              .topic = arena.Copy(read.topic),
              .partition = static_cast<int32_t>(read.partition),
              .offset = static_cast<int64_t>(read.offset)};
  event = DecodeKeyedMessage(read.named, read.value, read.timestamp, parser, arena);
  return true;
}

Decoded DecodeKcat(absl::string_view line, JsonParser& parser, Arena& arena) {
  if (line.size() > kMaxKcatLine) {
    return {.envelope = {}, .event = DeadReason::kTooLong};
  }
  JsonObject object;
  if (const std::optional<DeadReason> bad = parser.Read(line, object); bad) {
    return {.envelope = {}, .event = *bad};
  }
  return DecodeKcatObject(object, parser, arena);
}

Decoded DecodeKcatObject(const JsonObject& object, JsonParser& parser, Arena& arena) {
  using enum JsonField;
  Decoded decoded = {.envelope = EnvelopeOf(object, arena), .event = DeadReason::kBadEnvelope};
  const std::optional<int64_t> timestamp = TimestampOf(object.Find(kTs));
  const std::optional<absl::string_view> value = ValueOf(object, arena);
  const std::optional<absl::string_view> key = KeyOf(object, arena);
  const bool repeats = object.repeated().Meets(
      {kTopic, kPartition, kOffset, kTs, kKey, kKeyBase64, kPayload, kPayloadBase64});
  if (!decoded.envelope.present || !timestamp || !value || !key || repeats) {
    return decoded;
  }
  // The parser is used again for the payload, so that `object` is gone once that is being read.
  decoded.event = DecodeLogMessage({*key, *value, *timestamp}, parser, arena);
  return decoded;
}

}  // namespace weir
