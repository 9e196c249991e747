#include "connectors/config/eligibility_rules.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"

#include "connectors/config/config_fields.h"
#include "connectors/config/role_word.h"
#include "connectors/config/srv.h"

namespace weir {

namespace {

constexpr std::array<absl::string_view, 2> kEligibilityKeys = {"decimal_gas_flow_from", "rules"};
constexpr std::array<absl::string_view, 4> kRuleKeys = {"srv", "roles", "from", "condition"};

// By the values of Condition.
constexpr std::array<absl::string_view, 4> kConditions = {"always", "in_network",
                                                          "agent_of_supplier", "never"};

constexpr absl::string_view kRuleExample =
    "{srv: \"8.14.3\", roles: [RSA], from: 2019-11-29T00:00:00Z, condition: agent_of_supplier}";

class RuleReader {
 public:
  RuleReader(YamlProblems& problems, YamlProblems& remarks)
      : problems_(problems), remarks_(remarks), rules_(EligibilityTable::OfTheRelease()) {}

  void ReadList(const YamlNode& list);

  std::vector<EligibilityRule> TakeRules() { return std::move(rules_); }

 private:
  void ReadRule(const YamlNode& node);
  std::vector<Role> ReadRoles(const YamlNode& node);
  void Add(const EligibilityRule& rule, int line);
  void Remark(const EligibilityRule& rule, int line);

  YamlProblems& problems_;
  YamlProblems& remarks_;
  std::vector<EligibilityRule> rules_;
  absl::flat_hash_map<std::tuple<std::string, Role, int64_t>, int> lines_;  // of the file's rules
};

void RuleReader::ReadList(const YamlNode& list) {
  if (list.kind != YamlNode::Kind::kList) {
    AddUnexpected(list, absl::StrCat("a list of rules such as ", kRuleExample), problems_);
    return;
  }
  for (const YamlNode& rule : list.items) {
    if (rule.kind == YamlNode::Kind::kMap) {
      ReadRule(rule);
    } else if (rule.kind != YamlNode::Kind::kRefused) {
      problems_.Add(rule.line, absl::StrCat("a rule is ", rule.Found(), ", expected a map such as ",
                                            kRuleExample));
    }
  }
}

void RuleReader::ReadRule(const YamlNode& node) {
  CheckKeys(node, kRuleKeys, WhereKeyBelongs, problems_);
  EligibilityRule rule;
  std::optional<std::string> srv;
  if (const YamlNode* given = Require(node, "srv",
                                      "give the service request that it is about, "
                                      "such as \"8.14.3\"",
                                      problems_);
      given != nullptr) {
    srv = ReadSrv(*given, problems_);
  }
  std::vector<Role> roles;
  if (const YamlNode* given =
          Require(node, "roles", "give the roles that it is about, such as [RSA]", problems_);
      given != nullptr) {
    roles = ReadRoles(*given);
  }
  if (const YamlNode* from = node.Find("from"); from != nullptr) {
    Assign(ReadTime(*from, problems_), rule.from);
  }
  if (const YamlNode* condition = node.Find("condition"); condition != nullptr) {
    const std::optional<size_t> word = ReadWord(*condition, kConditions, problems_);
    rule.condition = static_cast<Condition>(word.value_or(0));
  }
  if (!srv) {
    return;
  }
  rule.srv = *std::move(srv);
  if (!IsKnownSrv(rule.srv)) {
    remarks_.Add(node.line, UnknownSrvRemark(node.Find("srv")->Found()));
  }
  for (const Role role : roles) {
    rule.role = role;
    Add(rule, node.line);
  }
}

std::vector<Role> RuleReader::ReadRoles(const YamlNode& node) {
  std::vector<Role> roles;
  if (node.kind != YamlNode::Kind::kList || node.items.empty()) {
    const bool is_list = node.kind == YamlNode::Kind::kList;
    if (node.kind != YamlNode::Kind::kRefused) {
      problems_.Add(node.line, absl::StrCat("`roles` is ", is_list ? "an empty list" : node.Found(),
                                            ", expected a list of roles such as [ED, RSA]"));
    }
    return roles;
  }
  for (const YamlNode& item : node.items) {
    if (const std::optional<Role> role = ReadRoleOf(node, item, problems_); role) {
      roles.push_back(*role);
    }
  }
  return roles;
}

void RuleReader::Add(const EligibilityRule& rule, int line) {
  const auto [first, is_new] = lines_.try_emplace({rule.srv, rule.role, rule.from.value}, line);
  if (!is_new) {
    problems_.Add(
        line, absl::StrCat("there is a rule for the same SRV, date and role ", RoleName(rule.role),
                           " in line ", first->second, " already: keep one of them"));
    return;
  }
  Remark(rule, line);
  const auto same = std::find_if(rules_.begin(), rules_.end(), [&rule](const auto& other) {
    return other.srv == rule.srv && other.role == rule.role && other.from == rule.from;
  });
  if (same == rules_.end()) {
    rules_.push_back(rule);
  } else {
    *same = rule;
  }
}

void RuleReader::Remark(const EligibilityRule& rule, int line) {
  if (rule.condition == Condition::kInNetwork && rule.role != Role::kEd) {
    remarks_.Add(line, absl::StrCat("the condition `in_network` asks for a network operator, "
                                    "which a party of role ",
                                    RoleName(rule.role), " hardly is"));
  }
  if (rule.condition == Condition::kAgentOfSupplier && rule.role != Role::kRsa) {
    remarks_.Add(line, absl::StrCat("the condition `agent_of_supplier` asks for a supplier's "
                                    "agent, which a party of role ",
                                    RoleName(rule.role), " hardly is"));
  }
}

}  // namespace

EligibilityTable ReadEligibility(const YamlNode& node, YamlProblems& problems,
                                 YamlProblems& remarks) {
  if (!ExpectMap(node, "a map that has `rules` or `decimal_gas_flow_from`", problems)) {
    return EligibilityTable();
  }
  CheckKeys(node, kEligibilityKeys, WhereKeyBelongs, problems);
  TimeMs decimal_from = kReleaseDate;
  if (const YamlNode* from = node.Find("decimal_gas_flow_from"); from != nullptr) {
    Assign(ReadTime(*from, problems), decimal_from);
  }
  RuleReader reader(problems, remarks);
  if (const YamlNode* rules = node.Find("rules"); rules != nullptr) {
    reader.ReadList(*rules);
  }
  return EligibilityTable(reader.TakeRules(), decimal_from);
}

}  // namespace weir
