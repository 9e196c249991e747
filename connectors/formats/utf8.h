// Characters of UTF-8, for writing texts that may hold any bytes.
//
// Threads: any.
//
// Layer: connectors/formats.
#pragma once

#include <cstddef>

#include "absl/strings/string_view.h"

namespace weir {

// U+FFFD, which stands for what is no character.
inline constexpr absl::string_view kReplacement = "\xEF\xBF\xBD";

// How many bytes of a character outside ASCII stand at the front of `text`. `valid` says whether
// they are all of it; if not, they are what one U+FFFD stands for: the longest beginning of a
// character, or one byte that begins none.
struct Utf8Character {
  size_t size;
  bool valid;
};

// `text` is not empty and does not begin with ASCII.
Utf8Character ReadUtf8Character(absl::string_view text);

}  // namespace weir
