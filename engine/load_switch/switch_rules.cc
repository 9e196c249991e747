#include "engine/load_switch/switch_rules.h"

#include "engine/alert/release.h"

namespace weir {

namespace {

// The first schema known to have 6.14.3 is of that month: 2021-02-01T00:00:00Z. Inferred.
constexpr TimeMs kAuxiliaryControllers{1612137600000};

constexpr uint32_t kSwitchAlert = 0x8131;

}  // namespace

std::vector<SwitchTrigger> LoadSwitchRules::OfTheRelease() {
  return {
      {.srv = "6.14.1", .from = kReleaseDate, .message_code = 0x0053},
      // The calendar and the special days.
      {.srv = "6.14.2", .from = kReleaseDate, .instructions = 2, .message_code = 0x0054},
      {.srv = "6.14.3", .from = kAuxiliaryControllers, .message_code = 0x011A},
      {.srv = "7.9", .from = kReleaseDate, .is_scheduled = true},
      {.srv = "7.10", .from = kReleaseDate, .is_scheduled = true},
      {.srv = "8.7.1", .from = kReleaseDate, .only_for = DeviceType::kHcalcs},
      {.srv = "8.8.1", .from = kReleaseDate, .only_for = DeviceType::kHcalcs},
  };
}

std::vector<SwitchAlert> LoadSwitchRules::AlertsOfTheRelease() {
  return {{.code = *AlertCode::FromDevice(kSwitchAlert), .on = false, .from = kReleaseDate}};
}

}  // namespace weir
