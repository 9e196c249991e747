#include "deploy/weir/tune_text.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "deploy/weir/text.h"
#include "deploy/weir/tune_pairs.h"
#include "deploy/weir/tune_table.h"
#include "deploy/weir/tune_targets.h"
#include "engine/alert/catalogue.h"
#include "engine/tune/grid.h"

namespace weir {

namespace {

constexpr size_t kRows = 10;  // of each list

std::string NameOf(AlertCode code) {
  const absl::string_view name = AlertCodeName(code);
  return name.empty() ? "(not in the catalogue)" : std::string(name);
}

// Which of the settings the lists below are about: what is recommended, or comes nearest.
Choice ShownChoice(const TuneReport& report) {
  const Proposal& proposal = report.proposal;
  return proposal.choice ? *proposal.choice : Choice{.setting = proposal.nearest.value_or(0)};
}

void AppendHeading(const TuneReport& report, std::string& out) {
  const SweepCounts& counts = report.result.counts();
  const uint64_t alerts = report.proposal.settings.front().totals.alerts;
  absl::StrAppend(&out, "read ", WithThousands(counts.read),
                  counts.read == 1 ? " record of " : " records of ", report.captures.size(),
                  report.captures.size() == 1 ? " capture" : " captures", ": ",
                  WithThousands(alerts), alerts == 1 ? " alert of " : " alerts of ",
                  WithThousands(report.result.devices_seen()),
                  report.result.devices_seen() == 1 ? " device" : " devices");
  if (counts.first) {
    absl::StrAppend(&out, "\n  from ", FormatTime(*counts.first), " to ", FormatTime(*counts.last));
  }
  if (counts.dead + counts.duplicates + counts.other > 0) {
    absl::StrAppend(&out, "\n  besides ", WithThousands(counts.duplicates), " duplicates, ",
                    WithThousands(counts.other), " other records, ", WithThousands(counts.dead),
                    " dead letters");
  }
  absl::StrAppend(&out, "\nexclusions", report.plan.codes ? ", codes that are not compared" : "",
                  " and pairs as in ", BaseName(report),
                  ";\n  it is taken to hold for all of the capture, whatever its date\n");
}

void AppendCodes(const TuneReport& report, std::string& out) {
  const Choice choice = ShownChoice(report);
  const PolicyVersion version(report.plan.base);
  std::vector<std::pair<AlertCode, Tally>> codes;
  for (const AlertCode code : report.result.Codes()) {
    Tally tally = report.result.Of(code, choice.Of(version.counted_as(code)));
    if (tally.consolidated > 0) {
      codes.emplace_back(code, std::move(tally));
    }
  }
  if (codes.empty()) {
    return;
  }
  std::stable_sort(codes.begin(), codes.end(), [](const auto& a, const auto& b) {
    return a.second.consolidated > b.second.consolidated;
  });
  absl::StrAppend(&out, "\ncodes held back most ",
                  report.proposal.choice ? "under what is recommended" : "under what comes nearest",
                  ", of ", codes.size(), "\n");
  absl::StrAppendFormat(&out, "  %-5s %12s %9s %9s %8s %7s  %s\n", "code", "alerts", "held back",
                        "episodes", "devices", "99 %", "name");
  for (size_t i = 0; i < std::min(kRows, codes.size()); ++i) {
    const auto& [code, tally] = codes[i];
    absl::StrAppendFormat(&out, "  %-5s %12s %9s %9s %8s %7s  %s\n", FormatAlertCode(code),
                          WithThousands(tally.alerts), Percent(tally.consolidated, tally.alerts),
                          WithThousands(tally.started), WithThousands(tally.devices),
                          ShortWait(WaitOf(tally, 0.99)), NameOf(code));
  }
}

void AppendAlwaysStorming(const TuneReport& report, std::string& out) {
  const std::vector<StormingDevice> devices = report.result.AlwaysStorming();
  if (devices.empty() || report.plan.settings.size() == 1) {
    return;
  }
  absl::StrAppend(&out, "\ndevices that storm under every setting, ", WithThousands(devices.size()),
                  ": see to them, a policy does not mend them\n");
  absl::StrAppendFormat(&out, "  %-23s %12s  %s\n", "device", "storm alerts", "codes");
  for (size_t i = 0; i < std::min(kRows, devices.size()); ++i) {
    std::vector<std::string> codes;
    for (const AlertCode code : devices[i].codes) {
      codes.push_back(FormatAlertCode(code));
    }
    const size_t more = codes.size() - std::min<size_t>(codes.size(), 8);
    codes.resize(codes.size() - more);
    absl::StrAppendFormat(&out, "  %-23s %12s  %s%s\n", FormatEui64(devices[i].device),
                          WithThousands(devices[i].alerts), absl::StrJoin(codes, " "),
                          more > 0 ? absl::StrCat(" and ", more, " more") : "");
  }
}

void AppendExcludedStorms(const TuneReport& report, std::string& out) {
  const Choice choice = ShownChoice(report);
  const PolicyVersion version(report.plan.base);
  std::string rows;
  for (const AlertCode code : report.result.Codes()) {
    const Tally tally = report.result.Of(code, choice.Of(version.counted_as(code)));
    if (tally.excluded_storms > 0) {
      absl::StrAppendFormat(&rows, "  %-5s %12s %12s  %s\n", FormatAlertCode(code),
                            WithThousands(tally.alerts), WithThousands(tally.excluded_storms),
                            NameOf(code));
    }
  }
  if (!rows.empty()) {
    absl::StrAppend(
        &out,
        "\nexcluded codes that storm all the same: never held back; `excluded` in the "
        "policy says so\n",
        absl::StrFormat("  %-5s %12s %12s  %s\n", "code", "alerts", "windows over", "name"), rows);
  }
}

void AppendTargets(const TuneReport& report, const Tally& tally, std::string& out) {
  for (size_t i = 0; i < report.targets.size(); ++i) {
    const Target& target = report.targets[i];
    const TargetResult& result = report.proposal.targets[i];
    const double reached = Reached(target, tally, report.result.devices_seen());
    absl::StrAppend(&out, "  target ", target.text, ": ", Meets(target, reached) ? "met" : "missed",
                    " with ", ReachedText(target, reached), "; met by ", result.met_by, " of ",
                    report.plan.settings.size(), " settings, the best has ",
                    ReachedText(target, result.best), "\n");
  }
}

// What was asked for, in words that a shell takes.
std::string CapturesOf(const TuneReport& report) {
  return report.captures.size() <= 3 ? absl::StrJoin(report.captures, " ") : "CAPTURE...";
}

void AppendRecommendation(const TuneReport& report, const std::string& written, std::string& out) {
  const Proposal& proposal = report.proposal;
  out.push_back('\n');
  AppendWrapped(absl::StrCat("recommended: ", ChoiceName(report)), "", out);
  AppendWrapped(absl::StrCat(WhyOf(report), " ", EdgeOf(report)), "  ", out);
  for (const std::string& line : PromiseOf(report, proposal.promised)) {
    AppendWrapped(line, "  ", out);
  }
  AppendTargets(report, proposal.promised, out);
  for (const CodeChoice& code : proposal.codes) {
    AppendWrapped(
        absl::StrCat(FormatAlertCode(code.code), " has ",
                     SettingName(report.plan.settings[code.setting]), ": it ", WhyOf(code), "."),
        "  ", out);
  }
  if (written.empty()) {
    absl::StrAppend(&out, "\nnext: the same command with --write-policy FILE writes this policy\n");
  } else {
    absl::StrAppend(&out, "\nwritten to ", written, "; next\n  weir validate ", written,
                    "\n  weir replay --policy ", written, " ", CapturesOf(report), "\n");
  }
}

void AppendNearest(const TuneReport& report, std::string& out) {
  const size_t nearest = *report.proposal.nearest;
  absl::StrAppend(&out, "\nno setting meets the targets",
                  report.targets.size() > 1 ? " together" : "", "; nearest comes ",
                  SettingName(report.plan.settings[nearest]), "\n");
  AppendTargets(report, report.proposal.settings[nearest].totals, out);
  absl::StrAppend(&out,
                  "\nnext: ask for less, or compare more settings with --threshold, --window, "
                  "--forward\n");
}

}  // namespace

std::string TuneText(const TuneReport& report, const std::string& written) {
  std::string out;
  AppendHeading(report, out);
  if (report.proposal.settings.front().totals.alerts == 0) {
    absl::StrAppend(&out, "\nno alert was read: there is nothing to compare\n");
    return out;
  }
  AppendSettings(report, out);
  AppendCodes(report, out);
  AppendAlwaysStorming(report, out);
  AppendExcludedStorms(report, out);
  AppendPairs(report, ShownChoice(report), out);
  if (report.proposal.choice) {
    AppendRecommendation(report, written, out);
  } else {
    AppendNearest(report, out);
  }
  return out;
}

}  // namespace weir
