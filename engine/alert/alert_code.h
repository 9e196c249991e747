// The code of an alert: a GBCS device alert (8000-8FFF) or a DCC alert (AD1, N1-N999).
//
// All 5,096 codes are numbered densely, device alerts first, so that a policy can be looked up in
// an array. Whether a code is known is a matter of the catalogue; an unknown one is as good.
//
// Source: GBCS Table 16.2 (device alerts), DUIS DCCAlertCode (DCC alerts).
//
// Layer: engine/alert (engine/base).
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"

namespace weir {

class AlertCode {
 public:
  // How many codes there are; index() lies below.
  static constexpr uint16_t kCount = 4096 + 1000;

  constexpr AlertCode() = default;

  // Nothing outside 0x8000..0x8FFF.
  static constexpr std::optional<AlertCode> FromDevice(uint32_t gbcs) {
    return gbcs >= kFirstDevice && gbcs < kFirstDevice + kDeviceCodes
               ? std::make_optional(AlertCode(static_cast<uint16_t>(gbcs - kFirstDevice)))
               : std::nullopt;
  }

  // `index` must lie below kCount.
  static constexpr AlertCode FromIndex(uint16_t index) { return AlertCode(index); }

  constexpr uint16_t index() const { return index_; }

  constexpr bool is_device() const { return index_ < kDeviceCodes; }

  // The GBCS number of a device alert; only when is_device().
  constexpr uint16_t gbcs() const { return static_cast<uint16_t>(index_ + kFirstDevice); }

  // Device alerts by number, then AD1, then N1 to N999.
  friend constexpr auto operator<=>(AlertCode, AlertCode) = default;

  template <typename H>
  friend H AbslHashValue(H state, AlertCode code) {
    return H::combine(std::move(state), code.index_);
  }

 private:
  static constexpr uint32_t kFirstDevice = 0x8000;
  static constexpr uint16_t kDeviceCodes = 4096;

  explicit constexpr AlertCode(uint16_t index) : index_(index) {}

  uint16_t index_ = 0;
};

// Reads `8F36`, `0x8F36`, `AD1`, `N58`, in either case.
std::optional<AlertCode> ParseAlertCode(absl::string_view text);

// `8F36`, `AD1`, `N58`.
void AppendAlertCode(AlertCode code, std::string& out);

// Writes the same at `out`, kLongestAlertCode characters at most, and returns its end.
constexpr size_t kLongestAlertCode = 4;
char* PutAlertCode(AlertCode code, char* out);

std::string FormatAlertCode(AlertCode code);

}  // namespace weir
