#include "connectors/config/system_file.h"

#include <algorithm>
#include <array>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

#include "connectors/config/config_fields.h"
#include "connectors/config/config_text.h"
#include "connectors/config/eligibility_rules.h"
#include "connectors/config/inventory_rules.h"
#include "connectors/config/party_list.h"
#include "connectors/config/switch_triggers.h"
#include "engine/base/status_macros.h"

namespace weir {

namespace {

constexpr absl::string_view kSystemFile = "configuration";

// By the values of NoticeFormat.
constexpr std::array<absl::string_view, 2> kNoticeFormats = {"duis", "json"};

bool IsOfService(absl::string_view key) {
  return key == "kafka" || key == "service";
}

void LeaveOutService(YamlNode& root) {
  root.items.erase(std::remove_if(root.items.begin(), root.items.end(),
                                  [](const YamlNode& item) { return IsOfService(item.key); }),
                   root.items.end());
}

}  // namespace

void ReadSystemPart(const YamlNode& root, YamlProblems& problems, YamlProblems& remarks,
                    SystemConfig& config) {
  if (const YamlNode* policy = root.Find("policy"); policy != nullptr) {
    ReadPath(*policy, "policy.yaml", config.file_name, problems, config.policy);
    config.policy_line = policy->line;
  }
  if (const YamlNode* parties = root.Find("parties"); parties != nullptr) {
    config.system.parties = ReadParties(*parties, problems, remarks);
  }
  if (const YamlNode* notices = root.Find("notices"); notices != nullptr) {
    if (const std::optional<size_t> word = ReadWord(*notices, kNoticeFormats, problems); word) {
      config.notices = static_cast<NoticeFormat>(*word);
    }
  }
  if (const YamlNode* eligibility = root.Find("eligibility"); eligibility != nullptr) {
    config.system.eligibility = ReadEligibility(*eligibility, problems, remarks);
  }
  if (const YamlNode* load_switching = root.Find("load_switching"); load_switching != nullptr) {
    config.system.load_switch = ReadLoadSwitching(*load_switching, problems, remarks);
  }
  if (const YamlNode* inventory = root.Find("inventory"); inventory != nullptr) {
    config.system.pending = ReadInventory(*inventory, config.system.parties, problems, remarks);
  }
}

absl::StatusOr<SystemConfig> ParseSystem(absl::string_view text, absl::string_view file_name,
                                         const Lookups& lookups, std::string* remarks) {
  WEIR_RETURN_IF_ERROR(CheckConfigSize(text, file_name, kSystemFile));
  YamlProblems problems(file_name);
  YamlProblems told(file_name);
  std::optional<YamlNode> root = ReadYaml(text, problems);
  if (!root || root->kind == YamlNode::Kind::kRefused) {
    return problems.ToStatus();
  }
  SystemConfig config;
  config.file_name = std::string(file_name);
  if (root->kind != YamlNode::Kind::kMap) {
    problems.Add(root->line, absl::StrCat("the file is ", root->Found(),
                                          ", expected a map that has `parties:` and the like"));
  } else {
    LeaveOutService(*root);
    ReplaceVariables(*root, lookups, problems);
    CheckKeys(*root, kFileKeys, WhereKeyBelongs, problems);
    ReadSystemPart(*root, problems, told, config);
  }
  WEIR_RETURN_IF_ERROR(problems.ToStatus());
  if (remarks != nullptr) {
    *remarks = std::string(told.ToStatus().message());
  }
  return config;
}

absl::StatusOr<SystemConfig> ReadSystemFile(const std::string& path, std::string* remarks) {
  const absl::StatusOr<std::string> text = ReadConfigText(path, kSystemFile);
  WEIR_RETURN_IF_ERROR(text.status());
  return ParseSystem(*text, path, SystemLookups(), remarks);
}

bool IsSystemConfig(absl::string_view text) {
  if (text.size() > kMaxConfigBytes) {
    return false;
  }
  YamlProblems ignored("");
  const std::optional<YamlNode> root = ReadYaml(text, ignored);
  return root && std::any_of(kFileKeys.begin(), kFileKeys.end(), [&root](absl::string_view key) {
           return !IsOfService(key) && root->Find(key) != nullptr;
         });
}

}  // namespace weir
