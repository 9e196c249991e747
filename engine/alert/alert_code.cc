#include "engine/alert/alert_code.h"

#include <array>
#include <cstring>

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
  const absl::string_view hex =
      text.size() == 6 && absl::StartsWithIgnoreCase(text, "0x") ? text.substr(2) : text;
  if (hex.size() != 4 || hex[0] != '8') {
    return ParseDccCode(text);
  }
  const int high = HexDigit(hex[1]);
  const int middle = HexDigit(hex[2]);
  const int low = HexDigit(hex[3]);
  if ((high | middle | low) < 0) {
    return std::nullopt;
  }
  return AlertCode::FromDevice(0x8000U | static_cast<uint32_t>(high << 8 | middle << 4 | low));
}

char* PutAlertCode(AlertCode code, char* out) {
  if (!code.is_device()) {
    const std::string text = FormatAlertCode(code);
    return out + text.copy(out, text.size());
  }
  std::memcpy(out, HexPair(static_cast<uint8_t>(code.gbcs() >> 8)).data(), 2);
  std::memcpy(out + 2, HexPair(static_cast<uint8_t>(code.gbcs())).data(), 2);
  return out + 4;
}

void AppendAlertCode(AlertCode code, std::string& out) {
  if (code.is_device()) {
    std::array<char, kLongestAlertCode> text{};
    PutAlertCode(code, text.data());
    out.append(text.data(), text.size());
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
