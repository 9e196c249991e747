// Which of 64 characters are what, as bits of a word: the lowest is that of the first character.
//
// Layer: connectors/formats (engine/base).
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/base/swar.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace weir {

constexpr size_t kMaskedCharacters = 64;

struct CharMasks {
  uint64_t quotes = 0;     // "
  uint64_t not_plain = 0;  // a backslash, a control character, or one outside ASCII
};

#ifdef __SSE2__

inline CharMasks MaskCharacters(const char* text) {
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i backslash = _mm_set1_epi8('\\');
  const __m128i blank = _mm_set1_epi8(' ');
  CharMasks masks;
  for (size_t i = 0; i < kMaskedCharacters; i += 16) {
    const __m128i part = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text + i));
    // Compared with their signs: what lies outside ASCII is below a blank, too.
    const __m128i odd = _mm_or_si128(_mm_cmplt_epi8(part, blank), _mm_cmpeq_epi8(part, backslash));
    const auto bits = [](__m128i bytes) {
      return uint64_t{static_cast<uint16_t>(_mm_movemask_epi8(bytes))};
    };
    masks.quotes |= bits(_mm_cmpeq_epi8(part, quote)) << i;
    masks.not_plain |= bits(odd) << i;
  }
  return masks;
}

#else

inline CharMasks MaskCharacters(const char* text) {
  CharMasks masks;
  for (size_t i = 0; i < kMaskedCharacters; i += 8) {
    const uint64_t word = LoadWord(text + i);
    const uint64_t odd =
        ~BytesFrom(word & ~kHighBits, ' ') | word | ZeroBytes(word ^ kEachByte * '\\');
    masks.quotes |= HighBitsOf(ZeroBytes(word ^ kEachByte * '"')) << i;
    masks.not_plain |= HighBitsOf(odd) << i;
  }
  return masks;
}

#endif

}  // namespace weir
