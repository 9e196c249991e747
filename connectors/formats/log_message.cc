#include "connectors/formats/log_message.h"

#include <variant>

#include "connectors/formats/binary_text.h"
#include "connectors/formats/duis.h"
#include "connectors/formats/format.h"
#include "connectors/formats/gbcs.h"
#include "connectors/formats/request_report.h"
#include "engine/alert/eui64.h"

namespace weir {

namespace {

// No text that Weir reads begins with either.
bool IsBinaryGbcs(absl::string_view value) {
  return value.front() == kGeneralSigning || value.front() == kGeneralCiphering;
}

// The event of a message, with what it says of a request.
Event DecodeBinaryGbcs(absl::string_view message, Arena& arena, std::optional<TimeMs> received) {
  GbcsMessage gbcs;
  Event event = message.size() > kMaxMessageBytes ? Event(DeadReason::kTooLong)
                                                  : GbcsToEvent(message, received, gbcs);
  if (auto* alert = std::get_if<Alert>(&event)) {
    AddRequestReport(gbcs, *alert, arena);
  }
  return event;
}

Event DecodeValue(absl::string_view value, JsonParser& parser, Arena& arena,
                  std::optional<TimeMs> received) {
  if (IsBinaryGbcs(value)) {
    return DecodeBinaryGbcs(value, arena, received);
  }
  const absl::string_view text = Trim(value);
  if (!text.empty() && text.front() == '{') {
    return DecodeJson(text, parser, arena, received);
  }
  if (!text.empty() && text.front() == '<') {
    return DecodeDuis(text, arena, received);
  }
  Event event = DecodeGbcsText(text, arena, received);
  TellNotReadable(event);
  return event;
}

std::optional<Eui64> DeviceOf(const Event& event) {
  if (const Alert* alert = std::get_if<Alert>(&event); alert != nullptr) {
    return alert->device;
  }
  const OtherEvent* other = std::get_if<OtherEvent>(&event);
  return other == nullptr ? std::nullopt : other->device;
}

}  // namespace

Event DecodeLogMessage(const LogMessage& message, JsonParser& parser, Arena& arena) {
  // Any text may be a key; only one that is an EUI-64 names a device.
  return DecodeKeyedMessage(ParseEui64(message.key), message.value, message.timestamp, parser,
                            arena);
}

Event DecodeKeyedMessage(std::optional<Eui64> named, absl::string_view value, int64_t timestamp,
                         JsonParser& parser, Arena& arena) {
  const TimeMs time{timestamp};
  if (time > kLatestTime) {
    return DeadReason::kBadTime;
  }
  if (value.empty()) {
    return DeadReason::kMissingField;
  }
  Event event =
      DecodeValue(value, parser, arena, time > TimeMs{0} ? std::make_optional(time) : std::nullopt);
  const std::optional<Eui64> device = DeviceOf(event);
  if (named && device && *named != *device) {
    event = DeadReason::kKeyMismatch;
  }
  return event;
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
  return DecodeBinaryGbcs(*bytes, arena, received);
}

void TellNotReadable(Event& event) {
  const DeadReason* reason = std::get_if<DeadReason>(&event);
  if (reason != nullptr && *reason == DeadReason::kBadPayload) {
    event = DeadReason::kNotReadable;
  }
}

absl::string_view TrimBlanks(absl::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && is_blank(text.back())) {
    text.remove_suffix(1);
  }
  while (!text.empty() && is_blank(text.front())) {
    text.remove_prefix(1);
  }
  return text;
}

}  // namespace weir
