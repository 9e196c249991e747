// The devices of a synthetic fleet: what they are, what they are called and to whom they report.
//
// A device is a number from 0 on. Three in a row are a home: its electricity meter, its gas meter
// and its communications hub. All of this follows from the number and not from the seed. A home may
// have other devices, which send no alerts.
//
// Source: the recipients of GBCS.
//
// Layer: deploy/weir (engine/alert, engine/base).
#pragma once

#include <cstdint>

#include "engine/alert/alert_code.h"
#include "engine/alert/eui64.h"
#include "engine/base/units.h"

namespace weir {

constexpr uint64_t kDevicesPerHome = 3;

enum class FleetDevice : uint8_t { kElectricity, kGas, kHub };

constexpr FleetDevice KindOf(uint64_t device) {
  return static_cast<FleetDevice>(device % kDevicesPerHome);
}

Eui64 DeviceId(uint64_t device);

// Of what else is in a home: `place` is 0 to 95, and the first kDevicesPerHome are the three
// devices.
Eui64 IdInHome(uint64_t home, uint64_t place);

// Who supplies the home of a device, and whose network it is in. Homes next to one another, of a
// fleet of `devices`, have the same network operator.
uint64_t SupplierNumber(uint64_t device);
uint64_t OperatorNumber(uint64_t device, uint64_t devices);

// The supplier or the network operator of a device of a fleet of `devices`.
Eui64 RecipientOf(AlertCode code, uint64_t device, uint64_t devices);

// When a device has seen what is received at that time, to the second: a moment before, always the
// same for one device. Never before 1970.
TimeMs SeenAt(uint64_t device, TimeMs received);

// Of the first alert that it sends.
uint64_t FirstCounter(uint64_t device);

}  // namespace weir
