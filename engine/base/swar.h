// Eight characters at a time in one word, for the texts that are read by the million.
//
// The first character is the lowest byte. Nothing here branches on what the characters are.
//
// Layer: engine/base.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace weir {

static_assert(std::endian::native == std::endian::little, "the first byte is the lowest");

constexpr uint64_t kEachByte = 0x0101010101010101;
constexpr uint64_t kHighBits = 0x8080808080808080;

inline uint64_t LoadWord(const char* text) {
  uint64_t word = 0;
  std::memcpy(&word, text, sizeof word);
  return word;
}

// The word that eight characters make: WordOf("YYYY-MM-").
constexpr uint64_t WordOf(const char (&text)[9]) {
  uint64_t word = 0;
  for (int i = 7; i >= 0; --i) {
    word = word << 8 | static_cast<unsigned char>(text[i]);
  }
  return word;
}

constexpr uint64_t ByteOf(uint64_t word, int index) {
  return word >> (8 * index) & 0xFF;
}

// Of bytes below 0x80: the high bit of every byte that is at least `least`, which is not zero.
constexpr uint64_t BytesFrom(uint64_t word, uint8_t least) {
  return (word + kEachByte * (uint8_t{0x80} - least)) & kHighBits;
}

// The high bit of every byte that is zero.
constexpr uint64_t ZeroBytes(uint64_t word) {
  return ~(BytesFrom(word & ~kHighBits, 1) | word) & kHighBits;
}

// The high bits of the eight bytes, next to one another.
constexpr uint64_t HighBitsOf(uint64_t word) {
  return ((word & kHighBits) >> 7) * 0x0102040810204080 >> 56;
}

}  // namespace weir
