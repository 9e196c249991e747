#include "connectors/config/switch_triggers.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "connectors/config/config_fields.h"
#include "connectors/config/srv.h"

namespace weir {

namespace {

constexpr std::array<absl::string_view, 1> kKeys = {"triggers"};
constexpr std::array<absl::string_view, 6> kTriggerKeys = {
    "enabled", "from", "only_for", "instructions", "scheduled", "message_code"};
constexpr std::array<absl::string_view, 2> kAlertKeys = {"enabled", "from"};
constexpr NumberRange kInstructions = {1, 256};  // more outcomes of a request are not told apart

constexpr absl::string_view kAnyType = "any";
constexpr size_t kDeviceTypes = static_cast<size_t>(DeviceType::kCad) + 1;
constexpr size_t kHexDigits = 4;

// The names of the types, and then `any`.
std::array<absl::string_view, kDeviceTypes + 1> TypeWords() {
  std::array<absl::string_view, kDeviceTypes + 1> words;
  for (size_t i = 0; i < kDeviceTypes; ++i) {
    words[i] = DeviceTypeName(static_cast<DeviceType>(i));
  }
  words.back() = kAnyType;
  return words;
}

bool IsFourHexDigits(absl::string_view text) {
  return text.size() == kHexDigits && std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isxdigit(static_cast<unsigned char>(c));
         });
}

class TriggerReader {
 public:
  TriggerReader(YamlProblems& problems, YamlProblems& remarks)
      : problems_(problems), remarks_(remarks) {}

  void ReadMap(const YamlNode& triggers);

  LoadSwitchRules TakeRules() { return std::move(rules_); }

 private:
  void ReadAny(const YamlNode& node);
  void ReadRequest(const YamlNode& node);
  void ReadAlert(const YamlNode& node, AlertCode code);
  void ReadType(const YamlNode& node, SwitchTrigger& trigger);
  void ReadMessageCode(const YamlNode& node, SwitchTrigger& trigger);
  SwitchTrigger& TriggerOf(const std::string& srv);
  SwitchAlert& AlertOf(AlertCode code);
  int LineOf(const SwitchTrigger& trigger) const;
  void CheckMessageCodes();

  YamlProblems& problems_;
  YamlProblems& remarks_;
  LoadSwitchRules rules_;
  absl::flat_hash_map<AlertCode, int> alert_lines_;
  absl::flat_hash_map<std::string, int> trigger_lines_;  // by SRV: of those of the file
};

void TriggerReader::ReadMap(const YamlNode& triggers) {
  if (!ExpectMap(triggers, "a map such as {\"6.14.3\": {enabled: false}}", problems_)) {
    return;
  }
  for (const YamlNode& node : triggers.items) {
    ReadAny(node);
  }
  CheckMessageCodes();
}

void TriggerReader::ReadAny(const YamlNode& node) {
  const bool is_alert = IsFourHexDigits(node.key);
  const std::optional<AlertCode> code = is_alert ? ParseAlertCode(node.key) : std::nullopt;
  if (is_alert ? !code : !IsSrv(node.key)) {
    problems_.Add(node.line,
                  absl::StrCat("`triggers` has ", Quoted(node.key), ", expected ", kExpectedSrv,
                               ", or the code of a device alert, such as "
                               "\"8131\""));
    return;
  }
  if (MustBeQuoted(node.key, node.key_quoted)) {
    problems_.Add(node.line, absl::StrCat("`triggers` has ", Quoted(node.key),
                                          ", which YAML takes for a number: write it in quotes"));
    return;
  }
  if (!ExpectMap(node, "a map such as {enabled: true, from: 2019-11-29T00:00:00Z}", problems_)) {
    return;
  }
  if (code) {
    ReadAlert(node, *code);
  } else {
    ReadRequest(node);
  }
}

void TriggerReader::ReadRequest(const YamlNode& node) {
  CheckKeys(node, kTriggerKeys, WhereKeyBelongs, problems_);
  if (!IsKnownSrv(node.key)) {
    remarks_.Add(node.line, UnknownSrvRemark(Quoted(node.key)));
  }
  SwitchTrigger& trigger = TriggerOf(node.key);
  trigger_lines_[node.key] = node.line;
  if (const YamlNode* enabled = node.Find("enabled"); enabled != nullptr) {
    Assign(ReadBool(*enabled, problems_), trigger.on);
  }
  if (const YamlNode* from = node.Find("from"); from != nullptr) {
    Assign(ReadTime(*from, problems_), trigger.from);
  }
  if (const YamlNode* type = node.Find("only_for"); type != nullptr) {
    ReadType(*type, trigger);
  }
  if (const YamlNode* instructions = node.Find("instructions"); instructions != nullptr) {
    const std::optional<uint64_t> number = ReadNumber(*instructions, kInstructions, problems_);
    trigger.instructions = static_cast<uint32_t>(number.value_or(trigger.instructions));
  }
  if (const YamlNode* scheduled = node.Find("scheduled"); scheduled != nullptr) {
    Assign(ReadBool(*scheduled, problems_), trigger.is_scheduled);
  }
  if (const YamlNode* code = node.Find("message_code"); code != nullptr) {
    ReadMessageCode(*code, trigger);
  }
}

