#include "deploy/weir/fleet_habits.h"

#include "absl/strings/string_view.h"

#include "engine/alert/catalogue.h"
#include "engine/base/check.h"

namespace weir {

namespace {

constexpr AlertCode Device(uint32_t gbcs) {
  return *AlertCode::FromDevice(gbcs);
}

constexpr AlertCode kDualBandHub = AlertCode::FromIndex(0x1000 + 54);  // N54

constexpr FleetHabit kElectricityHabits[] = {
    {Device(0x8002), 8, Device(0x8085)},   // average voltage too high
    {Device(0x8006), 5, Device(0x8089)},   // average voltage too low
    {Device(0x8020), 6, Device(0x808D)},   // extreme over-voltage
    {Device(0x8024), 10, Device(0x8091)},  // swell
    {kVoltageTooLow, 6, kVoltageBack},     // extreme under-voltage
    {Device(0x802C), 10, Device(0x8099)},  // sag
    {Device(0x810D), 4},                   // low credit
    {Device(0x810E), 8},                   // credit added
    {Device(0x8119), 2},                   // emergency credit
    {Device(0x811A), 1},                   // load switch failed
    {Device(0x8131), 4},                   // load switch changed
    {Device(0x8145), 3},                   // clock adjusted
    {Device(0x8154), 8},                   // command actioned
    {Device(0x81A3), 2, Device(0x81A2)},   // hub disconnected
    {Device(0x8F0A), 20},                  // billing
    {Device(0x8F1E), 1},                   // command malformed
    {Device(0x8F3F), 1},                   // tamper
    {Device(0x8F66), 6},                   // future-dated command actioned
    {Device(0x8F74), 1, Device(0x81B9)},   // meter cover open
};

constexpr FleetHabit kGasHabits[] = {
    {Device(0x810D), 4},   // low credit
    {Device(0x810E), 8},   // credit added
    {Device(0x8161), 6},   // user interface command
    {Device(0x8184), 1},   // valve tested
    {Device(0x819D), 8},   // command not retrieved
    {Device(0x81BF), 1},   // uncontrolled gas flow
    {Device(0x8F0A), 20},  // billing
    {Device(0x8F1F), 3},   // battery low
    {Device(0x8F3F), 1},   // tamper
    {Device(0x8F66), 6},   // future-dated command actioned
};

constexpr FleetHabit kHubHabits[] = {
    {kDualBandHub, 3},                    // dual-band hub
    {Device(0x8F12), 6},                  // device log changed
    {Device(0x8F20), 5, Device(0x8F21)},  // duty cycle limited
    {Device(0x8F26), 3},                  // channel changed
    {Device(0x8F2C), 2},                  // message discarded
};

constexpr FleetHabit kElectricityStorms[] = {
    {Device(0x8002), 2}, {Device(0x8020), 5}, {Device(0x8024), 5}, {Device(0x802C), 5},
    {Device(0x8154), 1}, {Device(0x81A3), 3}, {Device(0x81A5), 2}, {Device(0x8F1E), 3},
    {Device(0x8F3F), 2}, {Device(0x8F75), 2},  // strong magnetic field: never throttled by default
};

constexpr FleetHabit kGasStorms[] = {
    {Device(0x819D), 5}, {Device(0x81B4), 1}, {Device(0x8F1F), 3}, {Device(0x8F3F), 1}};

constexpr FleetHabit kHubStorms[] = {{kDualBandHub, 1}, {Device(0x8F20), 3}, {Device(0x8F24), 1}};

constexpr FleetHabit kElectricityFlapping[] = {
    {Device(0x8002), 3, Device(0x8085)},  // average voltage too high
    {Device(0x8006), 2, Device(0x8089)},  // average voltage too low
    {Device(0x8020), 5, Device(0x808D)},  // extreme over-voltage
    {Device(0x8024), 5, Device(0x8091)},  // swell
    {kVoltageTooLow, 3, kVoltageBack},    // extreme under-voltage
    {Device(0x802C), 5, Device(0x8099)},  // sag
    {Device(0x81A3), 4, Device(0x81A2)},  // hub disconnected
};

constexpr FleetHabit kGasFlapping[] = {
    {Device(0x81C3), 1, Device(0x81C2)},  // tilt tamper
    {Device(0x8F73), 2, Device(0x81A1)},  // battery cover open
};

constexpr FleetHabit kHubFlapping[] = {
    {Device(0x8F20), 3, Device(0x8F21)},  // duty cycle limited
    {Device(0x8F24), 1, Device(0x8F25)},  // duty cycle regulated
};

// By FleetDevice.
constexpr FleetHabits kBackground[] = {kElectricityHabits, kGasHabits, kHubHabits};
constexpr FleetHabits kStorms[] = {kElectricityStorms, kGasStorms, kHubStorms};
constexpr FleetHabits kFlapping[] = {kElectricityFlapping, kGasFlapping, kHubFlapping};

uint64_t Weight(FleetHabits habits) {
  uint64_t weight = 0;
  for (const FleetHabit& habit : habits) {
    weight += habit.weight;
  }
  return weight;
}

}  // namespace

FleetHabits BackgroundHabits(FleetDevice kind) {
  return kBackground[static_cast<size_t>(kind)];
}

FleetHabits StormHabits(FleetDevice kind) {
  return kStorms[static_cast<size_t>(kind)];
}

FleetHabits FlappingHabits(FleetDevice kind) {
  return kFlapping[static_cast<size_t>(kind)];
}

const FleetHabit& Choose(FleetHabits habits, FleetRandom& random) {
  uint64_t place = random.Below(Weight(habits));
  for (const FleetHabit& habit : habits) {
    if (place < habit.weight) {
      return habit;
    }
    place -= habit.weight;
  }
  WEIR_CHECK(false);
}

int64_t AlertsPerIncident() {
  uint64_t sum = 0;
  for (const FleetHabits habits : kBackground) {
    const uint64_t all = Weight(habits);
    WEIR_CHECK(all > 0);
    uint64_t ends = 0;
    for (const FleetHabit& habit : habits) {
      ends += habit.end ? habit.weight : 0;
    }
    sum += 1000 + 1000 * ends / all;
  }
  return static_cast<int64_t>(sum / kDevicesPerHome);
}

std::vector<AlertCode> UnknownCodes() {
  std::vector<AlertCode> codes;
  for (const uint32_t range : {0x8000U, 0x8100U, 0x8F00U}) {
    for (uint32_t gbcs = range; gbcs < range + 0x100; ++gbcs) {
      if (AlertCodeName(Device(gbcs)).empty()) {
        codes.push_back(Device(gbcs));
      }
    }
  }
  return codes;
}

}  // namespace weir
