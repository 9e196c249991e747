// Hexadecimal digits.
//
// Layer: engine/base.
#pragma once

namespace weir {

constexpr const char* kHexDigits = "0123456789ABCDEF";

// The value of one hex digit in either case; -1 if `c` is none.
constexpr int HexDigit(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  if (c >= 'A' && c <= 'F') {
    return c - 'A' + 10;
  }
  if (c >= 'a' && c <= 'f') {
    return c - 'a' + 10;
  }
  return -1;
}

}  // namespace weir
