#include "connectors/formats/kcat.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>

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
  const JsonValue* payload = object.Find(kPayload);
  const std::optional<int64_t> timestamp = TimestampOf(object.Find(kTs));
  const JsonValue* key = object.Find(kKey);
  const bool sound = decoded.envelope.present && object.seen().Has(kPayload) &&
                     (payload == nullptr || IsString(payload)) &&
                     !object.repeated().Meets({kTopic, kPartition, kOffset, kTs, kKey, kPayload});
  if (!sound || !timestamp) {
    return decoded;
  }
  // The parser is used again for the payload, so that `object` is gone once that is being read.
  const absl::string_view value =
      payload == nullptr ? absl::string_view() : Copy(payload->text(), arena);
  const absl::string_view key_text = IsString(key) ? key->text() : absl::string_view();
  decoded.event = DecodeLogMessage({key_text, value, *timestamp}, parser, arena);
  return decoded;
}

}  // namespace weir
