#include "deploy/weir/fleet_parties.h"

#include <array>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace weir {

namespace {

struct KindOfParty {
  FleetParty kind = FleetParty::kSupplier;
  Role role = Role::kIs;
  uint64_t configured = 0;
  absl::string_view name;
};

constexpr std::array<KindOfParty, 5> kKinds = {{
    {FleetParty::kSupplier, Role::kIs, 80, "Supplier"},
    {FleetParty::kNetworkOperator, Role::kEd, 29, "Network"},
    {FleetParty::kAgent, Role::kRsa, 60, "Agent"},
    {FleetParty::kGasSupplier, Role::kGs, 80, "Gas supplier"},
    {FleetParty::kOtherUser, Role::kOu, 20, "Other user"},
}};

}  // namespace

uint64_t ConfiguredParties(FleetParty kind) {
  return kKinds[static_cast<size_t>(kind)].configured;
}

std::vector<Party> FleetParties() {
  std::vector<Party> parties;
  for (const KindOfParty& kind : kKinds) {
    for (uint64_t number = 0; number < kind.configured; ++number) {
      Party party = {.id = PartyId(kind.kind, number),
                     .role = kind.role,
                     .name = absl::StrCat(kind.name, " ", number)};
      if (kind.role == Role::kEd) {
        party.distributors.push_back(absl::StrCat(kFirstDistributor + number));
      }
      parties.push_back(party);
    }
  }
  return parties;
}

std::string FleetPartiesFile() {
  std::string out = "# The parties of the synthetic fleet of weir generate.\nparties:\n";
  for (const Party& party : FleetParties()) {
    absl::StrAppend(&out, "  - {id: \"", FormatEui64(party.id), "\", role: ", RoleName(party.role),
                    ", name: ", party.name);
    for (const absl::string_view distributor : party.distributors) {
      absl::StrAppend(&out, ", distributors: [\"", distributor, "\"]");
    }
    out.append("}\n");
  }
  return out;
}

}  // namespace weir
