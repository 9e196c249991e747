#include "connectors/formats/utf8.h"

namespace weir {

// A lead byte allows a range for the byte after it, which excludes overlong forms, surrogates and
// what lies beyond U+10FFFF (Unicode 15, table 3-7).
Utf8Character ReadUtf8Character(absl::string_view text) {
  const auto byte = [text](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0xC2 || lead > 0xF4) {
    return {.size = 1, .valid = false};
  }
  const size_t size = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  const unsigned char lowest = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned char highest = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  for (size_t i = 1; i < size; ++i) {
    if (i == text.size() || byte(i) < (i == 1 ? lowest : 0x80) ||
        byte(i) > (i == 1 ? highest : 0xBF)) {
      return {.size = i, .valid = false};
    }
  }
  return {.size = size, .valid = true};
}

}  // namespace weir
