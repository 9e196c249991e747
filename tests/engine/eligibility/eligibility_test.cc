// Method: a walk over all service requests and roles of the reference table, under WEIR_SHARED or
// ../shared, and cases of each condition.
#include "engine/eligibility/eligibility.h"

#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"

#include "engine/eligibility/gas_flow_settings.h"
#include "tests/support/shared_data.h"

namespace weir {
namespace {

constexpr Eui64 kParty{0x90B3D51F30020000};
constexpr Eui64 kSupplier{0x90B3D51F30010000};
constexpr Eui64 kElse{0x99};

constexpr TimeMs kBefore{kReleaseDate.value - 1};

TimeMs At(absl::string_view text) {
  return *ParseTime(text);
}

Request RequestOf(absl::string_view srv) {
  Request request;
  request.id = {.party = kParty, .device = Eui64{1}, .counter = 7};
  request.srv = srv;
  return request;
}

// A device for which every condition holds.
DeviceFacts Everything() {
  return {.network_operator = kParty, .supplier = kSupplier, .supplier_agent = kParty};
}

std::string Verdict(absl::string_view srv, std::optional<Role> role, const DeviceFacts* device,
                    TimeMs now) {
  return std::string(
      RequestReasonName(EligibilityTable().Decide(RequestOf(srv), role, device, now)));
}

// The SRVs of the reference table, each once.
std::vector<std::string> AllSrvs(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> srvs;
  std::string line;
  std::getline(file, line);  // names of the columns
  while (std::getline(file, line)) {
    srvs.push_back(line.substr(0, line.find(',')));
  }
  return srvs;
}

TEST(Eligibility, WalksEverySrvAndRole) {
  const std::string path = SharedData("domain/srv-matrix.csv");
  const std::vector<std::string> srvs = AllSrvs(path);
  if (srvs.empty()) {
    GTEST_SKIP() << "the reference table is missing: " << path;
  }
  EXPECT_EQ(srvs.size(), 129U);

  // Who may always, and who may since when.
  struct Governed {
    std::set<Role> always;
    Role since;
    TimeMs from;
  };

  const TimeMs mp120 = At("2020-11-29T00:00:00Z");
  const std::map<std::string, Governed> governed = {
      {"6.13", {{Role::kIs, Role::kGs, Role::kGt, Role::kRsa}, Role::kEd, kReleaseDate}},
      {"7.7", {{Role::kIs, Role::kOu}, Role::kEd, mp120}},
      {"8.14.3", {{Role::kIs, Role::kGs}, Role::kRsa, kReleaseDate}},
      {"8.14.4", {{Role::kIs, Role::kGs}, Role::kRsa, kReleaseDate}}};
  const DeviceFacts device = Everything();
  size_t checked = 0;
  for (const std::string& srv : srvs) {
    for (size_t i = 0; i <= kRoles; ++i) {
      const std::optional<Role> role =
          i == kRoles ? std::nullopt : std::make_optional(static_cast<Role>(i));
      for (const TimeMs now : {TimeMs{0}, kBefore, kReleaseDate, TimeMs{mp120.value - 1}, mp120,
                               At("2026-01-01T00:00:00Z")}) {
        std::string expected = "not_governed";
        if (const auto rule = governed.find(srv); rule != governed.end()) {
          const bool may = role && (rule->second.always.contains(*role) ||
                                    (role == rule->second.since && now >= rule->second.from));
          expected = may ? "eligible" : "role_not_eligible";
        }
        ASSERT_EQ(Verdict(srv, role, &device, now), expected)
            << srv << " " << (role ? RoleName(*role) : "nobody") << " at " << FormatTime(now);
        ++checked;
      }
    }
  }
  EXPECT_EQ(checked, 129U * 8 * 6);
}

TEST(Eligibility, ANetworkOperatorReadsInItsOwnNetworkAlone) {
  DeviceFacts device = Everything();
  for (const char* srv : {"6.13", "7.7"}) {
    const TimeMs now = At("2021-01-01T00:00:00Z");
    EXPECT_EQ(Verdict(srv, Role::kEd, &device, now), "eligible");
    EXPECT_EQ(Verdict(srv, Role::kEd, nullptr, now), "device_unknown");
    device.network_operator = kElse;
    EXPECT_EQ(Verdict(srv, Role::kEd, &device, now), "not_in_network");
    device.network_operator.reset();
    EXPECT_EQ(Verdict(srv, Role::kEd, &device, now), "not_in_network");
    // Nobody asks whose network it is for a supplier.
    EXPECT_EQ(Verdict(srv, Role::kIs, nullptr, now), "eligible");
    device = Everything();
  }
}

TEST(Eligibility, AnAgentReturnsTheHubsOfItsSupplier) {
  const auto verdict = [](std::optional<Eui64> for_whom, const DeviceFacts* device) {
    Request request = RequestOf("8.14.3");
    request.supplier = for_whom;
    return std::string(
        RequestReasonName(EligibilityTable().Decide(request, Role::kRsa, device, kReleaseDate)));
  };
  DeviceFacts device = Everything();
  EXPECT_EQ(verdict(kSupplier, &device), "eligible");
  EXPECT_EQ(verdict(std::nullopt, &device), "eligible");
  EXPECT_EQ(verdict(kElse, &device), "not_agent_of_supplier");
  EXPECT_EQ(verdict(kSupplier, nullptr), "device_unknown");
  device.supplier_agent = kElse;
  EXPECT_EQ(verdict(kSupplier, &device), "not_agent_of_supplier");
  device.supplier_agent.reset();
  EXPECT_EQ(verdict(kSupplier, &device), "not_agent_of_supplier");
  device = Everything();
  device.supplier.reset();
  EXPECT_EQ(verdict(std::nullopt, &device), "not_agent_of_supplier");
}

TEST(Eligibility, TheNewestRuleInForceCounts) {
  std::vector<EligibilityRule> rules = EligibilityTable::OfTheRelease();
  const TimeMs later = At("2021-01-01T00:00:00Z");
  rules.push_back(
      {.srv = "6.13", .role = Role::kRsa, .from = later, .condition = Condition::kNever});
  rules.push_back({.srv = "9.9", .role = Role::kOu, .from = later});
  const EligibilityTable table(rules);
  const auto verdict = [&](absl::string_view srv, Role role, TimeMs now) {
    return std::string(RequestReasonName(table.Decide(RequestOf(srv), role, nullptr, now)));
  };
  EXPECT_EQ(verdict("6.13", Role::kRsa, TimeMs{later.value - 1}), "eligible");
  EXPECT_EQ(verdict("6.13", Role::kRsa, later), "role_not_eligible");
  // Governed by then, and for those who are in the table.
  EXPECT_EQ(verdict("9.9", Role::kOu, TimeMs{later.value - 1}), "role_not_eligible");
  EXPECT_EQ(verdict("9.9", Role::kOu, later), "eligible");
  EXPECT_EQ(verdict("9.9", Role::kIs, later), "role_not_eligible");
}

TEST(Eligibility, AGasFlowRateMustBeInRange) {
  const auto verdict = [](const GasFlowRate& rate, TimeMs now) {
    Request request = RequestOf("6.7");
    request.gas_flow_rate = rate;
    return std::string(
        RequestReasonName(EligibilityTable().Decide(request, Role::kGs, nullptr, now)));
  };
  const GasFlowRate decimal{.text = "6.1680", .is_decimal = true, .value = 61680};
  const GasFlowRate integer{.text = "61680", .is_decimal = false, .value = 61680};
  const GasFlowRate beyond{.text = "6.5536", .is_decimal = true, .value = std::nullopt};
  EXPECT_EQ(verdict(decimal, kReleaseDate), "not_governed");
  EXPECT_EQ(verdict(decimal, kBefore), "value_out_of_range");
  EXPECT_EQ(verdict(integer, kBefore), "not_governed");
  EXPECT_EQ(verdict(integer, kReleaseDate), "not_governed");
  EXPECT_EQ(verdict(beyond, kReleaseDate), "value_out_of_range");
}

TEST(GasFlow, AnIntegerIsWrittenToFourPlaces) {
  EXPECT_EQ(FormatGasFlowRate(0), "0.0000");
  EXPECT_EQ(FormatGasFlowRate(1), "0.0001");
  EXPECT_EQ(FormatGasFlowRate(61680), "6.1680");
  EXPECT_EQ(FormatGasFlowRate(65535), "6.5535");
}

TEST(GasFlow, ASettingIsConfirmedByTheResponseToItsRequest) {
  constexpr Eui64 kDevice{5};
  const RequestId first{.party = kSupplier, .device = kDevice, .counter = 1};
  const RequestId second{.party = kSupplier, .device = kDevice, .counter = 2};
  GasFlowSettings settings;
  settings.OnRequest(kDevice, first, 61680, TimeMs{10});
  EXPECT_EQ(settings.Find(kDevice)->confirmed_at, std::nullopt);
  settings.OnDone(kDevice, second, TimeMs{11});  // of another one
  EXPECT_EQ(settings.Find(kDevice)->confirmed_at, std::nullopt);
  settings.OnDone(kDevice, first, TimeMs{12});
  EXPECT_EQ(settings.Find(kDevice)->confirmed_at, TimeMs{12});
  settings.Accept();
  settings.OnRequest(kDevice, second, 5, TimeMs{13});
  const GasFlowSetting asked = *settings.Find(kDevice);
  EXPECT_EQ(asked.rate, 5);
  EXPECT_EQ(asked.before, 61680);
  EXPECT_EQ(GasFlowSetting::Decode(asked.Encode()), asked);
  settings.Rollback();
  EXPECT_EQ(settings.Find(kDevice)->rate, 61680);
}

}  // namespace
}  // namespace weir
