#include "deploy/weir/tune_report.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "deploy/weir/text.h"
#include "engine/tune/grid.h"

namespace weir {

namespace {

std::string Counted(uint64_t count, absl::string_view one, absl::string_view many) {
  return absl::StrCat(WithThousands(count), " ", count == 1 ? one : many);
}

std::string HowLong(const Tally& tally) {
  const Waits waits = WaitsOf(tally);
  if (waits.count == waits.never) {
    return absl::StrCat("No copy ever stands for what is held back, ",
                        Counted(waits.never, "alert", "alerts"), ".");
  }
  std::string text = absl::StrCat("Of the alerts held back, half are in a copy within ",
                                  ShortWait(waits.median), ", 99 % within ", ShortWait(waits.p99),
                                  ", all within ", ShortWait(waits.worst), ".");
  if (waits.never > 0) {
    text = absl::StrCat("Of the alerts held back, half are in a copy within ",
                        ShortWait(waits.median), ", 99 % within ", ShortWait(waits.p99), "; ",
                        WithThousands(waits.never), " never are.");
  }
  return text;
}

}  // namespace

std::string ShortWait(std::optional<DurationMs> wait) {
  struct Unit {
    const char* name = nullptr;
    DurationMs length;
    double up_to = 0;  // of these
  };

  constexpr Unit kUnits[] = {{"ms", DurationMs{1}, 1000},
                             {"s", kSecond, 100},
                             {"m", kMinute, 100},
                             {"h", kHour, 48},
                             {"d", kDay, 1e18}};
  if (!wait) {
    return "never";
  }
  for (const Unit& unit : kUnits) {
    const double count = static_cast<double>(wait->value) / static_cast<double>(unit.length.value);
    if (count >= unit.up_to) {
      continue;
    }
    const bool is_whole = count >= 9.95 || std::abs(count - std::round(count)) < 0.05;
    return absl::StrFormat("%.*f%s", is_whole ? 0 : 1, count, unit.name);
  }
  return FormatDuration(*wait);
}

std::string Percent(uint64_t part, uint64_t whole) {
  return absl::StrFormat(
      "%.1f %%", whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

std::string BaseName(const TuneReport& report) {
  if (report.base.empty()) {
    return "the built-in defaults";
  }
  const PolicyRules& base = report.plan.base;
  return absl::StrCat(report.base, ", the version of ",
                      FormatTime(base.effective_from.value_or(TimeMs{})),
                      base.note.empty() ? "" : absl::StrCat(" (", base.note, ")"));
}

std::vector<std::string> PromiseOf(const TuneReport& report, const Tally& tally) {
  std::vector<std::string> lines;
  lines.push_back(absl::StrCat("It passes on ", WithThousands(tally.passed()), " of ",
                               Counted(tally.alerts, "alert", "alerts"), " and holds back ",
                               WithThousands(tally.consolidated), " (",
                               Percent(tally.consolidated, tally.alerts), ")."));
  lines.push_back(absl::StrCat(
      WithThousands(tally.devices), " of ",
      Counted(report.result.devices_seen(), "device", "devices"), " (",
      Percent(tally.devices, report.result.devices_seen()), ") ", tally.devices == 1 ? "is" : "are",
      " throttled, in ", Counted(tally.started, "episode", "episodes"), "; ",
      Counted(tally.recipients, "recipient is", "recipients are"), " touched."));
  lines.push_back(
      absl::StrCat("In the busiest minute ", Counted(tally.peak_after, "alert is", "alerts are"),
                   " passed on; without a policy it is ", WithThousands(tally.peak_before), "."));
  if (tally.consolidated > 0) {
    lines.push_back(HowLong(tally));
  }
  return lines;
}

std::string WhyOf(const TuneReport& report) {
  if (report.plan.settings.size() == 1) {
    return "It is the only setting that was compared.";
  }
  uint64_t most_held = 0;
  for (const SettingResult& setting : report.proposal.settings) {
    most_held = std::max(most_held, setting.weighed.held);
  }
  if (most_held == 0) {
    return "No setting holds anything back here, so these captures say nothing about which is "
           "best; the highest threshold stays out of the way.";
  }
  if (!report.targets.empty()) {
    return "Of the settings that meet the targets, under this one alerts wait least (99th "
           "percentile), and of those then the least is passed on.";
  }
  return "It is nearest to holding back as much as any setting, throttling no device and letting "
         "nothing wait.";
}

std::string EdgeOf(const TuneReport& report) {
  const CodePolicy& chosen = report.plan.settings[report.proposal.choice->setting];
  const auto edge_of = [&](auto&& member, absl::string_view low, absl::string_view high) {
    const auto [least, most] = std::minmax_element(
        report.plan.settings.begin(), report.plan.settings.end(),
        [&](const CodePolicy& a, const CodePolicy& b) { return member(a) < member(b); });
    return member(*least) == member(*most)    ? absl::string_view()
           : member(chosen) == member(*least) ? low
           : member(chosen) == member(*most)  ? high
                                              : absl::string_view();
  };
  const absl::string_view threshold = edge_of([](const CodePolicy& p) { return p.threshold; },
                                              "lower thresholds", "higher thresholds");
  const absl::string_view window =
      edge_of([](const CodePolicy& p) { return p.window; }, "shorter windows", "longer windows");
  if (threshold.empty() && window.empty()) {
    return "";
  }
  return absl::StrCat("It lies at the edge of what was compared: ", threshold,
                      threshold.empty() || window.empty() ? "" : " or ", window,
                      " may be better still.");
}

std::string WhyOf(const CodeChoice& code) {
  return absl::StrCat("passes on ", WithThousands(code.after.passed()), " instead of ",
                      WithThousands(code.before.passed()), ", 99 % of what is held back waits ",
                      ShortWait(WaitOf(code.after, 0.99)), " instead of ",
                      ShortWait(WaitOf(code.before, 0.99)));
}

std::string ChoiceName(const TuneReport& report) {
  const Choice& choice = *report.proposal.choice;
  std::string name = absl::StrCat(SettingName(report.plan.settings[choice.setting]), " for all ",
                                  report.plan.codes ? "codes compared" : "codes");
  for (const auto& [code, setting] : choice.codes) {
    absl::StrAppend(&name, "; ", FormatAlertCode(code), ": ",
                    SettingName(report.plan.settings[setting]));
  }
  return name;
}

}  // namespace weir
