#include "deploy/weir/tune_policy.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "connectors/config/policy_yaml.h"
#include "deploy/weir/text.h"
#include "engine/tune/grid.h"

namespace weir {

namespace {

constexpr size_t kLongestName = 200;
constexpr size_t kMostCaptures = 10;

// Names of files and notes may hold anything; a comment is one line of text.
std::string Plain(std::string text) {
  if (text.size() > kLongestName) {
    text = absl::StrCat(text.substr(0, kLongestName), "...");
  }
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return text;
}

// The base's date if it is not after the first alert, else the beginning of that alert's day.
TimeMs DateOf(const TuneReport& report) {
  const TimeMs first = report.result.counts().first.value_or(TimeMs{});
  const std::optional<TimeMs> date = report.plan.base.effective_from;
  return date && *date <= first ? *date : TimeMs{first.value / kDay.value * kDay.value};
}

std::vector<std::string> CommentOf(const TuneReport& report) {
  const SweepCounts& counts = report.result.counts();
  std::vector<std::string> names;
  for (const std::string& capture : report.captures) {
    names.push_back(Plain(capture));
    if (names.size() == kMostCaptures && report.captures.size() > kMostCaptures) {
      names.push_back(absl::StrCat("and ", report.captures.size() - kMostCaptures, " more"));
      break;
    }
  }
  std::vector<std::string> lines = {
      absl::StrCat("Proposed by weir tune ", WEIR_VERSION, ", which compared ",
                   report.plan.settings.size(), " settings."),
      absl::StrCat("Captures: ", absl::StrJoin(names, ", ")),
      absl::StrCat("Alerts from ", FormatTime(counts.first.value_or(TimeMs{})), " to ",
                   FormatTime(counts.last.value_or(TimeMs{}))),
      absl::StrCat("Exclusions", report.plan.codes ? ", codes that were not compared" : "",
                   " and pairs are as in ", Plain(BaseName(report))),
      "",
      "What it promises for these captures:"};
  for (const std::string& line : PromiseOf(report, report.proposal.promised)) {
    lines.push_back(line);
  }
  for (const Target& target : report.targets) {
    lines.push_back(absl::StrCat("Target: ", target.text));
  }
  lines.insert(lines.end(),
               {"",
                "It is dated so that it holds for the captures. To bring it into force, take its "
                "version",
                "into the policy file of the service, with a date that lies ahead."});
  return lines;
}

}  // namespace

std::string ProposedPolicy(const TuneReport& report) {
  const Choice& choice = *report.proposal.choice;
  WrittenPolicy policy;
  policy.comment = CommentOf(report);
  policy.duplicate_window = report.plan.duplicate_window;
  policy.max_ahead = report.plan.max_ahead;
  policy.rules = RulesOf(report.plan, choice);
  policy.rules.effective_from = DateOf(report);
  policy.rules.note = absl::StrCat(
      "weir tune: ", SettingName(report.plan.settings[choice.setting]),
      choice.codes.empty() ? "" : absl::StrCat(", ", choice.codes.size(), " codes apart"),
      "; from ", WithThousands(report.proposal.promised.alerts), " alerts");
  for (const CodeChoice& code : report.proposal.codes) {
    policy.code_comments[code.code] = WhyOf(code);
  }
  return PolicyYaml(policy);
}

}  // namespace weir
