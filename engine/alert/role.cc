#include "engine/alert/role.h"

#include <algorithm>
#include <utility>

namespace weir {

namespace {

constexpr absl::string_view kNames[kRoles] = {"IS", "GS", "ES", "ED", "GT", "RSA", "OU"};

constexpr size_t kMpanDigits = 13;
constexpr size_t kDistributorDigits = 2;

bool IsMpan(absl::string_view text) {
  return text.size() == kMpanDigits &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

absl::string_view RoleName(Role role) {
  return kNames[static_cast<size_t>(role)];
}

std::optional<Role> ParseRole(absl::string_view text) {
  const auto* const found = std::find(std::begin(kNames), std::end(kNames), text);
  return found == std::end(kNames)
             ? std::nullopt
             : std::make_optional(static_cast<Role>(found - std::begin(kNames)));
}

Parties::Parties(std::vector<Party> parties) : parties_(std::move(parties)) {
  for (const Party& party : parties_) {
    roles_.emplace(party.id, party.role);
    for (const std::string& distributor : party.distributors) {
      by_distributor_.emplace(distributor, party.id);
    }
  }
}

std::optional<Role> Parties::RoleOf(Eui64 party) const {
  const auto found = roles_.find(party);
  return found == roles_.end() ? std::nullopt : std::make_optional(found->second);
}

std::optional<Eui64> Parties::OperatorOf(absl::string_view mpan) const {
  if (!IsMpan(mpan)) {
    return std::nullopt;
  }
  const auto found = by_distributor_.find(mpan.substr(0, kDistributorDigits));
  return found == by_distributor_.end() ? std::nullopt : std::make_optional(found->second);
}

std::vector<Eui64> Parties::Operators() const {
  std::vector<Eui64> operators;
  for (const Party& party : parties_) {
    if (party.role == Role::kEd) {
      operators.push_back(party.id);
    }
  }
  return operators;
}

}  // namespace weir
