// Reads the plainest JSON objects, which nearly all records are, several times as fast as a general
// parser can: their members are strings of printable ASCII, whole numbers or null. Of escapes they
// have only those that put a backslash before a character, as what kcat prints is full of.
//
// Promises: what it reads, a general parser reads alike (RFC 8259).
// Does not promise: to read every such object; it says so, and a general parser decides.
//
// Threads: any.
//
// Layer: connectors/formats.
#pragma once

#include "absl/strings/string_view.h"

#include "connectors/formats/arena.h"
#include "connectors/formats/json_object.h"

namespace weir {

// Whether `text` was such an object; if not, what `object` holds means nothing. `object` comes
// empty. kJsonPadding bytes behind `text` must be readable. Strings view `text`, or `unescaped` if
// they had escapes.
bool ReadPlainObject(absl::string_view text, JsonObject& object, Arena& unescaped);

}  // namespace weir
