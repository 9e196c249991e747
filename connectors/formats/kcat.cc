#include "connectors/formats/kcat.h"

#include <cstdint>
#include <cstring>
#include <limits>
#include <variant>

#include "connectors/formats/binary_text.h"
#include "connectors/formats/duis.h"
#include "connectors/formats/gbcs.h"
#include "engine/alert/eui64.h"

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

struct Timestamp {
  std::optional<TimeMs> time;       // none: the log does not say
  std::optional<DeadReason> fault;  // no such time
};

// Kafka writes -1 where a message has no time.
Timestamp TimestampOf(const JsonValue* ts) {
  if (ts == nullptr || ts->kind == JsonValue::Kind::kNegative) {
    return {};
  }
  if (ts->kind != JsonValue::Kind::kUnsigned) {
    return {.time = {}, .fault = DeadReason::kBadEnvelope};
  }
  if (!IsUpTo(ts, kLatestTime.value)) {
    return {.time = {}, .fault = DeadReason::kBadTime};
  }
  const TimeMs time{static_cast<int64_t>(ts->number)};
  return {.time = time.value == 0 ? std::nullopt : std::make_optional(time), .fault = {}};
}

Event PayloadEvent(absl::string_view payload, JsonParser& parser, Arena& arena,
                   std::optional<TimeMs> received) {
  const absl::string_view text = Trim(payload);
  if (!text.empty() && text.front() == '{') {
    return DecodeJson(text, parser, arena, received);
  }
  if (!text.empty() && text.front() == '<') {
    return DecodeDuis(text, arena, received);
  }
  const Event event = DecodeGbcsText(text, arena, received);
  const DeadReason* reason = std::get_if<DeadReason>(&event);
  // The payload may be in any format, and this is none of them.
  return reason != nullptr && *reason == DeadReason::kBadPayload ? Event(DeadReason::kNotReadable)
                                                                 : event;
}

std::optional<Eui64> DeviceOf(const Event& event) {
  if (const Alert* alert = std::get_if<Alert>(&event); alert != nullptr) {
    return alert->device;
  }
  const OtherEvent* other = std::get_if<OtherEvent>(&event);
  return other == nullptr ? std::nullopt : other->device;
}

// The device that a key names. Any text may be a key; only one that is an EUI-64 names a device.
std::optional<Eui64> DeviceOf(const JsonValue* key) {
  return IsString(key) ? ParseEui64(key->text()) : std::nullopt;
}

}  // namespace

absl::string_view Trim(absl::string_view text) {
  // Called for every line, nearly all of which have nothing to trim.
  const auto is_blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && is_blank(text.back())) {
    text.remove_suffix(1);
  }
  while (!text.empty() && is_blank(text.front())) {
    text.remove_prefix(1);
  }
  return text;
}

Event DecodeGbcsText(absl::string_view text, Arena& arena, std::optional<TimeMs> received) {
  // Two characters make at least one byte, whichever of the two it is.
  if (text.size() / 2 > kMaxMessageBytes) {
    return DeadReason::kTooLong;
  }
  std::optional<absl::string_view> bytes = HexToBytes(text, arena);
  if (!bytes) {
    bytes = Base64ToBytes(text, arena);
  }
  if (!bytes || bytes->empty()) {
    return DeadReason::kBadPayload;
  }
  if (bytes->size() > kMaxMessageBytes) {
    return DeadReason::kTooLong;
  }
  return GbcsToEvent(*bytes, received);
}

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
  const Timestamp timestamp = TimestampOf(object.Find(kTs));
  const std::optional<Eui64> named = DeviceOf(object.Find(kKey));
  const bool sound = decoded.envelope.present && object.seen().Has(kPayload) &&
                     (payload == nullptr || IsString(payload)) &&
                     !object.repeated().Meets({kTopic, kPartition, kOffset, kTs, kKey, kPayload});
  if (!sound) {
    return decoded;
  }
  if (timestamp.fault) {
    decoded.event = *timestamp.fault;
    return decoded;
  }
  if (payload == nullptr || payload->text().empty()) {
    decoded.event = DeadReason::kMissingField;
    return decoded;
  }
  // The parser is used again for the payload, so that `object` is gone from here on.
  decoded.event = PayloadEvent(Copy(payload->text(), arena), parser, arena, timestamp.time);
  const std::optional<Eui64> device = DeviceOf(decoded.event);
  if (named && device && *named != *device) {
    decoded.event = DeadReason::kKeyMismatch;
  }
  return decoded;
}

}  // namespace weir
