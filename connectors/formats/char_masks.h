// Which of 64 characters are what, as bits of a word: the lowest is that of the first character.
//
// Layer: connectors/formats (engine/base).
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "engine/base/swar.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace weir {

constexpr size_t kMaskedCharacters = 64;

struct CharMasks {
  uint64_t quotes = 0;       // "
  uint64_t backslashes = 0;  // one backslash
  uint64_t not_plain = 0;    // a backslash, a control character, or one outside ASCII
};

// Which characters a backslash before them escapes; those of the blocks are asked for one after the
// other.
class Escapes {
 public:
  uint64_t Of(uint64_t backslashes) {
    if (backslashes == 0) {
      return std::exchange(carried_, 0);
    }
    // Source: simdjson. In a run of backslashes each second one is escaped, and what follows a run
    // of odd length; where a run begins, and so which its second ones are, an addition carries to
    // its end.
    constexpr uint64_t kEven = 0x5555'5555'5555'5555;
    const uint64_t running = backslashes & ~carried_;
    const uint64_t follows = running << 1 | carried_;
    const uint64_t odd_begins = running & ~kEven & ~follows;
    uint64_t sums = 0;
    carried_ = __builtin_add_overflow(odd_begins, running, &sums) ? 1 : 0;
    return (kEven ^ sums << 1) & follows;
  }

  // Whether the character behind all blocks would be escaped.
  bool are_open() const { return carried_ != 0; }

 private:
  uint64_t carried_ = 0;  // whether the first character of the next block is escaped
};

#ifdef __SSE2__

inline CharMasks MaskCharacters(const char* text) {
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i backslash = _mm_set1_epi8('\\');
  const __m128i blank = _mm_set1_epi8(' ');
  CharMasks masks;
  for (size_t i = 0; i < kMaskedCharacters; i += 16) {
    const __m128i part = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text + i));
    const __m128i is_backslash = _mm_cmpeq_epi8(part, backslash);
    // Compared with their signs: what lies outside ASCII is below a blank, too.
    const __m128i odd = _mm_or_si128(_mm_cmplt_epi8(part, blank), is_backslash);
    const auto bits = [](__m128i bytes) {
      return uint64_t{static_cast<uint16_t>(_mm_movemask_epi8(bytes))};
    };
    masks.quotes |= bits(_mm_cmpeq_epi8(part, quote)) << i;
    masks.backslashes |= bits(is_backslash) << i;
    masks.not_plain |= bits(odd) << i;
  }
  return masks;
}

#else

inline CharMasks MaskCharacters(const char* text) {
  CharMasks masks;
  for (size_t i = 0; i < kMaskedCharacters; i += 8) {
    const uint64_t word = LoadWord(text + i);
    const uint64_t is_backslash = ZeroBytes(word ^ kEachByte * '\\');
    const uint64_t odd = ~BytesFrom(word & ~kHighBits, ' ') | word | is_backslash;
    masks.quotes |= HighBitsOf(ZeroBytes(word ^ kEachByte * '"')) << i;
    masks.backslashes |= HighBitsOf(is_backslash) << i;
    masks.not_plain |= HighBitsOf(odd) << i;
  }
  return masks;
}

#endif

}  // namespace weir
