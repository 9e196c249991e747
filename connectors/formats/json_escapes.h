// Takes the backslashes out of a JSON string, in blocks: what kcat prints is a message in JSON in
// such a string, with one of them before each quote.
//
// Layer: connectors/formats (engine/base).
#pragma once

#include <cstddef>

#include "absl/strings/string_view.h"

namespace weir {

// How many bytes behind the text may be read, and behind what is written may be overwritten.
constexpr size_t kUnescapeSlack = 64;

// Writes at `out` what the text between the quotes of a JSON string stands for, and returns its
// end. Null if it has any other escape than that of a quote, a backslash or a slash, which stand
// for themselves; if a quote or the last backslash is not escaped; or if a character is none of
// printable ASCII.
char* RemoveEscapes(absl::string_view text, char* out);

// The same in a way that each processor can.
char* RemoveEscapesPortably(absl::string_view text, char* out);

}  // namespace weir
