// As PortableText, for processors with AVX2, which tell so when the program runs: whoever calls
// this has asked BestAlertText().
//
// Layer: connectors/formats (engine/alert, engine/base).
#pragma once

#if defined(__x86_64__) && defined(__GNUC__)
#define WEIR_HAS_AVX2_TEXT 1

#include <immintrin.h>

#include <bit>
#include <cstddef>
#include <cstdint>

#include "engine/alert/eui64.h"

// What is compiled for these processors.
#define WEIR_AVX2 __attribute__((target("avx2,bmi,bmi2,popcnt")))

namespace weir {

class Avx2Text {
 public:
  WEIR_AVX2 static bool Id(const char* text, Eui64& id) {
    // The second block begins at the first dash that the first one does not need.
    const __m128i front = Load(text);
    const __m128i back = Load(text + 8);
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
    const __m128i lower = _mm_or_si128(digits, Each<0x20>());
    const __m128i decimal = _mm_sub_epi8(digits, Each<'0'>());
    const __m128i letter = _mm_sub_epi8(lower, Each<'a'>());
    const __m128i is_decimal = AtMost(decimal, Each<9>());
    const __m128i is_letter = AtMost(letter, Each<5>());
    const __m128i fits =
        _mm_and_si128(_mm_or_si128(is_decimal, is_letter), _mm_cmpeq_epi8(marks, wanted));
    if (_mm_movemask_epi8(fits) != 0xFFFF) {
      return false;
    }
    const __m128i values = _mm_blendv_epi8(_mm_add_epi8(letter, Each<10>()), decimal, is_decimal);
    const __m128i bytes = _mm_maddubs_epi16(values, _mm_set1_epi16(0x0110));
    const auto word = static_cast<uint64_t>(_mm_cvtsi128_si64(_mm_packus_epi16(bytes, bytes)));
    id.value = __builtin_bswap64(word);
    return true;
  }

  WEIR_AVX2 static bool OfDay(const char* text, int64_t& ms) {
    constexpr char kAny = -1;
    const __m128i values = _mm_sub_epi8(
        Load(text),
        _mm_setr_epi8('0', '0', ':', '0', '0', ':', '0', '0', '.', '0', '0', '0', 'Z', '"', 0, 0));
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
    const __m128i values = _mm_sub_epi8(Load(text), Each<'0'>());
    const auto digits = static_cast<uint32_t>(_mm_movemask_epi8(AtMost(values, Each<9>())));
    const auto count = static_cast<size_t>(std::countr_one(digits));
    // Moved to the end of the block, with zeros before them.
    const __m128i aligned = _mm_shuffle_epi8(values, Load(kToTheEnd + (count & 15)));
    const __m128i pairs = _mm_maddubs_epi16(aligned, _mm_set1_epi16(0x010A));
    const __m128i fours = _mm_madd_epi16(pairs, _mm_set1_epi32(0x0001'0064));
    const __m128i eights =
        _mm_madd_epi16(_mm_packus_epi32(fours, fours), _mm_set1_epi32(0x0001'2710));
    const auto both = static_cast<uint64_t>(_mm_cvtsi128_si64(eights));
    number = (both & 0xFFFFFFFF) * 100'000'000 + (both >> 32);
    return count & 15;
  }

 private:
  static constexpr char kNone = -128;  // no character: zero

  // From its n-th byte on: how to move n bytes to the end of a block.
  static constexpr char kToTheEnd[32] = {kNone, kNone, kNone, kNone, kNone, kNone, kNone, kNone,
                                         kNone, kNone, kNone, kNone, kNone, kNone, kNone, kNone,
                                         0,     1,     2,     3,     4,     5,     6,     7,
                                         8,     9,     10,    11,    12,    13,    14,    15};

  // Kept in memory, and not made anew out of a register each time.
  template <char Byte>
  WEIR_AVX2 static __m128i Each() {
    alignas(16) static constexpr char kBytes[16] = {Byte, Byte, Byte, Byte, Byte, Byte, Byte, Byte,
                                                    Byte, Byte, Byte, Byte, Byte, Byte, Byte, Byte};
    const char* bytes = kBytes;
    asm("" : "+r"(bytes));
    return _mm_load_si128(reinterpret_cast<const __m128i*>(bytes));
  }

  WEIR_AVX2 static __m128i Load(const char* text) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(text));
  }

  // All bits of each byte that is at most what the limit says, without their signs.
  WEIR_AVX2 static __m128i AtMost(__m128i bytes, __m128i limits) {
    return _mm_cmpeq_epi8(_mm_min_epu8(bytes, limits), bytes);
  }
};

}  // namespace weir

#endif
