#include "engine/alert/eui64.h"

#include <array>
#include <cstring>

#include "engine/base/hex.h"
#include "engine/base/swar.h"

namespace weir {

namespace {

// Of bytes below 0x80: the high bit of every one that is a hex digit.
constexpr uint64_t HexDigitsIn(uint64_t word) {
  const uint64_t lower = word | kEachByte * 0x20;
  const uint64_t digits = BytesFrom(word, '0') & ~BytesFrom(word, '9' + 1);
  const uint64_t letters = BytesFrom(lower, 'a') & ~BytesFrom(lower, 'f' + 1);
  return digits | letters;
}

// Byte i is the number that the hex digits i and i + 1 make, if they are both digits.
constexpr uint64_t HexPairsIn(uint64_t word) {
  const uint64_t letters = word >> 6 & kEachByte;
  const uint64_t values = (word & kEachByte * 0xF) + letters * 9;
  return values << 4 | values >> 8;
}

// Eight characters: what they say, and whether they break a pattern of '0' for any hex digit and
// '-' for itself; then `bad` is not zero.
template <uint64_t Pattern>
struct HexWord {
  explicit HexWord(const char* text) {
    constexpr uint64_t kDigits = BytesFrom(Pattern, '0');
    constexpr uint64_t kDashes = (~kDigits & kHighBits) / 0x80 * 0xFF;  // all bits of those bytes
    const uint64_t word = LoadWord(text);
    bad = (~HexDigitsIn(word) & kDigits) | ((word ^ Pattern) & kDashes) | (word & kHighBits);
    pairs = HexPairsIn(word);
  }

  uint64_t bad = 0;
  uint64_t pairs = 0;
};

std::optional<Eui64> ParseDashed(const char* text) {
  const HexWord<WordOf("00-00-00")> first(text);
  const HexWord<WordOf("-00-00-0")> middle(text + 8);
  const HexWord<WordOf("00-00-00")> last(text + 15);
  const uint64_t value = ByteOf(first.pairs, 0) << 56 | ByteOf(first.pairs, 3) << 48 |
                         ByteOf(first.pairs, 6) << 40 | ByteOf(middle.pairs, 1) << 32 |
                         ByteOf(middle.pairs, 4) << 24 | ByteOf(last.pairs, 0) << 16 |
                         ByteOf(last.pairs, 3) << 8 | ByteOf(last.pairs, 6);
  const bool fits = (first.bad | middle.bad | last.bad) == 0;
  return fits ? std::make_optional(Eui64{value}) : std::nullopt;
}

std::optional<Eui64> ParsePlain(absl::string_view text) {
  uint64_t value = 0;
  int bad = 0;  // negative once a character is no digit
  for (const char c : text) {
    const int digit = HexDigit(c);
    bad |= digit;
    value = value << 4 | static_cast<uint64_t>(digit & 0xF);
  }
  return bad < 0 ? std::nullopt : std::make_optional(Eui64{value});
}

}  // namespace

std::optional<Eui64> ParseEui64(absl::string_view text) {
  if (text.size() == kEui64TextSize) {
    return ParseDashed(text.data());
  }
  return text.size() == 16 ? ParsePlain(text) : std::nullopt;
}

char* PutEui64(Eui64 id, char* out) {
  for (int shift = 56; shift >= 0; shift -= 8) {
    std::memcpy(out, HexPair(static_cast<uint8_t>(id.value >> shift)).data(), 2);
    out[2] = '-';
    out += 3;
  }
  return out - 1;
}

void AppendEui64(Eui64 id, std::string& out) {
  std::array<char, kEui64TextSize + 1> text{};
  PutEui64(id, text.data());
  out.append(text.data(), kEui64TextSize);
}

std::string FormatEui64(Eui64 id) {
  std::string out;
  AppendEui64(id, out);
  return out;
}

}  // namespace weir
