// What the devices of a synthetic fleet report, and how often in comparison.
//
// Source: the code ranges of GBCS and who raises what, by the catalogue; supply outage restored is
// ECS80.
//
// Layer: deploy/weir (engine/alert).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/types/span.h"

#include "deploy/weir/fleet_devices.h"
#include "deploy/weir/fleet_random.h"
#include "engine/alert/alert_code.h"

namespace weir {

struct FleetHabit {
  AlertCode code;
  uint32_t weight = 1;
  std::optional<AlertCode> end = std::nullopt;  // what says that it is over
};

using FleetHabits = absl::Span<const FleetHabit>;

FleetHabits BackgroundHabits(FleetDevice kind);
FleetHabits StormHabits(FleetDevice kind);
FleetHabits FlappingHabits(FleetDevice kind);  // each has an end

// One of them, by their weights.
const FleetHabit& Choose(FleetHabits habits, FleetRandom& random);

// How many alerts an incident of the background makes on average, in thousandths.
int64_t AlertsPerIncident();

// The codes in the ranges that devices use for which the catalogue has no name.
std::vector<AlertCode> UnknownCodes();

// What an outage consists of.
constexpr AlertCode kHubOff = AlertCode::FromIndex(0x1000);  // AD1
constexpr AlertCode kSupplyRestored = *AlertCode::FromDevice(0x8F36);
constexpr AlertCode kVoltageTooLow = *AlertCode::FromDevice(0x8028);
constexpr AlertCode kVoltageBack = *AlertCode::FromDevice(0x8095);

}  // namespace weir
