#include "engine/alert/event.h"

#include "engine/base/check.h"

namespace weir {

namespace {

// By the values of the enumerations.
constexpr absl::string_view kTypeNames[] = {"ESME",   "GSME",  "GPF", "CHF",
                                            "HCALCS", "PPMID", "IHD", "CAD"};
constexpr absl::string_view kStatusNames[] = {
    "Pending",      "Whitelisted",    "InstalledNotCommissioned",
    "Commissioned", "Decommissioned", "Withdrawn",
    "Suspended",    "Recovery",       "Recovered"};

template <typename Enum, size_t N>
std::optional<Enum> Named(const absl::string_view (&names)[N], absl::string_view text) {
  for (size_t i = 0; i < N; ++i) {
    if (names[i] == text) {
      return static_cast<Enum>(i);
    }
  }
  return std::nullopt;
}

}  // namespace

absl::string_view DeviceTypeName(DeviceType type) {
  return kTypeNames[static_cast<size_t>(type)];
}

absl::string_view DeviceStatusName(DeviceStatus status) {
  return kStatusNames[static_cast<size_t>(status)];
}

std::optional<DeviceType> ParseDeviceType(absl::string_view text) {
  return Named<DeviceType>(kTypeNames, text);
}

std::optional<DeviceStatus> ParseDeviceStatus(absl::string_view text) {
  return Named<DeviceStatus>(kStatusNames, text);
}

absl::string_view DeadReasonName(DeadReason reason) {
  switch (reason) {
    case DeadReason::kNotReadable:
      return "not_readable";
    case DeadReason::kBadJson:
      return "bad_json";
    case DeadReason::kBadUtf8:
      return "bad_utf8";
    case DeadReason::kTooLong:
      return "too_long";
    case DeadReason::kTooDeep:
      return "too_deep";
    case DeadReason::kUnknownType:
      return "unknown_type";
    case DeadReason::kMissingField:
      return "missing_field";
    case DeadReason::kBadField:
      return "bad_field";
    case DeadReason::kNoTime:
      return "no_time";
    case DeadReason::kBadTime:
      return "bad_time";
    case DeadReason::kBadCode:
      return "bad_code";
    case DeadReason::kBadPayload:
      return "bad_payload";
    case DeadReason::kBadEnvelope:
      return "bad_envelope";
    case DeadReason::kBadGbcs:
      return "bad_gbcs";
    case DeadReason::kNotAnAlert:
      return "not_an_alert";
    case DeadReason::kBlockTransfer:
      return "block_transfer";
    case DeadReason::kKeyMismatch:
      return "key_mismatch";
    case DeadReason::kBadXml:
      return "bad_xml";
    case DeadReason::kDoctype:
      return "doctype";
    case DeadReason::kDuisMismatch:
      return "duis_mismatch";
    case DeadReason::kDuisInJson:
      return "duis_in_json";
    case DeadReason::kTooLarge:
      return "too_large";
    case DeadReason::kCrashed:
      return "crashed";
  }
  WEIR_CHECK(false);
}

}  // namespace weir
