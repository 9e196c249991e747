// Whether a service request may be made: by whom, for which device, from when on.
//
// A dated table governs some service requests (SRVs); all others pass. Within a governed SRV a role
// may do what the newest rule in force for it says, and nothing without one.
//
// Source: SECMP0025 (network operators read logs and switch data), SECMP0039 (agents return hubs),
// MP120 (7.7 for network operators, put right a year later), SECMP0023 (gas flow rate).
//
// Threads: any number.
//
// Layer: engine/eligibility (engine/alert, engine/base).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

#include "engine/alert/event.h"
#include "engine/alert/release.h"
#include "engine/alert/role.h"
#include "engine/base/units.h"

namespace weir {

// What else must hold for a role.
enum class Condition : uint8_t {
  kAlways,           // nothing
  kInNetwork,        // the party is the network operator of the device
  kAgentOfSupplier,  // the device's record names the party as supplier's agent, and the supplier on
                     // whose behalf it asks, if the request names one, as supplier
  kNever,            // what an earlier rule allowed is allowed no longer
};

struct EligibilityRule {
  std::string srv;
  Role role = Role::kOu;
  TimeMs from;
  Condition condition = Condition::kAlways;
};

enum class RequestReason : uint8_t {
  kEligible,
  kNotGoverned,
  kRoleNotEligible,
  kNotInNetwork,
  kNotAgentOfSupplier,
  kDeviceUnknown,
  kValueOutOfRange,
};

constexpr size_t kRequestReasons = 7;

// `eligible`, `not_governed` and so on.
absl::string_view RequestReasonName(RequestReason reason);

inline bool IsAccepted(RequestReason reason) {
  return reason == RequestReason::kEligible || reason == RequestReason::kNotGoverned;
}

// What the inventory knows of a device, as far as rules ask.
struct DeviceFacts {
  std::optional<Eui64> network_operator;  // whichever way it is known
  std::optional<Eui64> supplier;
  std::optional<Eui64> supplier_agent;
};

class EligibilityTable {
 public:
  // The rules of the release: 6.13, 7.7, 8.14.3 and 8.14.4.
  static std::vector<EligibilityRule> OfTheRelease();

  EligibilityTable() : EligibilityTable(OfTheRelease()) {}

  // A decimal gas flow rate is accepted from `decimal_from` on.
  explicit EligibilityTable(std::vector<EligibilityRule> rules, TimeMs decimal_from = kReleaseDate);

  const std::vector<EligibilityRule>& rules() const { return rules_; }

  // `role` is that of the request's party, if it is known; `device` is null if the inventory does
  // not know it.
  RequestReason Decide(const Request& request, std::optional<Role> role, const DeviceFacts* device,
                       TimeMs now) const;

  // Whether the response to such a request goes to the network operator's own stream: the rule that
  // lets role ED ask, in its own network, is in force.
  bool IsReadOfOperators(absl::string_view srv, TimeMs now) const;

 private:
  const EligibilityRule* InForce(absl::string_view srv, Role role, TimeMs now) const;

  std::vector<EligibilityRule> rules_;
  TimeMs decimal_from_;
};

}  // namespace weir