void TriggerReader::ReadAlert(const YamlNode& node, AlertCode code) {
  CheckKeys(node, kAlertKeys, WhereKeyBelongs, problems_);
  const auto [first, is_new] = alert_lines_.try_emplace(code, node.line);
  if (!is_new) {
    problems_.Add(node.line,
                  absl::StrCat("`triggers` has ", Quoted(node.key), ", the alert of line ",
                               first->second, ": keep one of them"));
  }
  SwitchAlert& alert = AlertOf(code);
  if (const YamlNode* enabled = node.Find("enabled"); enabled != nullptr) {
    Assign(ReadBool(*enabled, problems_), alert.on);
  }
  if (const YamlNode* from = node.Find("from"); from != nullptr) {
    Assign(ReadTime(*from, problems_), alert.from);
  }
  if (alert.on && IsOutcomeCode(code)) {
    remarks_.Add(node.line, absl::StrCat(Quoted(node.key),
                                         " is the outcome of a future-dated request, which counts "
                                         "by itself: as a trigger each is a change more"));
  }
}

void TriggerReader::ReadType(const YamlNode& node, SwitchTrigger& trigger) {
  const std::optional<size_t> word = ReadWord(node, TypeWords(), problems_);
  if (word) {
    trigger.only_for =
        *word < kDeviceTypes ? std::make_optional(static_cast<DeviceType>(*word)) : std::nullopt;
  }
}

void TriggerReader::ReadMessageCode(const YamlNode& node, SwitchTrigger& trigger) {
  uint32_t code = 0;
  if (node.kind != YamlNode::Kind::kText || !IsFourHexDigits(node.text) ||
      !absl::SimpleHexAtoi(node.text, &code)) {
    AddUnexpected(node, "four hexadecimal digits in quotes, such as \"0053\"", problems_);
    return;
  }
  if (MustBeQuoted(node.text, node.quoted)) {
    problems_.Add(node.line, absl::StrCat("`message_code` is ", node.Found(),
                                          ", which YAML takes for a number: write it in quotes"));
    return;
  }
  trigger.message_code = static_cast<uint16_t>(code);
}

// The row of an SRV; a new one is on.
SwitchTrigger& TriggerReader::TriggerOf(const std::string& srv) {
  const auto found = std::find_if(rules_.triggers.begin(), rules_.triggers.end(),
                                  [&srv](const auto& trigger) { return trigger.srv == srv; });
  if (found != rules_.triggers.end()) {
    return *found;
  }
  rules_.triggers.push_back({.srv = srv, .from = {}});
  return rules_.triggers.back();
}

// The row of an alert; a new one is on.
SwitchAlert& TriggerReader::AlertOf(AlertCode code) {
  const auto found = std::find_if(rules_.alerts.begin(), rules_.alerts.end(),
                                  [code](const auto& alert) { return alert.code == code; });
  if (found != rules_.alerts.end()) {
    return *found;
  }
  rules_.alerts.push_back({.code = code, .on = true, .from = {}});
  return rules_.alerts.back();
}

// Zero for one that the file does not name.
int TriggerReader::LineOf(const SwitchTrigger& trigger) const {
  const auto found = trigger_lines_.find(trigger.srv);
  return found == trigger_lines_.end() ? 0 : found->second;
}

// A bare outcome is told by the message code alone.
void TriggerReader::CheckMessageCodes() {
  absl::flat_hash_map<uint16_t, const SwitchTrigger*> seen;
  for (const SwitchTrigger& trigger : rules_.triggers) {
    if (!trigger.on || !trigger.message_code) {
      continue;
    }
    const auto [first, is_new] = seen.try_emplace(*trigger.message_code, &trigger);
    if (!is_new) {
      const std::string& other = first->second->srv;
      problems_.Add(std::max(LineOf(trigger), LineOf(*first->second)),
                    absl::StrCat("the triggers ", Quoted(other), " and ", Quoted(trigger.srv),
                                 " have the same `message_code`: an outcome could be of either"));
    }
  }
}

}  // namespace

LoadSwitchRules ReadLoadSwitching(const YamlNode& node, YamlProblems& problems,
                                  YamlProblems& remarks) {
  TriggerReader reader(problems, remarks);
  if (!ExpectMap(node, "a map that has `triggers`", problems)) {
    return reader.TakeRules();
  }
  CheckKeys(node, kKeys, WhereKeyBelongs, problems);
  if (const YamlNode* triggers = node.Find("triggers"); triggers != nullptr) {
    reader.ReadMap(*triggers);
  }
  return reader.TakeRules();
}

}  // namespace weir
