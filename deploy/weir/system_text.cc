#include "deploy/weir/system_text.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace weir {

namespace {

std::string Since(TimeMs from) {
  return from == TimeMs{} ? "always" : absl::StrCat("from ", FormatTime(from));
}

absl::string_view FormatText(const std::optional<NoticeFormat>& format) {
  if (!format) {
    return "the default, as the file does not say";
  }
  return *format == NoticeFormat::kDuis ? "duis" : "json";
}

std::string RulesLine(const EligibilityTable& table) {
  std::vector<absl::string_view> srvs;
  for (const EligibilityRule& rule : table.rules()) {
    if (std::find(srvs.begin(), srvs.end(), rule.srv) == srvs.end()) {
      srvs.push_back(rule.srv);
    }
  }
  return absl::StrCat(Counted(table.rules().size(), "rule", "rules"), " of eligibility, for ",
                      absl::StrJoin(srvs, ", "));
}

void AppendTriggers(const LoadSwitchRules& rules, std::vector<std::string>& lines) {
  for (const SwitchTrigger& trigger : rules.triggers) {
    if (trigger.on) {
      lines.push_back(absl::StrCat("trigger ", trigger.srv, " ", Since(trigger.from),
                                   trigger.only_for ? ", only for " : "",
                                   trigger.only_for ? DeviceTypeName(*trigger.only_for) : ""));
    }
  }
  for (const SwitchAlert& alert : rules.alerts) {
    if (alert.on) {
      lines.push_back(
          absl::StrCat("trigger alert ", FormatAlertCode(alert.code), " ", Since(alert.from)));
    }
  }
}

std::string RecipientText(const PendingRules& rules) {
  switch (rules.recipient) {
    case RemovalRecipient::kAddedBy:
      return "the party that added it";
    case RemovalRecipient::kSupplier:
      return "its supplier";
    case RemovalRecipient::kParty:
      break;
  }
  return FormatEui64(rules.party);
}

void AppendPending(const PendingRules& rules, std::vector<std::string>& lines) {
  if (!rules.remove) {
    lines.push_back("pending devices are never removed");
    return;
  }
  for (const PendingPeriod& period : rules.periods) {
    lines.push_back(absl::StrCat("pending devices are removed after ",
                                 Counted(period.months, "month", "months"), ", ",
                                 Since(period.from)));
  }
  lines.push_back(rules.notify ? absl::StrCat("of a removal ", FormatAlertCode(rules.code),
                                              " tells ", RecipientText(rules))
                               : "of a removal nobody is told");
}

}  // namespace

std::string Counted(uint64_t n, absl::string_view one, absl::string_view more) {
  return absl::StrCat(n, " ", n == 1 ? one : more);
}

std::string SystemText(const SystemConfig& config) {
  std::vector<std::string> lines;
  lines.push_back(absl::StrCat(
      Counted(config.system.parties.all().size(), "party", "parties"), ", of which ",
      Counted(config.system.parties.Operators().size(), "network operator", "network operators")));
  lines.push_back(absl::StrCat(
      "policy: ", config.policy.empty() ? "the default, as the file names none" : config.policy));
  lines.push_back(absl::StrCat("notices: ", FormatText(config.notices)));
  lines.push_back(RulesLine(config.system.eligibility));
  AppendTriggers(config.system.load_switch, lines);
  AppendPending(config.system.pending, lines);
  return absl::StrCat("  ", absl::StrJoin(lines, "\n  "));
}

}  // namespace weir
