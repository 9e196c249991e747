#include "deploy/weir/fleet_devices.h"

#include <algorithm>

#include "deploy/weir/fleet_habits.h"
#include "deploy/weir/fleet_parties.h"
#include "deploy/weir/fleet_random.h"

namespace weir {

namespace {

using Random = FleetRandom;

constexpr uint64_t kSuppliers = 20;
constexpr uint64_t kNetworkOperators = 14;

bool GoesToNetworkOperator(AlertCode code) {
  if (!code.is_device()) {
    return code == kHubOff;
  }
  return code.gbcs() <= 0x80FF || (code.gbcs() >= 0x8F35 && code.gbcs() <= 0x8F3C);
}

}  // namespace

// Identifiers that no maker has: locally administered. Scattered, as those of a real fleet are.
Eui64 IdInHome(uint64_t number, uint64_t place) {
  constexpr uint64_t kMask = (uint64_t{1} << 40) - 1;
  constexpr uint64_t kPrefix = 0x02DB;
  constexpr uint64_t kFactor = 0x9E3779B97F;  // odd, so that no two homes get the same
  uint64_t home = number * kFactor & kMask;
  home = (home ^ home >> 20) * kFactor & kMask;
  return {kPrefix << 48 | home << 8 | (0xA0 + place)};
}

Eui64 DeviceId(uint64_t device) {
  return IdInHome(device / kDevicesPerHome, device % kDevicesPerHome);
}

// The lower of two numbers: the first suppliers are larger than the last ones.
uint64_t SupplierNumber(uint64_t device) {
  Random random(0, Random::Purpose::kDevice, device / kDevicesPerHome);
  const uint64_t first = random.Below(kSuppliers);
  return std::min(first, random.Below(kSuppliers));
}

uint64_t OperatorNumber(uint64_t device, uint64_t devices) {
  const uint64_t first_of_home = device - device % kDevicesPerHome;
  return first_of_home * kNetworkOperators / devices;
}

Eui64 RecipientOf(AlertCode code, uint64_t device, uint64_t devices) {
  return GoesToNetworkOperator(code)
             ? PartyId(FleetParty::kNetworkOperator, OperatorNumber(device, devices))
             : PartyId(FleetParty::kSupplier, SupplierNumber(device));
}

TimeMs SeenAt(uint64_t device, TimeMs received) {
  Random random(1, Random::Purpose::kDevice, device);
  const int64_t seen = received.value - random.Between(300, 5000);
  return {std::max(seen - seen % kSecond.value, int64_t{0})};
}

uint64_t FirstCounter(uint64_t device) {
  return 1000 + Random(2, Random::Purpose::kDevice, device).Below(1'000'000);
}

}  // namespace weir
