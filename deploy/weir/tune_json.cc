#include "deploy/weir/tune_json.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "deploy/weir/json_object.h"
#include "deploy/weir/tune_targets.h"
#include "engine/alert/catalogue.h"
#include "engine/tune/grid.h"

namespace weir {

namespace {

constexpr size_t kAll = SIZE_MAX;

// Nothing and infinity: null.
void AppendWait(absl::string_view name, std::optional<DurationMs> wait, JsonObject& object) {
  absl::StrAppend(&object.Member(name), wait ? absl::StrCat(wait->value) : "null");
}

void AppendFraction(absl::string_view name, double number, JsonObject& object) {
  absl::StrAppend(&object.Member(name),
                  std::isinf(number) ? "null" : absl::StrFormat("%.12g", number));
}

void AppendTally(const Tally& tally, std::string& out) {
  JsonObject object(out);
  object.Number("alerts", tally.alerts);
  object.Number("forwarded", tally.forwarded);
  object.Number("copies", tally.copies);
  object.Number("consolidated", tally.consolidated);
  object.Number("pending", tally.pending);
  object.Number("unrepresented", tally.unrepresented);
  {
    JsonObject episodes(object.Member("episodes"));
    episodes.Number("started", tally.started);
    episodes.Number("ended", tally.ended);
    episodes.Number("open", tally.open());
  }
  object.Number("devices", tally.devices);
  object.Number("recipients", tally.recipients);
  object.Number("excluded_storms", tally.excluded_storms);
  object.Number("peak_after", tally.peak_after);
  AppendFraction("held_back", tally.held_back(), object);
  const Waits waits = WaitsOf(tally);
  JsonObject delay(object.Member("delay"));
  delay.Number("count", waits.count);
  delay.Number("never", waits.never);
  AppendWait("median", waits.median, delay);
  AppendWait("p95", waits.p95, delay);
  AppendWait("p99", waits.p99, delay);
  AppendWait("worst", waits.worst, delay);
}

void AppendCodeAndName(AlertCode code, JsonObject& object) {
  object.Text("code", FormatAlertCode(code));
  if (const absl::string_view name = AlertCodeName(code); !name.empty()) {
    object.Text("name", name);
  }
}

void AppendCodeList(const std::vector<AlertCode>& codes, std::string& out) {
  AppendList(codes, kAll, out,
             [&](AlertCode code) { AppendJsonString(FormatAlertCode(code), out); });
}

void AppendBase(const TuneReport& report, std::string& out) {
  const PolicyRules& base = report.plan.base;
  JsonObject object(out);
  if (!report.base.empty()) {
    object.Text("file", report.base);
  }
  object.Time("effective_from", base.effective_from);
  if (!base.note.empty()) {
    object.Text("note", base.note);
  }
  object.Text("pairs", base.pairs_together ? "together" : "apart");
  object.Number("duplicate_window", static_cast<uint64_t>(report.plan.duplicate_window.value));
  object.Number("max_ahead", static_cast<uint64_t>(report.plan.max_ahead.value));
}

void AppendSetting(const TuneReport& report, size_t id, std::string& out) {
  const CodePolicy& setting = report.plan.settings[id];
  const SettingResult& result = report.proposal.settings[id];
  JsonObject object(out);
  object.Number("id", id);
  object.Text("name", SettingName(setting));
  object.Number("threshold", setting.threshold);
  object.Number("window", static_cast<uint64_t>(setting.window.value));
  object.Text("window_kind", setting.window_kind == WindowKind::kSliding ? "sliding" : "tumbling");
  object.Number("clear", setting.clear);
  object.Text("forward", ForwardWord(setting.forward));
  object.Flag("last_word", setting.last_word);
  object.Flag("meets", result.meets);
  object.Flag("front", result.front);
  AppendFraction("cost", result.cost, object);
  AppendTally(result.totals, object.Member("totals"));
}

absl::string_view QuantityName(Quantity quantity) {
  switch (quantity) {
    case Quantity::kShare:
      return "share";
    case Quantity::kCount:
      return "count";
    case Quantity::kDuration:
      return "duration";
  }
  return "";
}

void AppendTarget(const TuneReport& report, size_t i, std::string& out) {
  const Target& target = report.targets[i];
  const Proposal& proposal = report.proposal;
  const TargetResult& result = proposal.targets[i];
  JsonObject object(out);
  object.Text("text", target.text);
  object.Text("measure", MeasureName(target.measure));
  object.Text("quantity", QuantityName(target.quantity));
  AppendFraction("value", target.value, object);
  object.Number("met_by", result.met_by);
  AppendFraction("best", result.best, object);
  object.Number("best_setting", result.best_setting);
  if (proposal.choice || proposal.nearest) {
    const Tally& tally =
        proposal.choice ? proposal.promised : proposal.settings[*proposal.nearest].totals;
    AppendFraction("reached", Reached(target, tally, report.result.devices_seen()), object);
  }
}

void AppendCode(const TuneReport& report, const PolicyVersion& version, AlertCode code,
                std::string& out) {
  const Tally first = report.result.Of(code, 0);
  const AlertCode counted_as = version.counted_as(code);
  JsonObject object(out);
  AppendCodeAndName(code, object);
  object.Flag("excluded", version.excluded(code));
  object.Flag("swept", IsSwept(report.plan, counted_as));
  if (counted_as != code) {
    object.Text("counted_as", FormatAlertCode(counted_as));
  }
  object.Number("alerts", first.alerts);
  object.Number("peak_before", first.peak_before);
  std::string& settings = object.Member("settings");
  settings.push_back('[');
  for (size_t i = 0; i < report.result.settings(); ++i) {
    settings.append(i == 0 ? "" : ",");
    AppendTally(report.result.Of(code, i), settings);
  }
  settings.push_back(']');
}

void AppendPairTally(const PairTally& tally, std::string& out) {
  JsonObject object(out);
  object.Number("consolidated", tally.consolidated);
  object.Number("wrong", tally.counts.wrong);
  object.Number("longest", static_cast<uint64_t>(tally.counts.longest.value));
  object.Number("open", tally.counts.open);
}

void AppendPair(const TuneReport& report, AlertCode lower, std::string& out) {
  JsonObject object(out);
  const std::vector<AlertCode> codes = {lower, *PairedCode(lower)};
  AppendCodeList(codes, object.Member("codes"));
  AppendList(codes, kAll, object.Member("names"),
             [&](AlertCode code) { AppendJsonString(AlertCodeName(code), out); });
  std::string& settings = object.Member("settings");
  settings.push_back('[');
  for (size_t i = 0; i < report.result.settings(); ++i) {
    const PairResult result = report.result.OfPair(lower, i);
    settings.append(i == 0 ? "" : ",");
    JsonObject pair(settings);
    AppendPairTally(result.apart, pair.Member("apart"));
    AppendPairTally(result.together, pair.Member("together"));
  }
  settings.push_back(']');
}

void AppendStormingDevice(const StormingDevice& device, std::string& out) {
  JsonObject object(out);
  object.Text("device", FormatEui64(device.device));
  AppendCodeList(device.codes, object.Member("codes"));
  object.Number("alerts", device.alerts);
}

void AppendRecommended(const TuneReport& report, const std::string& policy, std::string& out) {
  const Proposal& proposal = report.proposal;
  JsonObject object(out);
  object.Number("setting", proposal.choice->setting);
  object.Text("name", ChoiceName(report));
  object.Text("why", WhyOf(report));
  AppendList(proposal.codes, kAll, object.Member("codes"), [&](const CodeChoice& code) {
    JsonObject own(out);
    AppendCodeAndName(code.code, own);
    own.Number("setting", code.setting);
    own.Text("why", WhyOf(code));
  });
  AppendTally(proposal.promised, object.Member("promised"));
  object.Text("policy", policy);
}

void AppendCounts(const TuneReport& report, JsonObject& object) {
  const SweepCounts& counts = report.result.counts();
  const Tally& totals = report.proposal.settings.front().totals;
  std::string& captures = object.Member("captures");
  AppendList(report.captures, kAll, captures,
             [&](const std::string& name) { AppendJsonString(name, captures); });
  object.Number("read", counts.read);
  object.Number("dead", counts.dead);
  object.Number("other", counts.other);
  object.Number("duplicates", counts.duplicates);
  object.Number("alerts", totals.alerts);
  object.Number("devices", report.result.devices_seen());
  object.Time("first", counts.first);
  object.Time("last", counts.last);
  object.Number("peak_before", totals.peak_before);
}

// `append(i)` for each number below `count`.
template <typename Append>
void AppendNumbered(size_t count, std::string& out, Append&& append) {
  out.push_back('[');
  for (size_t i = 0; i < count; ++i) {
    out.append(i == 0 ? "" : ",");
    append(i);
  }
  out.push_back(']');
}

void AppendTargets(const TuneReport& report, JsonObject& object) {
  std::string& out = object.Member("targets");
  AppendNumbered(report.targets.size(), out, [&](size_t i) { AppendTarget(report, i, out); });
}

void AppendSettings(const TuneReport& report, JsonObject& object) {
  std::string& out = object.Member("settings");
  AppendNumbered(report.plan.settings.size(), out,
                 [&](size_t i) { AppendSetting(report, i, out); });
}

void AppendPairs(const TuneReport& report, JsonObject& object) {
  std::string& out = object.Member("pairs");
  AppendList(report.result.Pairs(), kAll, out,
             [&](AlertCode lower) { AppendPair(report, lower, out); });
}

void AppendAlways(const std::vector<StormingDevice>& always, size_t most, JsonObject& object) {
  std::string& out = object.Member("always");
  AppendList(always, most, out,
             [&](const StormingDevice& device) { AppendStormingDevice(device, out); });
}

void AppendProposed(const TuneReport& report, const std::string& policy, JsonObject& object) {
  if (report.proposal.choice) {
    AppendRecommended(report, policy, object.Member("recommended"));
  }
  if (report.proposal.nearest) {
    object.Number("nearest", *report.proposal.nearest);
  }
}

// Whether any setting has such a number of the code's.
bool HasAny(const SweepResult& result, AlertCode code, uint64_t Tally::*number) {
  for (size_t i = 0; i < result.settings(); ++i) {
    if (result.Of(code, i).*number > 0) {
      return true;
    }
  }
  return false;
}

void AppendExcludedStorm(const SweepResult& result, AlertCode code, std::string& out) {
  JsonObject object(out);
  AppendCodeAndName(code, object);
  object.Number("alerts", result.Of(code, 0).alerts);
  std::string& settings = object.Member("settings");
  AppendNumbered(result.settings(), settings,
                 [&](size_t i) { absl::StrAppend(&settings, result.Of(code, i).excluded_storms); });
}

std::vector<AlertCode> CodesWith(const SweepResult& result, uint64_t Tally::*number) {
  std::vector<AlertCode> codes = result.Codes();
  std::erase_if(codes, [&](AlertCode code) { return !HasAny(result, code, number); });
  return codes;
}

}  // namespace

std::string TuneReportJson(const TuneReport& report, const std::string& policy) {
  constexpr size_t kMostDevices = 40;
  const PolicyVersion version(report.plan.base);
  const SweepResult& result = report.result;
  const std::vector<StormingDevice> always = result.AlwaysStorming();
  std::string out;
  {
    JsonObject object(out);
    AppendTargets(report, object);
    AppendSettings(report, object);
    AppendList(CodesWith(result, &Tally::started), kAll, object.Member("codes"),
               [&](AlertCode code) { AppendCode(report, version, code, out); });
    AppendPairs(report, object);
    AppendAlways(always, kMostDevices, object);
    object.Number("always_total", always.size());
    AppendList(CodesWith(result, &Tally::excluded_storms), kAll, object.Member("excluded_storms"),
               [&](AlertCode code) { AppendExcludedStorm(result, code, out); });
    AppendProposed(report, policy, object);
  }
  return out;
}

std::string TuneJson(const TuneReport& report, const std::string& policy) {
  const PolicyVersion version(report.plan.base);
  std::string out;
  {
    JsonObject object(out);
    AppendCounts(report, object);
    AppendBase(report, object.Member("base"));
    AppendTargets(report, object);
    AppendSettings(report, object);
    AppendList(report.result.Codes(), kAll, object.Member("codes"),
               [&](AlertCode code) { AppendCode(report, version, code, out); });
    AppendPairs(report, object);
    AppendAlways(report.result.AlwaysStorming(), kAll, object);
    AppendProposed(report, policy, object);
  }
  out.push_back('\n');
  return out;
}

}  // namespace weir
