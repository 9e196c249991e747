// Hexadecimal digits, by tables: ids and messages are read and written by the million.
//
// Layer: engine/base.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace weir {

constexpr const char* kHexDigits = "0123456789ABCDEF";

namespace hex_tables {

constexpr std::array<int8_t, 256> MakeValues() {
  std::array<int8_t, 256> values{};
  values.fill(-1);
  for (int8_t i = 0; i < 16; ++i) {
    const auto digit = static_cast<uint8_t>(kHexDigits[i]);
    values[digit] = i;
    if (i > 9) {
      values[digit | 0x20U] = i;
    }
  }
  return values;
}

constexpr std::array<std::array<char, 2>, 256> MakePairs() {
  std::array<std::array<char, 2>, 256> pairs{};
  for (size_t i = 0; i < pairs.size(); ++i) {
    pairs[i] = {kHexDigits[i >> 4], kHexDigits[i & 0xF]};
  }
  return pairs;
}

inline constexpr std::array<int8_t, 256> kValues = MakeValues();
inline constexpr std::array<std::array<char, 2>, 256> kPairs = MakePairs();

}  // namespace hex_tables

// The value of one hex digit in either case; -1 if `c` is none.
constexpr int HexDigit(char c) {
  return hex_tables::kValues[static_cast<uint8_t>(c)];
}

// The two digits of a byte, in upper case.
constexpr const std::array<char, 2>& HexPair(uint8_t byte) {
  return hex_tables::kPairs[byte];
}

}  // namespace weir
