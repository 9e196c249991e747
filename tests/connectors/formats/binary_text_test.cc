// Hexadecimal and base64: what is read, what is refused, and what is written.
//
// Goal: every text gives the right bytes or nothing, at every length, and nothing is accepted that
// is not in the alphabet.
// Method: the vectors of RFC 4648, hand-worked refusals, every character at every position of a
// group, and round trips over all short lengths and byte values. Texts and results are copied into
// blocks of their exact size so that the address sanitizer sees any step outside.
#include "connectors/formats/binary_text.h"

#include <cstring>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace weir {

namespace {

using Text = std::optional<std::string>;
using Decoder = std::optional<absl::string_view> (*)(absl::string_view, Arena&);

// Decodes out of a block of exactly the text's size.
Text Decode(Decoder decoder, absl::string_view text) {
  const std::unique_ptr<char[]> exact(new char[text.size()]);
  std::copy(text.begin(), text.end(), exact.get());
  Arena arena;
  const auto bytes = decoder(absl::string_view(exact.get(), text.size()), arena);
  return bytes ? Text(std::string(*bytes)) : std::nullopt;
}

Text FromHex(absl::string_view text) {
  return Decode(HexToBytes, text);
}

Text FromBase64(absl::string_view text) {
  return Decode(Base64ToBytes, text);
}

std::string ToHex(absl::string_view bytes) {
  std::string out;
  AppendHex(bytes, out);
  return out;
}

std::string ToBase64(absl::string_view bytes) {
  std::string out;
  AppendBase64(bytes, out);
  return out;
}

std::string AllBytes() {
  std::string bytes;
  for (int i = 0; i < 256; ++i) {
    bytes.push_back(static_cast<char>(i));
  }
  return bytes;
}

// The vectors of RFC 4648, section 10.
const std::vector<std::pair<std::string, std::string>>& Rfc4648() {
  static const auto* const vectors = new std::vector<std::pair<std::string, std::string>>{
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
  };
  return *vectors;
}

}  // namespace

TEST(BinaryText, ReadsHexInEitherCase) {
  EXPECT_EQ(FromHex(""), Text(""));
  EXPECT_EQ(FromHex("00"), Text(std::string(1, '\0')));
  EXPECT_EQ(FromHex("4a4B5f"), Text("JK_"));
  EXPECT_EQ(FromHex("fFFf"), Text("\xFF\xFF"));
}

TEST(BinaryText, RefusesHexThatIsNone) {
  for (const absl::string_view text :
       {"0", "000", "0g", "g0", " 00", "00 ", "0x00", "00\n", "-1"}) {
    EXPECT_EQ(FromHex(text), std::nullopt) << text;
  }
}

TEST(BinaryText, HexRefusesEveryOtherCharacter) {
  const std::string digits = "0123456789ABCDEFabcdef";
  for (const char c : AllBytes()) {
    const bool digit = digits.find(c) != std::string::npos;
    for (size_t at = 0; at < 20; ++at) {
      std::string text = "A0A0A0A0A0A0A0A0A0A0";
      text[at] = c;
      EXPECT_EQ(FromHex(text).has_value(), digit) << at << ' ' << static_cast<int>(c);
    }
  }
}

TEST(BinaryText, DecodeHexFillsTheGivenMemory) {
  std::string out(3, '?');
  EXPECT_TRUE(DecodeHex("4142", out.data()));
  EXPECT_EQ(out, "AB?");
  EXPECT_FALSE(DecodeHex("414", out.data()));
}

// Whole blocks of characters and what is left of the last one.
TEST(BinaryText, HexOfEverySize) {
  const std::string bytes = AllBytes();
  for (size_t size = 0; size <= bytes.size(); ++size) {
    const absl::string_view some = absl::string_view(bytes).substr(bytes.size() - size);
    EXPECT_EQ(FromHex(ToHex(some)), Text(std::string(some)));
  }
}

