#include "engine/alert/eui64.h"

#include <array>

#include "engine/base/hex.h"

namespace weir {

std::optional<Eui64> ParseEui64(absl::string_view text) {
  const size_t step = text.size() == kEui64TextSize ? 3 : 2;
  if (text.size() != 16 && text.size() != kEui64TextSize) {
    return std::nullopt;
  }
  uint64_t value = 0;
  for (size_t i = 0; i < 8; ++i) {
    const int high = HexDigit(text[i * step]);
    const int low = HexDigit(text[i * step + 1]);
    if (high < 0 || low < 0 || (step == 3 && i > 0 && text[i * step - 1] != '-')) {
      return std::nullopt;
    }
    value = value << 8 | static_cast<uint64_t>(high << 4 | low);
  }
  return Eui64{value};
}

void AppendEui64(Eui64 id, std::string& out) {
  std::array<char, kEui64TextSize> text{};
  for (size_t i = 0; i < 8; ++i) {
    const uint64_t byte = id.value >> (8 * (7 - i)) & 0xFF;
    text.at(i * 3) = kHexDigits[byte >> 4];
    text.at(i * 3 + 1) = kHexDigits[byte & 0xF];
    if (i < 7) {
      text.at(i * 3 + 2) = '-';
    }
  }
  out.append(text.data(), text.size());
}

std::string FormatEui64(Eui64 id) {
  std::string out;
  AppendEui64(id, out);
  return out;
}

}  // namespace weir
