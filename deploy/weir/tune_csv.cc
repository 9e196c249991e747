#include "deploy/weir/tune_csv.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "deploy/weir/tune_pairs.h"
#include "engine/tune/grid.h"

namespace weir {

namespace {

constexpr absl::string_view kHead =
    "setting,threshold,window,window_kind,clear,forward,last_word,code,alerts,forwarded,copies,"
    "consolidated,pending,unrepresented,started,ended,open,devices,recipients,excluded_storms,"
    "peak_before,peak_after,held_back,delay_count,delay_never,delay_median,delay_p95,delay_p99,"
    "delay_worst,meets,front,recommended,apart_consolidated,apart_wrong,apart_open,apart_longest,"
    "together_consolidated,together_wrong,together_open,together_longest\n";
constexpr size_t kTallyFields = 21;
constexpr size_t kPairFields = 8;

void AppendWait(std::optional<DurationMs> wait, std::string& out) {
  absl::StrAppend(&out, ",", wait ? absl::StrCat(wait->value) : "never");
}

void AppendTally(const Tally& tally, std::string& out) {
  for (const uint64_t number :
       {tally.alerts, tally.forwarded, tally.copies, tally.consolidated, tally.pending,
        tally.unrepresented, tally.started, tally.ended, tally.open(), tally.devices,
        tally.recipients, tally.excluded_storms, tally.peak_before, tally.peak_after}) {
    absl::StrAppend(&out, ",", number);
  }
  const Waits waits = WaitsOf(tally);
  absl::StrAppendFormat(&out, ",%.12g,%d,%d", tally.held_back(), waits.count, waits.never);
  for (const std::optional<DurationMs>& wait : {waits.median, waits.p95, waits.p99, waits.worst}) {
    AppendWait(wait, out);
  }
}

void AppendPair(const PairTally& tally, std::string& out) {
  absl::StrAppend(&out, ",", tally.consolidated, ",", tally.counts.wrong, ",", tally.counts.open,
                  ",", tally.counts.longest.value);
}

// Fields that say nothing in a row.
std::string Empty(size_t fields) {
  return std::string(fields, ',');
}

std::string SettingFields(const CodePolicy& setting, size_t id) {
  return absl::StrCat(id, ",", setting.threshold, ",", FormatDuration(setting.window), ",",
                      setting.window_kind == WindowKind::kSliding ? "sliding" : "tumbling", ",",
                      setting.clear, ",", ForwardWord(setting.forward), ",",
                      setting.last_word ? "true" : "false", ",");
}

}  // namespace

std::string TuneCsv(const TuneReport& report) {
  const Proposal& proposal = report.proposal;
  std::string out(kHead);
  for (size_t i = 0; i < report.plan.settings.size(); ++i) {
    const std::string begin = SettingFields(report.plan.settings[i], i);
    const bool is_recommended = proposal.choice && proposal.choice->setting == i;
    const std::string marks =
        absl::StrCat(",", proposal.settings[i].meets ? 1 : 0, ",",
                     proposal.settings[i].front ? 1 : 0, ",", is_recommended ? 1 : 0);
    const std::string end = absl::StrCat(marks, Empty(kPairFields), "\n");
    absl::StrAppend(&out, begin, "total");
    AppendTally(proposal.settings[i].totals, out);
    out.append(end);
    for (const AlertCode code : report.result.Codes()) {
      absl::StrAppend(&out, begin, FormatAlertCode(code));
      AppendTally(report.result.Of(code, i), out);
      out.append(end);
    }
    for (const AlertCode lower : report.result.Pairs()) {
      const PairResult pair = report.result.OfPair(lower, i);
      absl::StrAppend(&out, begin, PairName(lower), Empty(kTallyFields), marks);
      AppendPair(pair.apart, out);
      AppendPair(pair.together, out);
      out.append("\n");
    }
  }
  return out;
}

}  // namespace weir