TEST(BinaryText, HexRoundTrip) {
  EXPECT_EQ(ToHex("\xDF\x09"), "DF09");
  EXPECT_EQ(FromHex(ToHex(AllBytes())), Text(AllBytes()));
  std::string out = "before ";
  AppendHex("A", out);
  AppendHex("", out);
  EXPECT_EQ(out, "before 41");
}

TEST(BinaryText, Base64OfTheStandard) {
  for (const auto& [bytes, text] : Rfc4648()) {
    EXPECT_EQ(ToBase64(bytes), text);
    EXPECT_EQ(FromBase64(text), Text(bytes));
  }
  EXPECT_EQ(ToBase64("\xFB\xEF\xFF"), "++//");
  EXPECT_EQ(FromBase64("++//"), Text("\xFB\xEF\xFF"));
}

TEST(BinaryText, Base64PaddingMayBeLeftOut) {
  for (const auto& [bytes, text] : Rfc4648()) {
    EXPECT_EQ(FromBase64(text.substr(0, text.find('='))), Text(bytes)) << text;
  }
}

TEST(BinaryText, RefusesBase64ThatIsNone) {
  for (const absl::string_view text :
       {"=",        "==",       "===",    "====",   "A",     "A=",       "A==",    "A===",
        "Zg=",      "Zg===",    "Zm9v=",  "Zm9v==", "Zm9vY", "Zm9v====", "Z=g=",   "=Zg=",
        "Zm8=Zm8=", "Zg==Zm9v", "Zm9v\n", " Zm9v",  "Zm-_",  "Zm 9v",    "Zm8=\n", "Zm\r\n9v"}) {
    EXPECT_EQ(FromBase64(text), std::nullopt) << text;
  }
}

TEST(BinaryText, RefusesBase64WithBitsThatStandForNothing) {
  for (const absl::string_view text : {"Zh==", "Zh", "Zo", "Zv==", "Zm9=", "Zm9", "Zm+="}) {
    EXPECT_EQ(FromBase64(text), std::nullopt) << text;
  }
}

TEST(BinaryText, Base64RefusesEveryOtherCharacter) {
  const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (const char c : AllBytes()) {
    const bool digit = digits.find(c) != std::string::npos;
    for (size_t at = 0; at < 24; ++at) {
      std::string text(24, 'A');
      text[at] = c;
      const bool padding = c == '=' && at == 23;
      EXPECT_EQ(FromBase64(text).has_value(), digit || padding) << at << ' ' << static_cast<int>(c);
    }
    // The ends of two and three digits; `A` leaves no bit over.
    EXPECT_EQ(FromBase64(std::string{c, 'A'}).has_value(), digit);
    EXPECT_EQ(FromBase64(std::string{c, 'A', 'A'}).has_value(), digit);
    EXPECT_EQ(FromBase64(std::string{'A', c, 'A'}).has_value(), digit);
  }
}

TEST(BinaryText, Base64RoundTrip) {
  std::mt19937 random(4648);
  for (size_t size = 0; size < 300; ++size) {
    std::string bytes(size, '\0');
    for (char& c : bytes) {
      c = static_cast<char>(random());
    }
    const std::string text = ToBase64(bytes);
    EXPECT_EQ(text.size(), (size + 2) / 3 * 4);
    EXPECT_EQ(FromBase64(text), Text(bytes));
    EXPECT_EQ(FromBase64(text.substr(0, text.find('='))), Text(bytes));
  }
  std::string out = "before ";
  AppendBase64("foob", out);
  AppendBase64("", out);
  EXPECT_EQ(out, "before Zm9vYg==");
}

// One arena takes many texts, and what it gave stays.
TEST(BinaryText, ArenaKeepsEarlierBytes) {
  Arena arena;
  const auto first = HexToBytes("4142", arena);
  const auto none = Base64ToBytes("?", arena);
  const auto second = Base64ToBytes("Zm9vYg==", arena);
  ASSERT_TRUE(first && second);
  EXPECT_FALSE(none);
  EXPECT_EQ(*first, "AB");
  EXPECT_EQ(*second, "foob");
}

}  // namespace weir
