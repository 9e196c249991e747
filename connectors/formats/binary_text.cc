#include "connectors/formats/binary_text.h"

#include <array>
#include <cstdint>
#include <cstring>

#include "connectors/formats/avx2.h"
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

// ---- Blocks of sixteen characters. They are taken off the text, and `out` moves to where the next
// byte belongs. False once there is a character that is no digit.

constexpr size_t kBlock = 16;

#ifdef WEIR_HAS_AVX2

WEIR_AVX2 __m256i AtMost(__m256i bytes, char limit) {
  return _mm256_cmpeq_epi8(_mm256_min_epu8(bytes, _mm256_set1_epi8(limit)), bytes);
}

// Of two blocks of hex digits: the bytes that they make. All bits of each digit that is one are
// left in `are_hex`.
WEIR_AVX2 __m128i HexBlocks(const char* text, __m256i& are_hex) {
  const __m256i digits = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text));
  const __m256i lower = _mm256_or_si256(digits, _mm256_set1_epi8(0x20));
  const __m256i decimal = _mm256_sub_epi8(digits, _mm256_set1_epi8('0'));
  const __m256i letter = _mm256_sub_epi8(lower, _mm256_set1_epi8('a'));
  const __m256i is_decimal = AtMost(decimal, 9);
  const __m256i is_hex = _mm256_or_si256(is_decimal, AtMost(letter, 5));
  const __m256i values =
      _mm256_blendv_epi8(_mm256_add_epi8(letter, _mm256_set1_epi8(10)), decimal, is_decimal);
  const __m256i pairs = _mm256_maddubs_epi16(values, _mm256_set1_epi16(0x0110));
  are_hex = _mm256_and_si256(are_hex, is_hex);
  return _mm_packus_epi16(_mm256_castsi256_si128(pairs), _mm256_extracti128_si256(pairs, 1));
}

// All of a text that is no shorter than two blocks: the last two may overlap those before.
WEIR_AVX2 bool DecodeHexBlocks(absl::string_view& text, char*& out) {
  constexpr size_t kStep = 2 * kBlock;
  if (text.size() < kStep) {
    return true;
  }
  const char* const digits = text.data();
  const size_t last = text.size() - kStep;
  __m256i are_hex = _mm256_set1_epi8(-1);
  for (size_t at = 0; at < last; at += kStep) {
    StoreBlock(HexBlocks(digits + at, are_hex), out + at / 2);
  }
  StoreBlock(HexBlocks(digits + last, are_hex), out + last / 2);
  out += text.size() / 2;
  text.remove_prefix(text.size());
  return _mm256_movemask_epi8(are_hex) == -1;
}

// Source: W. Mula and D. Lemire, Faster Base64 Encoding and Decoding Using AVX2 Instructions, 2018;
// the tables are those of its section 4, for the halves of a character.
// As many as there are.
WEIR_AVX2 bool DecodeBase64Blocks(absl::string_view& text, char*& out) {
  const __m128i wrong_low = _mm_setr_epi8(0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
                                          0x11, 0x13, 0x1A, 0x1B, 0x1B, 0x1B, 0x1A);
  const __m128i wrong_high = _mm_setr_epi8(0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08, 0x10,
                                           0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10);
  const __m128i to_value = _mm_setr_epi8(0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0);
  const __m128i to_front = _mm_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
  const __m128i slash = _mm_set1_epi8('/');  // the bits of a half, and the one digit out of line
  constexpr size_t kBytes = 12;
  for (; text.size() >= kBlock; text.remove_prefix(kBlock), out += kBytes) {
    const __m128i digits = LoadBlock(text.data());
    const __m128i high = _mm_and_si128(_mm_srli_epi32(digits, 4), slash);
    const __m128i low = _mm_and_si128(digits, slash);
    if (_mm_testz_si128(_mm_shuffle_epi8(wrong_low, low), _mm_shuffle_epi8(wrong_high, high)) ==
        0) {
      return false;
    }
    const __m128i is_slash = _mm_cmpeq_epi8(digits, slash);
    const __m128i values =
        _mm_add_epi8(digits, _mm_shuffle_epi8(to_value, _mm_add_epi8(is_slash, high)));
    const __m128i twelve_bits = _mm_maddubs_epi16(values, _mm_set1_epi32(0x0140'0140));
    const __m128i bits = _mm_madd_epi16(twelve_bits, _mm_set1_epi32(0x0001'1000));
    const __m128i bytes = _mm_shuffle_epi8(bits, to_front);
    const auto front = static_cast<uint64_t>(_mm_cvtsi128_si64(bytes));
    const auto back = static_cast<uint32_t>(_mm_extract_epi32(bytes, 2));
    std::memcpy(out, &front, sizeof front);
    std::memcpy(out + sizeof front, &back, sizeof back);
  }
  return true;
}

#endif

bool DecodeHexDigits(absl::string_view text, char* out) {
  uint32_t seen = 0;
  for (size_t i = 0; i < text.size(); i += 2, ++out) {
    const uint32_t byte = HexValue(text[i]) << 4 | HexValue(text[i + 1]);
    seen |= HexValue(text[i]) | HexValue(text[i + 1]);
    *out = static_cast<char>(byte);
  }
  return (seen & kNoDigit) == 0;
}

// `digits` without padding; writes digits.size() * 3 / 4 bytes.
bool DecodeBase64Digits(absl::string_view digits, char* out) {
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

bool DecodeBase64(absl::string_view digits, char* out) {
#ifdef WEIR_HAS_AVX2
  if (HasAvx2() && !DecodeBase64Blocks(digits, out)) {
    return false;
  }
#endif
  return DecodeBase64Digits(digits, out);
}

}  // namespace

bool DecodeHex(absl::string_view text, char* out) {
  if (text.size() % 2 != 0) {
    return false;
  }
#ifdef WEIR_HAS_AVX2
  if (HasAvx2() && !DecodeHexBlocks(text, out)) {
    return false;
  }
#endif
  return DecodeHexDigits(text, out);
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
