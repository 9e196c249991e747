// What a user of the DCC's services may be, and who they are.
//
// Source: DUIS, the eligible user roles; SEC Section A.
//
// Layer: engine/alert (engine/base).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

#include "engine/alert/eui64.h"

namespace weir {

// Import supplier, gas supplier, export supplier, electricity distributor (network operator), gas
// transporter, registered supplier agent, other user.
enum class Role : uint8_t { kIs, kGs, kEs, kEd, kGt, kRsa, kOu };

constexpr size_t kRoles = 7;

// `IS`, `ED`; nothing if `text` is none.
absl::string_view RoleName(Role role);
std::optional<Role> ParseRole(absl::string_view text);

struct Party {
  Eui64 id;
  Role role = Role::kOu;
  std::string name{};
  std::vector<std::string> distributors{};  // of role ED: the first two digits of its MPANs
};

// The parties that are configured.
//
// Threads: any number.
class Parties {
 public:
  Parties() = default;

  // Of an id that stands twice the first counts, and of a distributor too.
  explicit Parties(std::vector<Party> parties);

  const std::vector<Party>& all() const { return parties_; }

  // Nothing if the party is not configured.
  std::optional<Role> RoleOf(Eui64 party) const;

  // The network operator whose MPANs begin as this one of 13 digits; nothing for any other text.
  std::optional<Eui64> OperatorOf(absl::string_view mpan) const;

  // Those of role ED, in their order: each has a stream of its own.
  std::vector<Eui64> Operators() const;

 private:
  std::vector<Party> parties_;
  absl::flat_hash_map<Eui64, Role> roles_;
  absl::flat_hash_map<std::string, Eui64> by_distributor_;
};

}  // namespace weir
