// Reads one message of a log: its value in whatever format, with what the log says of it.
//
// The value is a JSON object, a DUIS document, or a GBCS message: in binary, told by its first
// byte, or in hexadecimal or base64. The log's time comes before any in the value.
//
// Promises: any message gives an event.
// Errors: a DeadReason. kNotReadable if no format fits the value, kMissingField if it is null or
// empty, kBadTime if the log's time is none, kKeyMismatch if the key is an EUI-64 other than the
// device of the message.
//
// Layer: connectors/formats (engine/alert, engine/base).
#pragma once

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"

#include "connectors/formats/arena.h"
#include "connectors/formats/json.h"
#include "engine/alert/eui64.h"
#include "engine/alert/event.h"
#include "engine/base/units.h"

namespace weir {

// What Kafka writes where a message has no time. Any negative number, and zero, means the same.
constexpr int64_t kNoTimestamp = -1;

struct LogMessage {
  absl::string_view key;    // empty if there is none
  absl::string_view value;  // null and empty are the same; kJsonPadding bytes behind it readable
  int64_t timestamp = kNoTimestamp;  // milliseconds since 1970
};

// The event views `arena` and the value. The key is looked at before `parser` reads anything.
Event DecodeLogMessage(const LogMessage& message, JsonParser& parser, Arena& arena);

// The same where `named` is the device that the key names, if it names one. `value` and `timestamp`
// as in a LogMessage.
Event DecodeKeyedMessage(std::optional<Eui64> named, absl::string_view value, int64_t timestamp,
                         JsonParser& parser, Arena& arena);

// The event of a GBCS message in hexadecimal (any even number of hex digits) or base64. kBadPayload
// if it is neither. The event views `arena` only.
Event DecodeGbcsText(absl::string_view text, Arena& arena, std::optional<TimeMs> received);

// For a text that may be of any format: one that is neither is kNotReadable.
void TellNotReadable(Event& event);

// `text` without the blanks, tabs, carriage returns and line feeds around it.
absl::string_view TrimBlanks(absl::string_view text);

// Inline: called for every line, nearly all of which have nothing to trim.
inline absl::string_view Trim(absl::string_view text) {
  const bool has_ends = !text.empty() && text.front() > ' ' && text.back() > ' ';
  return has_ends ? text : TrimBlanks(text);
}

}  // namespace weir
