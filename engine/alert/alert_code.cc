#include "engine/alert/alert_code.h"

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "engine/base/hex.h"

namespace weir {

namespace {

// DCC alerts are numbered after the device alerts: AD1 as 0, N1 as 1, and so on.
constexpr uint16_t kFirstDcc = 4096;

std::optional<AlertCode> ParseDccCode(absl::string_view text) {
  if (absl::EqualsIgnoreCase(text, "AD1")) {
    return AlertCode::FromIndex(kFirstDcc);
  }
  uint32_t number = 0;
  const bool digits = text.size() >= 2 && text.size() <= 4 && (text[0] == 'N' || text[0] == 'n') &&
                      text[1] >= '1' && text[1] <= '9' && absl::SimpleAtoi(text.substr(1), &number);
  return digits
             ? std::make_optional(AlertCode::FromIndex(static_cast<uint16_t>(kFirstDcc + number)))
             : std::nullopt;
}

}  // namespace

std::optional<AlertCode> ParseAlertCode(absl::string_view text) {
  absl::string_view hex = text;
  if (absl::StartsWithIgnoreCase(hex, "0x")) {
    hex.remove_prefix(2);
  }
  if (hex.size() != 4 || hex[0] != '8') {
    return ParseDccCode(text);
  }
  uint32_t value = 0;
  for (const char c : hex) {
    const int digit = HexDigit(c);
    if (digit < 0) {
      return std::nullopt;
    }
    value = value << 4 | static_cast<uint32_t>(digit);
  }
  return AlertCode::FromDevice(value);
}

void AppendAlertCode(AlertCode code, std::string& out) {
  if (code.is_device()) {
    for (int shift = 12; shift >= 0; shift -= 4) {
      out.push_back(kHexDigits[code.gbcs() >> shift & 0xF]);
    }
  } else if (code.index() == kFirstDcc) {
    out.append("AD1");
  } else {
    absl::StrAppend(&out, "N", code.index() - kFirstDcc);
  }
}

std::string FormatAlertCode(AlertCode code) {
  std::string out;
  AppendAlertCode(code, out);
  return out;
}

}  // namespace weir
