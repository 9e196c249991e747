#include "engine/eligibility/eligibility.h"

#include <algorithm>
#include <utility>

namespace weir {

namespace {

constexpr absl::string_view kReasonNames[kRequestReasons] = {
    "eligible",          "not_governed",          "role_not_eligible",
    "not_in_network",    "not_agent_of_supplier", "device_unknown",
    "value_out_of_range"};

// MP120 put right that network operators were left out of 7.7: 2020-11-29T00:00:00Z.
constexpr TimeMs kMp120Date{1606608000000};

// What fails if the condition does not hold; nothing if it does.
std::optional<RequestReason> Failing(Condition condition, const Request& request,
                                     const DeviceFacts* device) {
  if (condition == Condition::kAlways) {
    return std::nullopt;
  }
  if (device == nullptr) {
    return RequestReason::kDeviceUnknown;
  }
  if (condition == Condition::kInNetwork) {
    return device->network_operator == request.id.party
               ? std::nullopt
               : std::make_optional(RequestReason::kNotInNetwork);
  }
  const bool is_agent = device->supplier_agent == request.id.party && device->supplier &&
                        (!request.supplier || request.supplier == device->supplier);
  return is_agent ? std::nullopt : std::make_optional(RequestReason::kNotAgentOfSupplier);
}

}  // namespace

absl::string_view RequestReasonName(RequestReason reason) {
  return kReasonNames[static_cast<size_t>(reason)];
}

std::vector<EligibilityRule> EligibilityTable::OfTheRelease() {
  std::vector<EligibilityRule> rules;
  const auto always = [&rules](absl::string_view srv, std::initializer_list<Role> roles) {
    for (const Role role : roles) {
      rules.push_back({.srv = std::string(srv), .role = role, .from = {}});
    }
  };
  const auto dated = [&rules](absl::string_view srv, Role role, TimeMs from, Condition condition) {
    rules.push_back({.srv = std::string(srv), .role = role, .from = from, .condition = condition});
  };
  always("6.13", {Role::kIs, Role::kGs, Role::kGt, Role::kRsa});
  dated("6.13", Role::kEd, kReleaseDate, Condition::kInNetwork);
  always("7.7", {Role::kIs, Role::kOu});
  dated("7.7", Role::kEd, kMp120Date, Condition::kInNetwork);
  for (const absl::string_view hub_return : {"8.14.3", "8.14.4"}) {
    always(hub_return, {Role::kIs, Role::kGs});
    dated(hub_return, Role::kRsa, kReleaseDate, Condition::kAgentOfSupplier);
  }
  return rules;
}

EligibilityTable::EligibilityTable(std::vector<EligibilityRule> rules, TimeMs decimal_from)
    : rules_(std::move(rules)), decimal_from_(decimal_from) {}

// The newest counts; of two with one date the later one.
const EligibilityRule* EligibilityTable::InForce(absl::string_view srv, Role role,
                                                 TimeMs now) const {
  const EligibilityRule* in_force = nullptr;
  for (const EligibilityRule& rule : rules_) {
    if (rule.srv == srv && rule.role == role && rule.from <= now &&
        (in_force == nullptr || in_force->from <= rule.from)) {
      in_force = &rule;
    }
  }
  return in_force != nullptr && in_force->condition != Condition::kNever ? in_force : nullptr;
}

RequestReason EligibilityTable::Decide(const Request& request, std::optional<Role> role,
                                       const DeviceFacts* device, TimeMs now) const {
  RequestReason reason = RequestReason::kNotGoverned;
  if (std::any_of(rules_.begin(), rules_.end(),
                  [&](const EligibilityRule& rule) { return rule.srv == request.srv; })) {
    const EligibilityRule* rule = role ? InForce(request.srv, *role, now) : nullptr;
    if (rule == nullptr) {
      return RequestReason::kRoleNotEligible;
    }
    if (const std::optional<RequestReason> failing = Failing(rule->condition, request, device)) {
      return *failing;
    }
    reason = RequestReason::kEligible;
  }
  const std::optional<GasFlowRate>& rate = request.gas_flow_rate;
  const bool accepted = !rate || (rate->value && (!rate->is_decimal || now >= decimal_from_));
  return accepted ? reason : RequestReason::kValueOutOfRange;
}

bool EligibilityTable::IsReadOfOperators(absl::string_view srv, TimeMs now) const {
  const EligibilityRule* rule = InForce(srv, Role::kEd, now);
  return rule != nullptr && rule->condition == Condition::kInNetwork;
}

}  // namespace weir
