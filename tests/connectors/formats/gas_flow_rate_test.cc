// Goal: a gas flow rate is read exactly, whatever its text; what is no number is told from one that
// is out of range.
// Method: a table; every rate that there is, written out and read again; random texts of the
// characters of numbers, judged by long division of their digits.
#include "connectors/formats/gas_flow_rate.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "gtest/gtest.h"

#include "tests/support/random.h"

namespace weir {
namespace {

constexpr int kNoNumber = -2;
constexpr int kOutOfRange = -1;

int ValueOf(absl::string_view text) {
  const std::optional<GasFlowRate> rate = ParseGasFlowRate(text);
  if (!rate) {
    return kNoNumber;
  }
  EXPECT_EQ(rate->text, text);
  EXPECT_TRUE(rate->is_decimal);
  return rate->value ? int{*rate->value} : kOutOfRange;
}

TEST(GasFlowRate, Decimals) {
  struct Case {
    std::string text;
    int value;
  };

  const Case cases[] = {
      {"0", 0},
      {"0.0000", 0},
      {"00", 0},
      {"0.", 0},
      {".0", 0},
      {"-0", 0},
      {"-0.0", 0},
      {"+0", 0},
      {"-.0", 0},
      {"+1.5", 15000},
      {"1", 10000},
      {"1.50000", 15000},
      {".5", 5000},
      {"6.", 60000},
      {"0.0001", 1},
      {"0.00010", 1},
      {"6.168", 61680},
      {"6.1680", 61680},
      {"6.16800", 61680},
      {"6.5535", 65535},
      {"06.5535", 65535},
      {"6.55350000000000000000000000000000000000", 65535},
      {std::string(70, '0'), 0},
      {absl::StrCat(std::string(70, '0'), "6.5535", std::string(70, '0')), 65535},
      {absl::StrCat("0.", std::string(70, '0')), 0},
      {"6.16801", kOutOfRange},
      {"0.00001", kOutOfRange},
      {"6.5536", kOutOfRange},
      {"6.9999", kOutOfRange},
      {"7", kOutOfRange},
      {"10", kOutOfRange},
      {"65535", kOutOfRange},
      {"-1", kOutOfRange},
      {"-0.0001", kOutOfRange},
      {"-6.5536", kOutOfRange},
      {std::string(70, '9'), kOutOfRange},
      {absl::StrCat("0.", std::string(70, '9')), kOutOfRange},
      {absl::StrCat("0.", std::string(69, '0'), "1"), kOutOfRange},
      {"18446744073709551616", kOutOfRange},
      {"4294967296", kOutOfRange},
      {"", kNoNumber},
      {".", kNoNumber},
      {"+", kNoNumber},
      {"-", kNoNumber},
      {"-.", kNoNumber},
      {"+-1", kNoNumber},
      {"--1", kNoNumber},
      {"1-", kNoNumber},
      {"1.5.0", kNoNumber},
      {"1..5", kNoNumber},
      {"1e0", kNoNumber},
      {"1E0", kNoNumber},
      {"1,5", kNoNumber},
      {"0x1", kNoNumber},
      {"1f", kNoNumber},
      {"INF", kNoNumber},
      {"NaN", kNoNumber},
      {" 1", kNoNumber},
      {"1 ", kNoNumber},
      {"1 .5", kNoNumber},
      {"\xD9\xA1", kNoNumber},
  };
  for (const Case& test : cases) {
    EXPECT_EQ(ValueOf(test.text), test.value) << '"' << test.text << '"';
  }
}

TEST(GasFlowRate, EveryRateIsExact) {
  for (int rate = 0; rate <= 65535; ++rate) {
    ASSERT_EQ(ValueOf(absl::StrFormat("%d.%04d", rate / 10000, rate % 10000)), rate);
  }
}

// Each digit by itself: whether the number times ten thousand is a whole one up to 65535.
int SlowValueOf(absl::string_view text) {
  const bool is_negative = text.substr(0, 1) == "-";
  if (is_negative || text.substr(0, 1) == "+") {
    text.remove_prefix(1);
  }
  uint64_t value = 0;
  int places = -1;
  int digits = 0;
  bool is_in_range = true;
  for (const char c : text) {
    if (c == '.') {
      if (places >= 0) {
        return kNoNumber;
      }
      places = 0;
      continue;
    }
    if (c < '0' || c > '9') {
      return kNoNumber;
    }
    ++digits;
    places += places >= 0 ? 1 : 0;
    if (places > 4) {
      is_in_range = is_in_range && c == '0';
    } else {
      value = value * 10 + static_cast<uint64_t>(c - '0');
    }
  }
  for (int place = places < 0 ? 0 : places; place < 4; ++place) {
    value *= 10;
  }
  if (digits == 0) {
    return kNoNumber;
  }
  return is_in_range && value <= (is_negative ? 0 : 65535) ? static_cast<int>(value) : kOutOfRange;
}

TEST(GasFlowRate, RandomTextsAreJudgedDigitByDigit) {
  constexpr absl::string_view kLikely = "0000123456789..+-e ";
  Random random = Random::FromEnvironment(1);
  SCOPED_TRACE(random.seed_text());
  for (int i = 0; i < 200000; ++i) {
    std::string text;
    for (uint64_t size = random.Below(11); size > 0; --size) {
      text.push_back(kLikely[random.Below(kLikely.size())]);
    }
    ASSERT_EQ(ValueOf(text), SlowValueOf(text)) << '"' << text << '"';
  }
}

TEST(GasFlowRate, WholeNumbers) {
  Arena arena;
  for (const uint64_t number : {uint64_t{0}, uint64_t{61680}, uint64_t{65535}}) {
    const GasFlowRate rate = GasFlowRateOf(number, arena);
    EXPECT_EQ(rate.value, number);
    EXPECT_EQ(rate.text, absl::StrCat(number));
    EXPECT_FALSE(rate.is_decimal);
  }
  for (const uint64_t number : {uint64_t{65536}, uint64_t{131072}, UINT64_MAX}) {
    EXPECT_EQ(GasFlowRateOf(number, arena).value, std::nullopt);
    EXPECT_EQ(GasFlowRateOf(number, arena).text, absl::StrCat(number));
  }
}

}  // namespace
}  // namespace weir
