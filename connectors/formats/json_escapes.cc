#include "connectors/formats/json_escapes.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "connectors/formats/avx2.h"
#include "connectors/formats/char_masks.h"

namespace weir {

namespace {

constexpr bool StandsForItself(char escaped) {
  return escaped == '"' || escaped == '\\' || escaped == '/';
}

constexpr bool IsPlain(char c) {
  return c >= ' ' && c != '"' && static_cast<unsigned char>(c) < 0x80;
}

#ifdef WEIR_HAS_AVX2

// For each set of eight characters that are to go, as bits: how to move the others together.
using MoveTable = std::array<std::array<uint8_t, 8>, 256>;

constexpr MoveTable MakeMoves() {
  MoveTable table{};
  for (size_t set = 0; set < table.size(); ++set) {
    size_t kept = 0;
    for (uint8_t i = 0; i < 8; ++i) {
      if ((set >> i & 1) == 0) {
        table[set][kept++] = i;
      }
    }
  }
  return table;
}

constexpr MoveTable kMoves = MakeMoves();

WEIR_AVX2 __m128i LoadEight(const void* from) {
  return _mm_loadl_epi64(static_cast<const __m128i*>(from));
}

// As bits, of 64 characters.
struct StringMasks {
  uint64_t backslashes = 0;
  uint64_t quotes = 0;
  uint64_t themselves = 0;  // those that stand for themselves when escaped
  uint64_t odd = 0;         // control characters and what lies outside ASCII
};

WEIR_AVX2 uint64_t BitsOf(__m256i front, __m256i back) {
  const auto low = static_cast<uint32_t>(_mm256_movemask_epi8(front));
  const auto high = static_cast<uint32_t>(_mm256_movemask_epi8(back));
  return low | uint64_t{high} << 32;
}

WEIR_AVX2 uint64_t WhichAre(char wanted, __m256i front, __m256i back) {
  const __m256i each = _mm256_set1_epi8(wanted);
  return BitsOf(_mm256_cmpeq_epi8(front, each), _mm256_cmpeq_epi8(back, each));
}

WEIR_AVX2 StringMasks MaskString(const char* text) {
  const __m256i front = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text));
  const __m256i back = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text + 32));
  // Compared with their signs: what lies outside ASCII is below a blank, too.
  const __m256i blank = _mm256_set1_epi8(' ');
  StringMasks masks;
  masks.backslashes = WhichAre('\\', front, back);
  masks.quotes = WhichAre('"', front, back);
  masks.themselves = masks.backslashes | masks.quotes | WhichAre('/', front, back);
  masks.odd = BitsOf(_mm256_cmpgt_epi8(blank, front), _mm256_cmpgt_epi8(blank, back));
  return masks;
}

// Copies 64 characters without those that are to go; gives the end of what was written.
WEIR_AVX2 char* CopyWithout(uint64_t gone, const char* text, char* out) {
#pragma GCC unroll 8
  for (size_t i = 0; i < kMaskedCharacters; i += 8) {
    const uint64_t set = gone >> i & 0xFF;
    const __m128i kept = _mm_shuffle_epi8(LoadEight(text + i), LoadEight(kMoves[set].data()));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(out), kept);
    out += 8 - _mm_popcnt_u64(set);
  }
  return out;
}

WEIR_AVX2 char* RemoveWithAvx2(absl::string_view text, char* out) {
  Escapes escapes;
  for (; !text.empty(); text.remove_prefix(std::min(text.size(), kMaskedCharacters))) {
    const StringMasks masks = MaskString(text.data());
    const uint64_t inside =
        text.size() < kMaskedCharacters ? (uint64_t{1} << text.size()) - 1 : ~uint64_t{0};
    const uint64_t backslashes = masks.backslashes & inside;
    const uint64_t escaped = escapes.Of(backslashes);
    const uint64_t wrong = masks.odd | (escaped & ~masks.themselves) | (masks.quotes & ~escaped);
    if ((wrong & inside) != 0 || (escaped & ~inside) != 0) {
      return nullptr;
    }
    out = CopyWithout((backslashes & ~escaped) | ~inside, text.data(), out);
  }
  return escapes.are_open() ? nullptr : out;
}

#endif

}  // namespace

char* RemoveEscapesPortably(absl::string_view text, char* out) {
  for (size_t i = 0; i < text.size(); ++i) {
    const bool is_escape = text[i] == '\\';
    i += is_escape ? 1 : 0;
    const bool is_right =
        i < text.size() && (is_escape ? StandsForItself(text[i]) : IsPlain(text[i]));
    if (!is_right) {
      return nullptr;
    }
    *out++ = text[i];
  }
  return out;
}

char* RemoveEscapes(absl::string_view text, char* out) {
#ifdef WEIR_HAS_AVX2
  if (HasAvx2()) {
    return RemoveWithAvx2(text, out);
  }
#endif
  return RemoveEscapesPortably(text, out);
}

}  // namespace weir
