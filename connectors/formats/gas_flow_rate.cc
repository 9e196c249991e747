#include "connectors/formats/gas_flow_rate.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"

namespace weir {

namespace {

constexpr size_t kPlaces = 4;
constexpr uint32_t kLargest = std::numeric_limits<uint16_t>::max();

bool AreDigits(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

absl::string_view WithoutZerosInFront(absl::string_view digits) {
  return digits.substr(std::min(digits.find_first_not_of('0'), digits.size()));
}

absl::string_view WithoutZerosBehind(absl::string_view digits) {
  const size_t last = digits.find_last_not_of('0');
  return last == absl::string_view::npos ? absl::string_view() : digits.substr(0, last + 1);
}

// Digits before and behind the point, in ten-thousandths; nothing if they are too many or too much.
std::optional<uint16_t> ValueOf(absl::string_view whole, absl::string_view fraction) {
  const absl::string_view units = WithoutZerosInFront(whole);
  const absl::string_view places = WithoutZerosBehind(fraction);
  if (units.size() > 1 || places.size() > kPlaces) {
    return std::nullopt;
  }
  uint32_t value = units.empty() ? 0 : static_cast<uint32_t>(units[0] - '0');
  for (size_t i = 0; i < kPlaces; ++i) {
    value = value * 10 + (i < places.size() ? static_cast<uint32_t>(places[i] - '0') : 0);
  }
  return value > kLargest ? std::nullopt : std::make_optional(static_cast<uint16_t>(value));
}

}  // namespace

std::optional<GasFlowRate> ParseGasFlowRate(absl::string_view text) {
  const bool is_negative = !text.empty() && text[0] == '-';
  const bool has_sign = is_negative || (!text.empty() && text[0] == '+');
  const absl::string_view number = text.substr(has_sign ? 1 : 0);
  const size_t point = std::min(number.find('.'), number.size());
  const absl::string_view whole = number.substr(0, point);
  const absl::string_view fraction = number.substr(std::min(point + 1, number.size()));
  if ((whole.empty() && fraction.empty()) || !AreDigits(whole) || !AreDigits(fraction)) {
    return std::nullopt;
  }
  std::optional<uint16_t> value = ValueOf(whole, fraction);
  if (is_negative && value != uint16_t{0}) {
    value.reset();
  }
  return GasFlowRate{.text = text, .is_decimal = true, .value = value};
}

GasFlowRate GasFlowRateOf(uint64_t number, Arena& arena) {
  GasFlowRate rate = {
      .text = arena.Copy(absl::StrCat(number)), .is_decimal = false, .value = std::nullopt};
  if (number <= kLargest) {
    rate.value = static_cast<uint16_t>(number);
  }
  return rate;
}

}  // namespace weir
