// What counts as a change of load switching: a dated table.
//
// Source: SECMP0025; which requests trigger is inferred from what they change.
//
// Layer: engine/load_switch (engine/alert, engine/base).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/alert/alert_code.h"
#include "engine/alert/event.h"
#include "engine/base/units.h"

namespace weir {

// A service request whose success is a change.
struct SwitchTrigger {
  std::string srv;
  bool on = true;
  TimeMs from;
  std::optional<DeviceType> only_for{};    // the type that the device must be known to have
  uint32_t instructions = 1;               // of a future-dated request that does not say
  bool is_scheduled = false;               // future-dated ones are held by the DCC, not the device
  std::optional<uint16_t> message_code{};  // of its command, by which a bare outcome is told
};

// An alert that says so.
struct SwitchAlert {
  AlertCode code;
  bool on = false;
  TimeMs from;
};

// Each request and each alert stands once.
struct LoadSwitchRules {
  std::vector<SwitchTrigger> triggers = OfTheRelease();
  std::vector<SwitchAlert> alerts = AlertsOfTheRelease();

  static std::vector<SwitchTrigger> OfTheRelease();
  static std::vector<SwitchAlert> AlertsOfTheRelease();
};

}  // namespace weir
