// Goal: the rules of the system are read as CONFIG.md says, with or without a service beside them,
// beside those of the release; all mistakes are told with their lines.
// Method: tables of good and bad files, with an environment made up; the tables and examples of
// CONFIG.md; random changes to good files (WEIR_SEED repeats a run).

#include "connectors/config/system_file.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "connectors/config/known_srvs.h"
#include "connectors/config/service_file.h"
#include "connectors/config/srv.h"
#include "tests/connectors/config/manual.h"
#include "tests/support/random.h"

namespace weir {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr TimeMs kNewYear{1577836800000};       // 2020-01-01T00:00:00Z
constexpr TimeMs kFebruary2021{1612137600000};  // 2021-02-01T00:00:00Z
constexpr TimeMs kNovember2020{1606608000000};  // 2020-11-29T00:00:00Z
constexpr absl::string_view kFile = "f/s.yaml";

// An environment with two variables, and no files.
Lookups MadeUp() {
  return {.variable = [](const std::string& name) -> std::optional<std::string> {
            if (name == "SRV") {
              return "6.99";
            }
            return name == "ROLE" ? std::make_optional<std::string>("RSA") : std::nullopt;
          },
          .secret = [](const std::string& /*path*/) -> absl::StatusOr<std::string> {
            return absl::InvalidArgumentError("cannot be read");
          }};
}

absl::StatusOr<SystemConfig> Parse(absl::string_view text, std::string* remarks = nullptr) {
  return ParseSystem(text, kFile, MadeUp(), remarks);
}

SystemConfig Parsed(absl::string_view text) {
  absl::StatusOr<SystemConfig> config = Parse(text);
  EXPECT_TRUE(config.ok()) << config.status() << "\n" << text;
  return config.ok() ? *std::move(config) : SystemConfig();
}

std::vector<std::string> Problems(absl::string_view text) {
  const absl::Status status = Parse(text).status();
  if (status.ok()) {
    return {};
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  return absl::StrSplit(status.message(), '\n');
}

std::string Remarks(absl::string_view text) {
  std::string remarks = "left from before";
  EXPECT_TRUE(Parse(text, &remarks).ok()) << text;
  return remarks;
}

struct BadFile {
  std::string text;
  int line;
  std::vector<std::string> words;  // of the only problem
};

void ExpectProblems(const std::vector<BadFile>& files) {
  for (const BadFile& file : files) {
    const std::vector<std::string> problems = Problems(file.text);
    ASSERT_THAT(problems, SizeIs(1)) << file.text << absl::StrJoin(problems, "\n");
    EXPECT_THAT(problems[0], StartsWith(absl::StrCat(kFile, ":", file.line, ": "))) << file.text;
    for (const std::string& word : file.words) {
      EXPECT_THAT(problems[0], HasSubstr(word)) << file.text;
    }
  }
}

std::string WithRules(absl::string_view rules) {
  return absl::StrCat("eligibility: {rules: [", rules, "]}\n");
}

std::string WithTriggers(absl::string_view triggers) {
  return absl::StrCat("load_switching: {triggers: {", triggers, "}}\n");
}

std::string WithInventory(absl::string_view body) {
  return absl::StrCat("inventory: {", body, "}\n");
}

// --------------------------------------------------------------------------------------------
// The file.

TEST(SystemFile, WithoutAKeyTheRulesAreThoseOfTheRelease) {
  const SystemConfig config = Parsed("parties: []\n");
  EXPECT_EQ(config.file_name, kFile);
  EXPECT_EQ(config.policy, "");
  EXPECT_EQ(config.notices, std::nullopt);
  EXPECT_THAT(config.system.parties.all(), IsEmpty());
  EXPECT_THAT(config.system.eligibility.rules(), SizeIs(EligibilityTable::OfTheRelease().size()));
  EXPECT_THAT(config.system.load_switch.triggers, SizeIs(LoadSwitchRules::OfTheRelease().size()));
  EXPECT_THAT(config.system.pending.periods, SizeIs(PendingRules::OfTheRelease().size()));
}

TEST(SystemFile, DoesNotLookAtTheService) {
  const SystemConfig config = Parsed(
      "kafka: {bootstrap.servers: '${MISSING}', sasl.password: file:/none, a b: [c]}\n"
      "service: {instance: [], wrokers: 3}\n"
      "policy: p.yaml\n"
      "notices: duis\n");
  EXPECT_EQ(config.policy, "f/p.yaml");
  EXPECT_EQ(config.policy_line, 3);
  EXPECT_EQ(config.notices, NoticeFormat::kDuis);
}

TEST(SystemFile, ReplacesVariables) {
  const SystemConfig config = Parsed("parties: [{id: 90b3d51f30020000, role: '${ROLE}'}]\n");
  ASSERT_THAT(config.system.parties.all(), SizeIs(1));
  EXPECT_EQ(config.system.parties.all()[0].role, Role::kRsa);
  ExpectProblems({{"policy: '${MISSING}'\n", 1, {"`MISSING`", "is not set"}}});
}

TEST(SystemFile, NeverShowsWhatTookTheVariablesPlace) {
  ExpectProblems({
      {WithRules("{srv: '${ROLE}', roles: [ED]}"), 1, {"`srv` is `${ROLE}` (its value is not"}},
      {WithInventory("recipient: '${ROLE}'"), 1, {"`recipient` is `${ROLE}` (its value"}},
      {WithTriggers("\"7.9\": {message_code: '${ROLE}'}"), 1, {"`${ROLE}` (its value"}},
  });
  EXPECT_THAT(Remarks(WithRules("{srv: '${SRV}', roles: [ED]}")),
              AllOf(HasSubstr("`${SRV}`"), Not(HasSubstr("6.99"))));
}

TEST(SystemFile, TellsWhatIsWrongWithTheFile) {
  ExpectProblems({
      {"", 1, {"the file is empty", "`parties:`"}},
      {"- a\n", 1, {"the file is a list"}},
      {"partys: []\n", 1, {"did you mean `parties`?"}},
      {"policies: []\n", 1, {"the policy file"}},
      {"notices: xml\n", 1, {"`xml`", "duis or json"}},
      {"notices:\n", 1, {"`notices` is empty"}},
      {"eligibility: []\n", 1, {"`eligibility` is a list", "`rules`"}},
      {"load_switching: on\n", 1, {"`load_switching` is `on`", "`triggers`"}},
      {"inventory: 36\n", 1, {"`inventory` is `36`", "a map"}},
      {"pending: []\n", 1, {"belongs in `inventory`"}},
      {"rules: []\n", 1, {"belongs in `eligibility`"}},
      {"triggers: {}\n", 1, {"belongs in `load_switching`"}},
      {"eligibility: {triggers: {}}\n", 1, {"belongs in `load_switching`"}},
  });
}

TEST(SystemFile, IsToldFromAPolicy) {
  for (const char* text : {"parties: []", "notices: x", "eligibility:", "load_switching: {}",
                           "inventory: {}", "policy: p", "{\"policy\": \"p\", \"policies\": []}"}) {
    EXPECT_TRUE(IsSystemConfig(text)) << text;
    EXPECT_FALSE(IsServiceConfig(text)) << text;
  }
  for (const char* text :
       {"policies: []", "", "[parties]", "kafka: {}", "policies: {parties: 1}"}) {
    EXPECT_FALSE(IsSystemConfig(text)) << text;
  }
}

TEST(SystemFile, TellsAllProblemsInOrderOfTheirLines) {
  EXPECT_THAT(Problems("inventory:\n"
                       "  recipient: nobody\n"
                       "  months: 3\n"
                       "load_switching:\n"
                       "  triggers:\n"
                       "    \"7.9\": {enabled: perhaps}\n"
                       "eligibility:\n"
                       "  rules:\n"
                       "    - {srv: 6.13, roles: [RSA]}\n"
                       "    - {srv: \"6.13\", roles: [DNO]}\n"),
              ElementsAre(StartsWith("f/s.yaml:2: `recipient` is `nobody`"),
                          StartsWith("f/s.yaml:3: `months` is not known here"),
                          StartsWith("f/s.yaml:6: `enabled` is `perhaps`"),
                          StartsWith("f/s.yaml:9: `srv` is `6.13`, which YAML takes for a number"),
                          StartsWith("f/s.yaml:10: `roles` is `DNO`")));
}

// A service reads the same, with its own reader.
TEST(SystemFile, IsReadOfAServiceToo) {
  const absl::StatusOr<ServiceConfig> config = ParseService(
      absl::StrCat("kafka: {bootstrap.servers: h}\n", "service: {instance: i, state: {dir: d}}\n",
                   "load_switching: {triggers: {\"7.9\": {enabled: false}}}\n"),
      kFile, MadeUp());
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_TRUE(std::any_of(config->system.load_switch.triggers.begin(),
                          config->system.load_switch.triggers.end(),
                          [](const SwitchTrigger& each) { return each.srv == "7.9" && !each.on; }));
}

TEST(SystemFile, RemarksOnAnOperatorWithoutDistributors) {
  EXPECT_THAT(Remarks("parties: [{id: 90b3d51f30020000, role: ED}]\n"),
              AllOf(StartsWith("f/s.yaml:1: "), HasSubstr("no `distributors`")));
  EXPECT_EQ(Remarks("parties: [{id: 90b3d51f30020000, role: ED, distributors: [14]}]\n"), "");
  EXPECT_EQ(Remarks("parties: [{id: 90b3d51f30020000, role: IS}]\n"), "");
}

// --------------------------------------------------------------------------------------------
// Eligibility.

// `IS` and so on, then the condition and the date, of all rules for an SRV.
std::vector<std::string> RulesOf(const SystemConfig& config, absl::string_view srv) {
  std::vector<std::string> rules;
  for (const EligibilityRule& rule : config.system.eligibility.rules()) {
    if (rule.srv == srv) {
      rules.push_back(absl::StrCat(RoleName(rule.role), " ", static_cast<int>(rule.condition), " ",
                                   FormatTime(rule.from)));
    }
  }
  return rules;
}

TEST(SystemEligibility, AddsRulesToThoseOfTheRelease) {
  const SystemConfig config = Parsed(
      WithRules("{srv: \"7.7\", roles: [RSA, GT], from: 2020-01-01T00:00:00Z, condition: never},"
                "{srv: \"6.2.10\", roles: [ED], condition: in_network}"));
  EXPECT_THAT(RulesOf(config, "7.7"),
              ElementsAre("IS 0 1970-01-01T00:00:00.000Z", "OU 0 1970-01-01T00:00:00.000Z",
                          "ED 1 2020-11-29T00:00:00.000Z", "RSA 3 2020-01-01T00:00:00.000Z",
                          "GT 3 2020-01-01T00:00:00.000Z"));
  EXPECT_THAT(RulesOf(config, "6.2.10"), ElementsAre("ED 1 1970-01-01T00:00:00.000Z"));
  EXPECT_THAT(RulesOf(config, "6.13"), SizeIs(5));
}

TEST(SystemEligibility, ReplacesARuleOfTheSameDateAlone) {
  const SystemConfig config = Parsed(
      WithRules("{srv: \"8.14.3\", roles: [RSA], from: 2019-11-29T00:00:00Z, condition: always},"
                "{srv: \"8.14.4\", roles: [RSA], from: 2019-11-30T00:00:00Z, condition: never}"));
  EXPECT_THAT(RulesOf(config, "8.14.3"),
              ElementsAre("IS 0 1970-01-01T00:00:00.000Z", "GS 0 1970-01-01T00:00:00.000Z",
                          "RSA 0 2019-11-29T00:00:00.000Z"));
  EXPECT_THAT(RulesOf(config, "8.14.4"),
              ElementsAre("IS 0 1970-01-01T00:00:00.000Z", "GS 0 1970-01-01T00:00:00.000Z",
                          "RSA 2 2019-11-29T00:00:00.000Z", "RSA 3 2019-11-30T00:00:00.000Z"));
}

TEST(SystemEligibility, ConditionsAreThose) {
  const std::map<std::string, Condition> conditions = {
      {"always", Condition::kAlways},
      {"in_network", Condition::kInNetwork},
      {"agent_of_supplier", Condition::kAgentOfSupplier},
      {"never", Condition::kNever}};

  for (const auto& [word, condition] : conditions) {
    const SystemConfig config =
        Parsed(WithRules(absl::StrCat("{srv: \"2.2\", roles: [IS], condition: ", word, "}")));
    EXPECT_EQ(config.system.eligibility.rules().back().condition, condition) << word;
  }
}

RequestReason DecideDecimalRate(const SystemConfig& config, TimeMs now) {
  Request request;
  request.srv = "6.7";
  request.gas_flow_rate = GasFlowRate{.text = "1.5", .is_decimal = true, .value = 15000};
  return config.system.eligibility.Decide(request, Role::kGs, nullptr, now);
}

TEST(SystemEligibility, DatesDecimalGasFlowRates) {
  const SystemConfig config =
      Parsed("eligibility: {decimal_gas_flow_from: 2020-01-01T00:00:00Z}\n");
  EXPECT_EQ(DecideDecimalRate(config, TimeMs{kNewYear.value - 1}), RequestReason::kValueOutOfRange);
  EXPECT_EQ(DecideDecimalRate(config, kNewYear), RequestReason::kNotGoverned);
  EXPECT_EQ(DecideDecimalRate(Parsed("parties: []"), kReleaseDate), RequestReason::kNotGoverned);
}

TEST(SystemEligibility, TellsWhatIsWrong) {
  const std::string rule = "{srv: \"6.13\", roles: [ED], ";
  ExpectProblems({
      {"eligibility: {rules: {}}\n", 1, {"`rules` is a map", "a list of rules"}},
      {"eligibility: {decimal_gas_flow_from: 2019}\n", 1, {"`2019`", "a UTC time"}},
      {"eligibility: {date: 2019}\n", 1, {"`date`", "decimal_gas_flow_from or rules"}},
      {WithRules("6.13"), 1, {"a rule is `6.13`"}},
      {WithRules("{roles: [ED]}"), 1, {"`srv` is missing", "\"8.14.3\""}},
      {WithRules("{srv: \"6.13\"}"), 1, {"`roles` is missing"}},
      {WithRules("{srv: \"6.13\", roles: []}"), 1, {"`roles` is an empty list"}},
      {WithRules("{srv: \"6.13\", roles: ED}"), 1, {"`roles` is `ED`", "a list of roles"}},
      {WithRules("{srv: \"6.13\", roles: [DNO]}"), 1, {"`DNO`", "IS, GS, ES, ED"}},
      {WithRules("{srv: 6.13, roles: [ED]}"), 1, {"`6.13`", "write it in quotes"}},
      {WithRules("{srv: 7.10, roles: [ED]}"), 1, {"`7.10`", "write it in quotes"}},
      {WithRules("{srv: 9, roles: [ED]}"), 1, {"`9`", "write it in quotes"}},
      {WithRules("{srv: no, roles: [ED]}"), 1, {"`no`", "an SRV in quotes"}},
      {WithRules("{srv: [6], roles: [ED]}"), 1, {"`srv` is a list", "an SRV in quotes"}},
      {WithRules(absl::StrCat(rule, "condition: yes}")),
       1,
       {"`yes`", "agent_of_supplier or never"}},
      {WithRules(absl::StrCat(rule, "from: 2019-11-29}")), 1, {"`2019-11-29`", "a UTC time"}},
      {WithRules(absl::StrCat(rule, "role: ED}")), 1, {"did you mean `roles`?"}},
      {absl::StrCat("eligibility:\n  rules:\n    - {srv: \"6.13\", roles: [IS, ED]}\n",
                    "    - {srv: \"6.13\", roles: [ED], from: 1970-01-01T00:00:00Z}\n"),
       4,
       {"the same SRV, date and role ED", "in line 3 already", "keep one"}},
      {WithRules("{srv: \"6.13\", roles: [ED, ED]}"), 1, {"line 1 already"}},
  });
}

TEST(SystemEligibility, TellsSrvsThatAreNone) {
  for (const char* srv : {"6.", ".6", "6..1", "6.13.1.1.1", "6.013", "0.1", "6.1234", "6.a", "6,13",
                          "6.13 ", "", "1234", "-6.1"}) {
    ExpectProblems(
        {{WithRules(absl::StrCat("{srv: \"", srv, "\", roles: [ED]}")), 1, {"an SRV in quotes"}}});
  }
}

TEST(SystemEligibility, RemarksOnWhatIsHardlyMeant) {
  EXPECT_THAT(Remarks(WithRules("{srv: \"6.33\", roles: [IS]}")),
              AllOf(StartsWith("f/s.yaml:1: "), HasSubstr("`6.33`")));
  EXPECT_THAT(Remarks(WithRules("{srv: \"6.13\", roles: [IS], condition: in_network}")),
              HasSubstr("role IS"));
  EXPECT_THAT(Remarks(WithRules("{srv: \"6.13\", roles: [ED], condition: agent_of_supplier}")),
              HasSubstr("role ED"));
  EXPECT_EQ(Remarks(WithRules("{srv: \"6.13\", roles: [ED], condition: in_network},"
                              "{srv: \"6.13\", roles: [RSA], condition: agent_of_supplier}")),
            "");
}

TEST(SystemEligibility, KnowsTheSrvsOfDuis) {
  EXPECT_EQ(KnownSrvs().size(), 129U);
  for (const absl::string_view srv : KnownSrvs()) {
    EXPECT_TRUE(IsSrv(srv)) << srv;
    EXPECT_EQ(std::count(KnownSrvs().begin(), KnownSrvs().end(), srv), 1) << srv;
  }
  for (const EligibilityRule& rule : EligibilityTable::OfTheRelease()) {
    EXPECT_TRUE(IsKnownSrv(rule.srv)) << rule.srv;
  }
  for (const SwitchTrigger& trigger : LoadSwitchRules::OfTheRelease()) {
    EXPECT_TRUE(IsKnownSrv(trigger.srv)) << trigger.srv;
  }
}

// --------------------------------------------------------------------------------------------
// Load switching.

SwitchTrigger TriggerOf(const SystemConfig& config, absl::string_view srv) {
  for (const SwitchTrigger& trigger : config.system.load_switch.triggers) {
    if (trigger.srv == srv) {
      return trigger;
    }
  }
  ADD_FAILURE() << srv;
  return {};
}

TEST(SystemTriggers, AKeyReplacesFieldsOfTheDefaultRow) {
  const SystemConfig config =
      Parsed(WithTriggers("\"6.14.2\": {from: 2020-01-01T00:00:00Z}, \"7.9\": {enabled: false},"
                          "\"8.7.1\": {only_for: any}, \"6.14.1\": {}"));
  EXPECT_THAT(config.system.load_switch.triggers, SizeIs(LoadSwitchRules::OfTheRelease().size()));
  const SwitchTrigger dated = TriggerOf(config, "6.14.2");
  EXPECT_EQ(dated.from, kNewYear);
  EXPECT_TRUE(dated.on);
  EXPECT_EQ(dated.instructions, 2U);
  EXPECT_EQ(dated.message_code, 0x0054);
  const SwitchTrigger off = TriggerOf(config, "7.9");
  EXPECT_FALSE(off.on);
  EXPECT_TRUE(off.is_scheduled);
  EXPECT_EQ(off.from, kReleaseDate);
  EXPECT_EQ(TriggerOf(config, "8.7.1").only_for, std::nullopt);
  EXPECT_EQ(TriggerOf(config, "8.8.1").only_for, DeviceType::kHcalcs);
  EXPECT_EQ(TriggerOf(config, "6.14.1").from, kReleaseDate);
  EXPECT_EQ(TriggerOf(config, "6.14.3").from, kFebruary2021);
}

TEST(SystemTriggers, AnSrvThatIsNotThereIsANewRow) {
  const SystemConfig config = Parsed(
      WithTriggers("\"9.9\": {from: 2020-11-29T00:00:00Z, only_for: HCALCS, instructions: 256, "
                   "scheduled: true, message_code: \"01ab\"}, \"7.5\": {}"));
  const SwitchTrigger full = TriggerOf(config, "9.9");
  EXPECT_TRUE(full.on);
  EXPECT_EQ(full.from, kNovember2020);
  EXPECT_EQ(full.only_for, DeviceType::kHcalcs);
  EXPECT_EQ(full.instructions, 256U);
  EXPECT_TRUE(full.is_scheduled);
  EXPECT_EQ(full.message_code, 0x01AB);
  const SwitchTrigger bare = TriggerOf(config, "7.5");
  EXPECT_TRUE(bare.on);
  EXPECT_EQ(bare.from, TimeMs{0});
  EXPECT_EQ(bare.instructions, 1U);
  EXPECT_FALSE(bare.is_scheduled);
  EXPECT_EQ(bare.message_code, std::nullopt);
}

TEST(SystemTriggers, FourHexDigitsAreAnAlert) {
  const SystemConfig config =
      Parsed(WithTriggers("\"8131\": {enabled: true}, 8f0a: {from: 2020-01-01T00:00:00Z}"));
  const std::vector<SwitchAlert>& alerts = config.system.load_switch.alerts;
  ASSERT_THAT(alerts, SizeIs(2));
  EXPECT_EQ(FormatAlertCode(alerts[0].code), "8131");
  EXPECT_TRUE(alerts[0].on);
  EXPECT_EQ(alerts[0].from, kReleaseDate);
  EXPECT_EQ(FormatAlertCode(alerts[1].code), "8F0A");
  EXPECT_TRUE(alerts[1].on);
  EXPECT_EQ(alerts[1].from, kNewYear);
  EXPECT_FALSE(Parsed("parties: []").system.load_switch.alerts.at(0).on);
}

TEST(SystemTriggers, TellsWhatIsWrong) {
  ExpectProblems({
      {"load_switching: {triggers: []}\n", 1, {"`triggers` is a list", "a map"}},
      {"load_switching: {trigger: {}}\n", 1, {"did you mean `triggers`?"}},
      {WithTriggers("7.10: {enabled: false}"), 1, {"`7.10`", "write it in quotes"}},
      {WithTriggers("8131: {enabled: true}"), 1, {"`8131`", "write it in quotes"}},
      {WithTriggers("no: {enabled: false}"), 1, {"`no`", "an SRV in quotes", "\"8131\""}},
      {WithTriggers("\"7000\": {}"), 1, {"`7000`", "the code of a device alert"}},
      {WithTriggers("N58: {}"), 1, {"`N58`", "the code of a device alert"}},
      {WithTriggers("\"7.9\": false"), 1, {"`7.9` is `false`", "a map"}},
      {WithTriggers("\"7.9\": {enabled: no}"), 1, {"`no`", "false or true"}},
      {WithTriggers("\"7.9\": {on: true}"), 1, {"`on`", "enabled, from, only_for"}},
      {WithTriggers("\"8131\": {scheduled: true}"), 1, {"`scheduled`", "enabled or from"}},
      {WithTriggers("\"7.9\": {only_for: METER}"), 1, {"`METER`", "ESME, GSME", "CAD or any"}},
      {WithTriggers("\"7.9\": {instructions: 0}"), 1, {"1 to 256"}},
      {WithTriggers("\"7.9\": {instructions: 257}"), 1, {"1 to 256"}},
      {WithTriggers("\"7.9\": {from: soon}"), 1, {"`soon`", "a UTC time"}},
      {WithTriggers("\"7.9\": {message_code: 0123}"), 1, {"`0123`", "write it in quotes"}},
      {WithTriggers("\"7.9\": {message_code: 00e5}"), 1, {"`00e5`", "write it in quotes"}},
      {WithTriggers("\"7.9\": {message_code: \"123\"}"), 1, {"`123`", "four hexadecimal digits"}},
      {WithTriggers("\"7.9\": {message_code: \"0x12\"}"), 1, {"four hexadecimal digits"}},
      {WithTriggers("\"7.9\": {message_code: \"0053\"}"), 1, {"`6.14.1` and `7.9`", "the same"}},
      {WithTriggers("\"8f0a\": {}, \"8F0A\": {}"), 1, {"`8F0A`", "the alert of line 1"}},
  });
  EXPECT_THAT(Problems(WithTriggers("\"6.14.1\": {enabled: false},"
                                    "\"7.9\": {message_code: \"0053\"}")),
              IsEmpty());
}

TEST(SystemTriggers, RemarksOnAnSrvThatDuisDoesNotHave) {
  EXPECT_THAT(Remarks(WithTriggers("\"9.9\": {}")),
              AllOf(StartsWith("f/s.yaml:1: "), HasSubstr("`9.9`")));
  EXPECT_EQ(Remarks(WithTriggers("\"7.5\": {}, \"8131\": {enabled: true}")), "");
}

TEST(SystemTriggers, RemarksOnOutcomesAsTriggers) {
  EXPECT_THAT(Remarks(WithTriggers("8F66: {}")), HasSubstr("`8F66`"));
  EXPECT_THAT(Remarks(WithTriggers("8f67: {}")), HasSubstr("`8f67`"));
  EXPECT_EQ(Remarks(WithTriggers("8F66: {enabled: false}")), "");
}

// --------------------------------------------------------------------------------------------
// Inventory.

TEST(SystemInventory, HasTheDefaultsOfTheEngine) {
  const PendingRules rules = Parsed("inventory: {}\n").system.pending;
  ASSERT_THAT(rules.periods, SizeIs(2));
  EXPECT_EQ(rules.periods[0].from, TimeMs{0});
  EXPECT_EQ(rules.periods[0].months, 12U);
  EXPECT_EQ(rules.periods[1].from, kReleaseDate);
  EXPECT_EQ(rules.periods[1].months, 36U);
  EXPECT_TRUE(rules.remove);
  EXPECT_TRUE(rules.notify);
  EXPECT_EQ(rules.recipient, RemovalRecipient::kAddedBy);
  EXPECT_EQ(FormatAlertCode(rules.code), "N8");
}

TEST(SystemInventory, ReadsEveryField) {
  const PendingRules rules =
      Parsed(WithInventory("pending: [{from: 2020-01-01T00:00:00Z, months: 1},"
                           "{from: 2020-01-01T00:00:00.001Z, months: 1200}], remove: false,"
                           "notify: false, recipient: supplier, alert_code: n45"))
          .system.pending;
  ASSERT_THAT(rules.periods, SizeIs(2));
  EXPECT_EQ(rules.periods[0].from, kNewYear);
  EXPECT_EQ(rules.periods[0].months, 1U);
  EXPECT_EQ(rules.periods[1].months, 1200U);
  EXPECT_FALSE(rules.remove);
  EXPECT_FALSE(rules.notify);
  EXPECT_EQ(rules.recipient, RemovalRecipient::kSupplier);
  EXPECT_EQ(FormatAlertCode(rules.code), "N45");
  EXPECT_EQ(Parsed(WithInventory("recipient: added_by")).system.pending.recipient,
            RemovalRecipient::kAddedBy);
}

TEST(SystemInventory, TellsOneParty) {
  const std::string recipient = WithInventory("recipient: 90-B3-D5-1F-30-02-00-00");
  const PendingRules rules = Parsed(recipient).system.pending;
  EXPECT_EQ(rules.recipient, RemovalRecipient::kParty);
  EXPECT_EQ(rules.party, Eui64{0x90B3D51F30020000});
  EXPECT_THAT(Remarks(recipient),
              AllOf(StartsWith("f/s.yaml:1: `recipient`"), HasSubstr("none of `parties`")));
  EXPECT_EQ(Remarks(absl::StrCat(recipient, "parties: [{id: 90B3D51F30020000, role: IS}]\n")), "");
}

TEST(SystemInventory, TellsWhatIsWrong) {
  ExpectProblems({
      {WithInventory("pending: 36"), 1, {"`pending` is `36`", "a list of periods"}},
      {WithInventory("pending: []"), 1, {"an empty list", "`remove: false`"}},
      {WithInventory("pending: [36]"), 1, {"a period is `36`"}},
      {WithInventory("pending: [{months: 3}]"), 1, {"`from` is missing"}},
      {WithInventory("pending: [{from: 2020-01-01T00:00:00Z}]"), 1, {"`months` is missing"}},
      {WithInventory("pending: [{from: 2020-01-01T00:00:00Z, months: 0}]"), 1, {"1 to 1200"}},
      {WithInventory("pending: [{from: 2020-01-01T00:00:00Z, months: 1201}]"), 1, {"1 to 1200"}},
      {WithInventory("pending: [{from: 2020-01-01T00:00:00Z, days: 3, months: 3}]"),
       1,
       {"`days`", "from or months"}},
      {WithInventory("remove: never"), 1, {"`never`", "false or true"}},
      {WithInventory("notify: 1"), 1, {"`1`", "false or true"}},
      {WithInventory("recipient: agent"), 1, {"`agent`", "added_by, supplier, or the EUI-64"}},
      {WithInventory("alert_code: 8F36"), 1, {"`8F36`", "a DCC alert"}},
      {WithInventory("alert_code: N1000"), 1, {"`N1000`", "a DCC alert"}},
      {WithInventory("period: []"), 1, {"`period`", "pending, remove, notify"}},
      {absl::StrCat("inventory:\n  pending:\n    - {from: 2020-01-01T00:00:00Z, months: 3}\n",
                    "    - {from: 2020-01-01T00:00:00Z, months: 4}\n"),
       4,
       {"a time after that of the period before", "line 3", "oldest first"}},
  });
}

// --------------------------------------------------------------------------------------------
// CONFIG.md.

std::vector<ManualRow> RuleRows() {
  return ManualTable("In `eligibility`, `load_switching` and `inventory`:");
}

TEST(SystemManual, ItsExamplesAreRight) {
  size_t without_service = 0;
  for (const std::string& example : ManualExamples()) {
    EXPECT_THAT(Problems(example), IsEmpty()) << example;
    without_service += IsServiceConfig(example) ? size_t{0} : size_t{1};
  }
  EXPECT_GE(without_service, 2U);
}

TEST(SystemManual, ItsTablesHaveEveryKey) {
  const auto known = [](const std::string& text) { return KnownKeys(Problems(text)); };
  EXPECT_EQ(KeysOf(ManualTable("At the top of the file:")), known("zzzzzz: 1"));
  EXPECT_EQ(KeysOf(RuleRows(), "eligibility."), known("eligibility: {zzzzzz: 1}"));
  EXPECT_THAT(Problems("load_switching: {zzzzzz: 1}"), ElementsAre(HasSubstr("expected triggers")));
  EXPECT_EQ(KeysOf(RuleRows(), "inventory."), known("inventory: {zzzzzz: 1}"));
  EXPECT_EQ(KeysOf(ManualTable("In each rule:")), known(WithRules("{zzzzzz: 1}")));
  EXPECT_EQ(KeysOf(ManualTable("In each trigger:")), known(WithTriggers("\"7.9\": {zzzzzz: 1}")));
  EXPECT_EQ(KeysOf(ManualTable("In each period:")), known(WithInventory("pending: [{zzzzzz: 1}]")));
}

TEST(SystemManual, ItsTablesHaveTheDefaults) {
  std::map<std::string, std::string> initial;
  for (const ManualRow& row : RuleRows()) {
    initial[row.key] = row.initial;
  }
  const PendingRules rules;
  EXPECT_EQ(initial["eligibility.decimal_gas_flow_from"],
            absl::StrReplaceAll(FormatTime(kReleaseDate), {{".000", ""}}));
  EXPECT_EQ(initial["inventory.remove"], rules.remove ? "true" : "false");
  EXPECT_EQ(initial["inventory.notify"], rules.notify ? "true" : "false");
  EXPECT_EQ(initial["inventory.recipient"],
            rules.recipient == RemovalRecipient::kAddedBy ? "added_by" : "another");
  EXPECT_EQ(initial["inventory.alert_code"], FormatAlertCode(rules.code));
}

std::string Day(TimeMs time) {
  return time == TimeMs{} ? "always" : absl::StrCat("`", FormatTime(time).substr(0, 10), "`");
}

std::string HexDigits(uint16_t code) {
  return absl::AsciiStrToUpper(absl::StrCat(absl::Hex(code, absl::kZeroPad4)));
}

// A row of a table of defaults, in the form of the manual.
std::string RowOf(const SwitchTrigger& trigger) {
  const std::string code =
      trigger.message_code ? absl::StrCat("`", HexDigits(*trigger.message_code), "`") : "";
  return absl::StrCat(
      "| `", trigger.srv, "` | ", trigger.on ? "on" : "off", " | ", Day(trigger.from), " | ",
      trigger.only_for ? absl::StrCat("`", DeviceTypeName(*trigger.only_for), "`") : "", " | ",
      trigger.instructions, " | ", trigger.is_scheduled ? "yes" : "no", " | ", code, " |");
}

TEST(SystemManual, HasTheDefaultTriggers) {
  const std::string manual = Manual();
  for (const SwitchTrigger& trigger : LoadSwitchRules::OfTheRelease()) {
    EXPECT_THAT(manual, HasSubstr(absl::StrReplaceAll(RowOf(trigger), {{"|  |", "| |"}})));
  }
  for (const SwitchAlert& alert : LoadSwitchRules::AlertsOfTheRelease()) {
    EXPECT_THAT(manual, HasSubstr(absl::StrCat("| `", FormatAlertCode(alert.code), "` | ",
                                               alert.on ? "on" : "off", " | ", Day(alert.from))));
  }
}

// Whether the manual has a row for the SRV that begins so: SRVs with the same rules share one.
bool HasRuleRow(const std::string& manual, const EligibilityRule& rule) {
  constexpr absl::string_view kConditions[] = {"always", "in_network", "agent_of_supplier",
                                               "never"};
  for (const absl::string_view line : absl::StrSplit(manual, '\n')) {
    const std::vector<absl::string_view> cells = absl::StrSplit(line, " | ");
    if (cells.size() >= 4 && absl::StrContains(cells[0], absl::StrCat("`", rule.srv, "`")) &&
        absl::StrContains(cells[1], absl::StrCat("`", RoleName(rule.role), "`")) &&
        cells[2] == absl::StrCat("`", kConditions[static_cast<size_t>(rule.condition)], "`") &&
        cells[3] == Day(rule.from)) {
      return true;
    }
  }
  return false;
}

TEST(SystemManual, HasTheDefaultRules) {
  const std::string manual = Manual();
  for (const EligibilityRule& rule : EligibilityTable::OfTheRelease()) {
    EXPECT_TRUE(HasRuleRow(manual, rule)) << rule.srv << " " << RoleName(rule.role);
  }
}

TEST(SystemManual, HasTheDefaultPeriods) {
  const std::string manual = Manual();
  for (const PendingPeriod& period : PendingRules::OfTheRelease()) {
    EXPECT_THAT(manual, HasSubstr(absl::StrCat(
                            "{from: ", absl::StrReplaceAll(FormatTime(period.from), {{".000", ""}}),
                            ", months: ", period.months, "}")));
  }
}

// What is not confirmed must be said to be so.
TEST(SystemManual, SaysHowCertainTheDefaultsAre) {
  const std::string manual = Manual();
  const size_t at = manual.find("\n## Where the defaults come from\n");
  ASSERT_NE(at, std::string::npos);
  const std::string chapter = manual.substr(at, manual.find("\n## ", at + 1) - at);
  for (const char* word : {"stated", "inferred", "not found", "by recollection"}) {
    EXPECT_THAT(chapter, HasSubstr(word));
  }
}

// --------------------------------------------------------------------------------------------
// Random input.

TEST(SystemFile, RandomChangesToAGoodFileNeverCrash) {
  Random random = Random::FromEnvironment(20191201);
  SCOPED_TRACE(random.seed_text());
  const std::vector<std::string> examples = ManualExamples();
  ASSERT_FALSE(examples.empty());
  for (int run = 0; run < 5000; ++run) {
    std::string text = examples[random.Below(examples.size())];
    for (uint64_t changes = 1 + random.Below(4); changes > 0 && !text.empty(); --changes) {
      const size_t at = random.Below(text.size());
      const size_t length = random.Below(12);
      if (random.OneIn(3)) {
        text.erase(at, length);
      } else if (random.OneIn(2)) {
        text.insert(at, text.substr(random.Below(text.size()), length));
      } else {
        text.insert(at, 1, "{}[]:,-?&*!|>'\"%@`# \n\t$"[random.Below(24)]);
      }
    }
    const absl::Status status = Parse(text).status();
    EXPECT_TRUE(status.ok() || absl::StartsWith(status.message(), "f/s.yaml:")) << run;
  }
}

}  // namespace
}  // namespace weir
