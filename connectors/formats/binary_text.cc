#include "connectors/formats/binary_text.h"

#include <array>
#include <cstdint>
#include <cstring>

#include "engine/base/hex.h"

namespace weir {

namespace {

constexpr absl::string_view kBase64Digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// Set in what the tables below give for a character that is no digit. Digits never reach it, so
// that the results of a whole text can be or-ed together and checked once.
constexpr uint32_t kNoDigit = uint32_t{1} << 31;

using DigitTable = std::array<uint32_t, 256>;

constexpr DigitTable MakeBase64Table() {
  DigitTable table{};
  table.fill(kNoDigit);
  for (size_t i = 0; i < kBase64Digits.size(); ++i) {
    table[static_cast<uint8_t>(kBase64Digits[i])] = static_cast<uint32_t>(i);
  }
  return table;
}

constexpr DigitTable kBase64Values = MakeBase64Table();

uint32_t HexValue(char c) {
  return static_cast<uint32_t>(HexDigit(c));
}

uint32_t Base64Value(char c) {
  return kBase64Values[static_cast<uint8_t>(c)];
}

// Two base64 digits for every value of twelve bits: half as many steps as digit by digit.
using PairTable = std::array<std::array<char, 2>, 4096>;

constexpr PairTable MakePairTable() {
  PairTable table{};
  for (size_t i = 0; i < table.size(); ++i) {
    table[i] = {kBase64Digits[i >> 6], kBase64Digits[i & 63]};
  }
  return table;
}

constexpr PairTable kBase64Pairs = MakePairTable();

constexpr char HexText(uint32_t digit) {
  return kHexDigits[digit];
}

// The text without its padding, if that is complete. An `=` that is left is no digit.
absl::string_view WithoutPadding(absl::string_view text) {
  if (text.size() % 4 == 0) {
    for (int i = 0; i < 2 && !text.empty() && text.back() == '='; ++i) {
      text.remove_suffix(1);
    }
  }
  return text;
}

// Reads the digits after the last whole group of four: none, two or three. False if there is no
// such end, or if it does not end in zero bits.
bool DecodeBase64End(absl::string_view end, char* out) {
  if (end.empty()) {
    return true;
  }
  if (end.size() == 1) {
    return false;
  }
  const uint32_t third = end.size() == 3 ? Base64Value(end[2]) : 0;
  const uint32_t bits = Base64Value(end[0]) << 12 | Base64Value(end[1]) << 6 | third;
  const uint32_t seen = Base64Value(end[0]) | Base64Value(end[1]) | third;
  const uint32_t unused = end.size() == 3 ? 0x3 : 0x3FF;
  if ((seen & kNoDigit) != 0 || (bits & unused) != 0) {
    return false;
  }
  out[0] = static_cast<char>(bits >> 10);
  if (end.size() == 3) {
    out[1] = static_cast<char>(bits >> 2);
  }
  return true;
}

// `digits` without padding; writes digits.size() * 3 / 4 bytes.
bool DecodeBase64(absl::string_view digits, char* out) {
  const size_t groups = digits.size() / 4;
  const char* in = digits.data();
  uint32_t seen = 0;
  for (size_t i = 0; i < groups; ++i, in += 4, out += 3) {
    const uint32_t a = Base64Value(in[0]);
    const uint32_t b = Base64Value(in[1]);
    const uint32_t c = Base64Value(in[2]);
    const uint32_t d = Base64Value(in[3]);
    seen |= a | b | c | d;
    out[0] = static_cast<char>(a << 2 | b >> 4);
    out[1] = static_cast<char>(b << 4 | c >> 2);
    out[2] = static_cast<char>(c << 6 | d);
  }
  return (seen & kNoDigit) == 0 && DecodeBase64End(digits.substr(groups * 4), out);
}

}  // namespace

bool DecodeHex(absl::string_view text, char* out) {
  if (text.size() % 2 != 0) {
    return false;
  }
  uint32_t seen = 0;
  for (size_t i = 0; i < text.size(); i += 2, ++out) {
    const uint32_t byte = HexValue(text[i]) << 4 | HexValue(text[i + 1]);
    seen |= HexValue(text[i]) | HexValue(text[i + 1]);
    *out = static_cast<char>(byte);
  }
  return (seen & kNoDigit) == 0;
}

std::optional<absl::string_view> HexToBytes(absl::string_view text, Arena& arena) {
  const size_t size = text.size() / 2;
  char* out = arena.Allocate(size);
  return DecodeHex(text, out) ? std::make_optional(absl::string_view(out, size)) : std::nullopt;
}

std::optional<absl::string_view> Base64ToBytes(absl::string_view text, Arena& arena) {
  const absl::string_view digits = WithoutPadding(text);
  const size_t size = digits.size() / 4 * 3 + digits.size() % 4 * 3 / 4;
  char* out = arena.Allocate(size);
  return DecodeBase64(digits, out) ? std::make_optional(absl::string_view(out, size))
                                   : std::nullopt;
}

void AppendHex(absl::string_view bytes, std::string& out) {
  const size_t start = out.size();
  out.resize(start + bytes.size() * 2);
  char* to = &out[start];
  for (const char c : bytes) {
    const uint8_t byte = static_cast<uint8_t>(c);
    *to++ = HexText(byte >> 4);
    *to++ = HexText(byte & 0xF);
  }
}

void AppendBase64(absl::string_view bytes, std::string& out) {
  const size_t groups = bytes.size() / 3;
  const size_t left = bytes.size() % 3;
  const size_t start = out.size();
  out.resize(start + (groups + (left != 0 ? 1 : 0)) * 4, '=');
  char* to = &out[start];
  const auto byte = [&bytes](size_t i) {
    return static_cast<uint32_t>(static_cast<uint8_t>(bytes[i]));
  };
  for (size_t i = 0; i < groups * 3; i += 3, to += 4) {
    const uint32_t bits = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    std::memcpy(to, kBase64Pairs[bits >> 12].data(), 2);
    std::memcpy(to + 2, kBase64Pairs[bits & 0xFFF].data(), 2);
  }
  if (left != 0) {
    const size_t i = groups * 3;
    const uint32_t bits = byte(i) << 16 | (left == 2 ? byte(i + 1) << 8 : 0);
    std::memcpy(to, kBase64Pairs[bits >> 12].data(), 2);
    if (left == 2) {
      to[2] = kBase64Digits[bits >> 6 & 63];
    }
  }
}

}  // namespace weir
