#include "deploy/weir/fleet_options.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

#include "deploy/weir/fleet_devices.h"
#include "engine/base/status_macros.h"

namespace weir {

namespace {

absl::Status Invalid(absl::string_view text) {
  return absl::InvalidArgumentError(text);
}

absl::Status CheckDevices(const FleetOptions& options) {
  const struct {
    absl::string_view what;
    uint64_t count = 0;
    uint64_t most = 0;
  } chosen[] = {
      {"storm", options.storms, kMaxFleetStorms},
      {"flap", options.flapping, kMaxFleetFlapping},
      {"have a wrong clock", options.wrong_clocks, kMaxFleetWrongClocks},
      {"be received far ahead", options.far_ahead, kMaxFleetFarAhead},
  };

  const uint64_t homes = options.devices / kDevicesPerHome;
  if (options.system > std::min(homes, kMaxFleetSystem)) {
    return Invalid(absl::StrCat("there cannot be records about ", options.system,
                                " homes: give at most as many as there are, a third of the devices,"
                                " and at most ",
                                kMaxFleetSystem));
  }

  if (options.devices < 1 || options.devices > kMaxFleetDevices) {
    return Invalid(absl::StrCat("the number of devices must be 1 to ", kMaxFleetDevices));
  }
  for (const auto& [what, count, most] : chosen) {
    if (count > std::min(options.devices, most)) {
      return Invalid(absl::StrCat(count, " devices cannot ", what, ": give at most as many as ",
                                  "there are devices, and at most ", most));
    }
  }
  return absl::OkStatus();
}

// Written so that what is not a number fails as well.
absl::Status CheckRates(const FleetOptions& options) {
  if (!(options.alerts_per_device_day >= 0 && options.alerts_per_device_day <= kMaxFleetRate)) {
    return Invalid(
        absl::StrCat("the rate must be 0 to ", kMaxFleetRate, " alerts per device and day"));
  }
  for (const double share : {options.unknown_codes, options.duplicates, options.late}) {
    if (!(share >= 0 && share <= 1)) {
      return Invalid("a share must be 0 to 1");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckTimes(const FleetOptions& options) {
  if (options.duration.value < 1 || options.duration > kMaxFleetDuration) {
    return Invalid(absl::StrCat("the duration must be 1ms to ", FormatDuration(kMaxFleetDuration)));
  }
  const DurationMs ahead = options.far_ahead > 0 ? kMostFleetAhead : DurationMs{0};
  if (options.start.value < 0 || options.start > kLatestTime ||
      options.start + options.duration + ahead > kLatestTime) {
    return Invalid("the times must lie between 1970 and the end of 9999");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckFleetOptions(const FleetOptions& options) {
  WEIR_RETURN_IF_ERROR(CheckDevices(options));
  WEIR_RETURN_IF_ERROR(CheckRates(options));
  WEIR_RETURN_IF_ERROR(CheckTimes(options));
  return options.outages > kMaxFleetOutages
             ? Invalid(absl::StrCat("the number of outages must be 0 to ", kMaxFleetOutages))
             : absl::OkStatus();
}

uint64_t Millionths(double share) {
  return static_cast<uint64_t>(std::llround(share * static_cast<double>(kMillion)));
}

int64_t BackgroundPerDay(const FleetOptions& options) {
  return std::llround(options.alerts_per_device_day * 1000) * static_cast<int64_t>(options.devices);
}

}  // namespace weir
