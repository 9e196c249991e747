// Reads what `kcat -J` prints: an envelope around one message, the payload as a JSON string.
//
// The payload is a JSON object, a DUIS document, or a GBCS message in hexadecimal or base64: a JSON
// string cannot hold binary. `ts` is the time at which the log got the message.
//
// Promises: any bytes give an event. The envelope is given wherever it can be read, for a message
// that cannot be decoded as well.
// Errors: a DeadReason. An envelope whose fields are missing or are not what kcat prints is
// kBadEnvelope, a payload that is null or empty is kMissingField, a key that is an EUI-64 other
// than the device of the message is kKeyMismatch.
// Source: kcat 1.7, json.c (fields of the envelope).
//
// Layer: connectors/formats (engine/alert, engine/base).
#pragma once

#include <cstddef>
#include <optional>

#include "absl/strings/string_view.h"

#include "connectors/formats/arena.h"
#include "connectors/formats/format.h"
#include "connectors/formats/json.h"
#include "engine/alert/event.h"
#include "engine/base/units.h"

namespace weir {

// The longest line that is read: a byte of the message takes up to six characters as an escape, and
// the rest is for headers. Whether the message is too long is seen once it is unescaped.
constexpr size_t kMaxKcatLine = 8 * kMaxMessageBytes;

// kJsonPadding bytes behind `line` must be readable. The result views `arena` only.
Decoded DecodeKcat(absl::string_view line, JsonParser& parser, Arena& arena);

// Whether an object is an envelope: it says where a message stood, and has none of the fields of
// which every record of the JSON format has at least one. A record that was given an origin of its
// own is therefore no envelope.
bool IsKcat(const JsonObject& object);

// The event of an envelope that `parser` has just read.
Decoded DecodeKcatObject(const JsonObject& object, JsonParser& parser, Arena& arena);

// The event of a GBCS message in hexadecimal (any even number of hex digits) or base64. kBadPayload
// if it is neither. The event views `arena` only.
Event DecodeGbcsText(absl::string_view text, Arena& arena, std::optional<TimeMs> received);

// `text` without the blanks, tabs, carriage returns and line feeds around it.
absl::string_view Trim(absl::string_view text);

}  // namespace weir
