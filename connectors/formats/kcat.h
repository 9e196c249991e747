// Reads what `kcat -J` prints: an envelope around one message, the payload as a JSON string.
//
// The payload is read as the value of a message (log_message.h); `ts` is the time at which the log
// got it. A JSON string cannot hold binary, but for the few messages that happen to be UTF-8: Weir
// itself writes `payload_base64` and `key_base64` instead, which kcat does not know.
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

#include "absl/strings/string_view.h"

#include "connectors/formats/arena.h"
#include "connectors/formats/format.h"
#include "connectors/formats/json.h"

namespace weir {

// The longest line that is read: a byte of the message takes up to six characters as an escape, and
// the rest is for headers. Whether the message is too long is seen once it is unescaped.
constexpr size_t kMaxKcatLine = 8 * kMaxMessageBytes;

// Whether `line` was an envelope as kcat usually prints it, read in one pass; if not, DecodeKcat
// decides. kJsonPadding bytes behind `line` must be readable. The results view `arena` only.
bool DecodeUsualKcat(absl::string_view line, JsonParser& parser, Arena& arena, Envelope& envelope,
                     Event& event);

// kJsonPadding bytes behind `line` must be readable. The result views `arena` only.
Decoded DecodeKcat(absl::string_view line, JsonParser& parser, Arena& arena);

// Whether an object is an envelope: it says where a message stood, and has none of the fields of
// which every record of the JSON format has at least one. A record that was given an origin of its
// own is therefore no envelope.
bool IsKcat(const JsonObject& object);

// The event of an envelope that `parser` has just read.
Decoded DecodeKcatObject(const JsonObject& object, JsonParser& parser, Arena& arena);

}  // namespace weir
