// The parties of a synthetic fleet: whom its devices report to and who asks for things.
//
// Suppliers of electricity and of gas, network operators with the distributor ids that those of
// Great Britain have, agents of suppliers and other users. They do not depend on the seed.
//
// Threads: any.
//
// Layer: deploy/weir (engine/alert).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/alert/eui64.h"
#include "engine/alert/role.h"

namespace weir {

enum class FleetParty : uint8_t { kSupplier, kNetworkOperator, kAgent, kGasSupplier, kOtherUser };

// Distributor ids from this one on, a network operator each. Operators are numbered as they are.
constexpr uint64_t kFirstDistributor = 10;

// How many of a kind are configured. There are more of each, whom no configuration knows.
uint64_t ConfiguredParties(FleetParty kind);

constexpr Eui64 PartyId(FleetParty kind, uint64_t number) {
  constexpr uint64_t kFirst = 0x90B3D51F30010000;
  return {kFirst + (static_cast<uint64_t>(kind) << 16) + (number << 8)};
}

// Those that are configured.
std::vector<Party> FleetParties();

// The same as a configuration file.
std::string FleetPartiesFile();

}  // namespace weir
