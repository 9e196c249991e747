// What is compiled for processors with AVX2, beside a way that each processor can: Debian's
// programs run on any x86-64, and which one it is shows when they run.
//
// Layer: connectors/formats.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__)

#define WEIR_HAS_AVX2 1
// Marks a function that only a processor may run of which HasAvx2 says so.
#define WEIR_AVX2 [[gnu::target("avx2,bmi,bmi2,popcnt")]]

#include <immintrin.h>

#include <array>
#include <cstdint>

namespace weir {

inline bool HasAvx2() {
  return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("bmi2") != 0;
}

// All bits of each byte that is at most what the limit says, without their signs.
WEIR_AVX2 inline __m128i AtMost(__m128i bytes, __m128i limits) {
  return _mm_cmpeq_epi8(_mm_min_epu8(bytes, limits), bytes);
}

WEIR_AVX2 inline __m128i LoadBlock(const char* text) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(text));
}

WEIR_AVX2 inline void StoreBlock(__m128i block, char* out) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out), block);
}

// Sixteen times the same byte.
struct alignas(16) ByteBlock {
  char bytes[16];
};

// For each byte of ASCII. Elsewhere, so that the block is read from memory, and not made anew out
// of a register each time.
// NOLINTNEXTLINE(readability-identifier-naming): it is a constant; avx2.cc has its value
extern const std::array<ByteBlock, 128> kByteBlocks;

template <char Byte>
WEIR_AVX2 inline __m128i EachByteIs() {
  return _mm_load_si128(reinterpret_cast<const __m128i*>(&kByteBlocks[Byte]));
}

// The eight bytes that sixteen hex digits make, the first one lowest. False if any is none.
WEIR_AVX2 inline bool HexBytes(__m128i digits, uint64_t& bytes) {
  const __m128i lower = _mm_or_si128(digits, EachByteIs<0x20>());
  const __m128i decimal = _mm_sub_epi8(digits, EachByteIs<'0'>());
  const __m128i letter = _mm_sub_epi8(lower, EachByteIs<'a'>());
  const __m128i is_decimal = AtMost(decimal, EachByteIs<9>());
  const __m128i is_letter = AtMost(letter, EachByteIs<5>());
  const __m128i values =
      _mm_blendv_epi8(_mm_add_epi8(letter, EachByteIs<10>()), decimal, is_decimal);
  const __m128i pairs = _mm_maddubs_epi16(values, _mm_set1_epi16(0x0110));
  bytes = static_cast<uint64_t>(_mm_cvtsi128_si64(_mm_packus_epi16(pairs, pairs)));
  return _mm_movemask_epi8(_mm_or_si128(is_decimal, is_letter)) == 0xFFFF;
}

}  // namespace weir

#endif
