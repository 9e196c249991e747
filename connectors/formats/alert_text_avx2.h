// As PortableText, for processors with AVX2, which tell so when the program runs: whoever calls
// this has asked BestAlertText().
//
// Layer: connectors/formats (engine/alert, engine/base).
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "connectors/formats/avx2.h"
#include "engine/alert/eui64.h"
#include "engine/base/hex.h"

#ifdef WEIR_HAS_AVX2

namespace weir {

class Avx2Text {
 public:
  WEIR_AVX2 static bool Id(const char* text, Eui64& id, uint32_t& lower) {
    // The second block begins at the first dash that the first one does not need.
    const __m128i front = LoadBlock(text);
    const __m128i back = LoadBlock(text + 8);
    const __m128i digits = _mm_or_si128(
        _mm_shuffle_epi8(front, _mm_setr_epi8(0, 1, 3, 4, 6, 7, 9, 10, 12, 13, kNone, kNone, kNone,
                                              kNone, kNone, kNone)),
        _mm_shuffle_epi8(back, _mm_setr_epi8(kNone, kNone, kNone, kNone, kNone, kNone, kNone, kNone,
                                             kNone, kNone, 7, 8, 10, 11, 13, 14)));
    // The dashes and the quote, at the places where the blocks have them.
    const __m128i marks = _mm_or_si128(
        _mm_shuffle_epi8(front, _mm_setr_epi8(2, 5, 8, 11, 14, kNone, kNone, kNone, kNone, kNone,
                                              kNone, kNone, kNone, kNone, kNone, kNone)),
        _mm_shuffle_epi8(back, _mm_setr_epi8(kNone, kNone, kNone, kNone, kNone, 9, 12, 15, kNone,
                                             kNone, kNone, kNone, kNone, kNone, kNone, kNone)));
    const __m128i wanted =
        _mm_setr_epi8('-', '-', '-', '-', '-', '-', '-', '"', 0, 0, 0, 0, 0, 0, 0, 0);
    uint64_t word = 0;
    const bool is_hex = HexBytes(digits, word);
    if (!is_hex || _mm_movemask_epi8(_mm_cmpeq_epi8(marks, wanted)) != 0xFFFF) {
      return false;
    }
    id.value = __builtin_bswap64(word);
    // Of hex digits, only letters in lower case are 0x60 and more.
    lower |= static_cast<uint32_t>(_mm_movemask_epi8(_mm_add_epi8(digits, EachByteIs<0x20>())));
    return true;
  }

  template <char Behind = '"'>
  WEIR_AVX2 static bool OfDay(const char* text, int64_t& ms) {
    constexpr char kAny = -1;
    const __m128i values =
        _mm_sub_epi8(LoadBlock(text), _mm_setr_epi8('0', '0', ':', '0', '0', ':', '0', '0', '.',
                                                    '0', '0', '0', 'Z', Behind, 0, 0));
    const __m128i largest = _mm_setr_epi8(2, 9, 0, 5, 9, 0, 5, 9, 0, 9, 9, 9, 0, 0, kAny, kAny);
    if (_mm_movemask_epi8(AtMost(values, largest)) != 0xFFFF) {
      return false;
    }
    const __m128i digits =
        _mm_shuffle_epi8(values, _mm_setr_epi8(0, 1, 3, 4, 6, 7, 9, 10, 11, kNone, kNone, kNone,
                                               kNone, kNone, kNone, kNone));
    // Hours, minutes, seconds, hundredths as milliseconds, the last digit.
    const __m128i numbers = _mm_maddubs_epi16(
        digits, _mm_setr_epi8(10, 1, 10, 1, 10, 1, 100, 10, 1, 0, 0, 0, 0, 0, 0, 0));
    const __m128i sums = _mm_madd_epi16(numbers, _mm_setr_epi16(3600, 60, 1000, 1, 1, 0, 0, 0));
    const auto low = static_cast<uint64_t>(_mm_cvtsi128_si64(sums));
    const auto seconds = static_cast<uint32_t>(low);
    constexpr uint32_t kSecondsOfDay = 86400;
    ms = int64_t{seconds} * 1000 + static_cast<int64_t>(low >> 32) + _mm_extract_epi32(sums, 2);
    return seconds < kSecondsOfDay;
  }

  WEIR_AVX2 static size_t Number(const char* text, uint64_t& number) {
    const __m128i values = _mm_sub_epi8(LoadBlock(text), EachByteIs<'0'>());
    const auto digits = static_cast<uint32_t>(_mm_movemask_epi8(AtMost(values, EachByteIs<9>())));
    const auto count = static_cast<size_t>(std::countr_one(digits));
    // Moved to the end of the block, with zeros before them.
    const __m128i aligned = _mm_shuffle_epi8(values, LoadBlock(kToTheEnd + (count & 15)));
    const __m128i pairs = _mm_maddubs_epi16(aligned, _mm_set1_epi16(0x010A));
    const __m128i fours = _mm_madd_epi16(pairs, _mm_set1_epi32(0x0001'0064));
    const __m128i eights =
        _mm_madd_epi16(_mm_packus_epi32(fours, fours), _mm_set1_epi32(0x0001'2710));
    const auto both = static_cast<uint64_t>(_mm_cvtsi128_si64(eights));
    number = (both & 0xFFFFFFFF) * 100'000'000 + (both >> 32);
    return count & 15;
  }

  // As PutEui64.
  WEIR_AVX2 static char* PutId(Eui64 id, char* out) {
    const __m128i bytes = _mm_cvtsi64_si128(static_cast<int64_t>(__builtin_bswap64(id.value)));
    const __m128i low_bits = EachByteIs<0xF>();
    const __m128i high = _mm_and_si128(_mm_srli_epi16(bytes, 4), low_bits);
    const __m128i low = _mm_and_si128(bytes, low_bits);
    const __m128i digits = _mm_shuffle_epi8(LoadBlock(kHexDigits), _mm_unpacklo_epi8(high, low));
    const __m128i front = _mm_shuffle_epi8(
        digits, _mm_setr_epi8(0, 1, kNone, 2, 3, kNone, 4, 5, kNone, 6, 7, kNone, 8, 9, kNone, 10));
    const __m128i back =
        _mm_shuffle_epi8(digits, _mm_setr_epi8(kNone, 6, 7, kNone, 8, 9, kNone, 10, 11, kNone, 12,
                                               13, kNone, 14, 15, kNone));
    const __m128i front_dashes =
        _mm_setr_epi8(0, 0, '-', 0, 0, '-', 0, 0, '-', 0, 0, '-', 0, 0, '-', 0);
    const __m128i back_dashes =
        _mm_setr_epi8('-', 0, 0, '-', 0, 0, '-', 0, 0, '-', 0, 0, '-', 0, 0, 0);
    StoreBlock(_mm_or_si128(front, front_dashes), out);
    StoreBlock(_mm_or_si128(back, back_dashes), out + 8);
    return out + kEui64TextSize;
  }

 private:
  static constexpr char kNone = -128;  // no character: zero

  // From its n-th byte on: how to move n bytes to the end of a block.
  static constexpr char kToTheEnd[32] = {kNone, kNone, kNone, kNone, kNone, kNone, kNone, kNone,
                                         kNone, kNone, kNone, kNone, kNone, kNone, kNone, kNone,
                                         0,     1,     2,     3,     4,     5,     6,     7,
                                         8,     9,     10,    11,    12,    13,    14,    15};
};

}  // namespace weir

#endif
