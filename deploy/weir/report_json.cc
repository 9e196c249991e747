#include "deploy/weir/report_json.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"

#include "deploy/weir/json_object.h"
#include "deploy/weir/totals_json.h"
#include "engine/alert/catalogue.h"

namespace weir {

namespace {

constexpr size_t kMostRows = 40;     // of codes and of devices
constexpr int64_t kMostSteps = 600;  // of a series

// Into how many minutes at a time, from which on, all series of a report are cut.
struct Steps {
  int64_t first = 0;   // minute
  int64_t length = 1;  // minutes
  size_t count = 0;
};

Steps StepsOf(const TrafficByMinute& minutes) {
  if (minutes.empty()) {
    return {};
  }
  const int64_t first = minutes.begin()->first;
  const int64_t all = minutes.rbegin()->first - first + 1;
  const int64_t length = (all + kMostSteps - 1) / kMostSteps;
  return {
      .first = first, .length = length, .count = static_cast<size_t>((all + length - 1) / length)};
}

void AppendSeries(const TrafficByMinute& minutes, const Steps& steps, JsonObject& object) {
  std::vector<Traffic> sums(steps.count);
  for (const auto& [minute, traffic] : minutes) {
    sums[static_cast<size_t>((minute - steps.first) / steps.length)] += traffic;
  }
  for (const auto& [name, member] :
       {std::pair("received", &Traffic::received), std::pair("passed", &Traffic::passed)}) {
    std::string& out = object.Member(name);
    AppendList(sums, sums.size(), out,
               [&, part = member](const Traffic& sum) { absl::StrAppend(&out, sum.*part); });
  }
}

void AppendMs(absl::string_view name, std::optional<TimeMs> time, JsonObject& object) {
  absl::StrAppend(&object.Member(name), time ? absl::StrCat(time->value) : "null");
}

void AppendDelay(const Delays& delays, std::string& out) {
  JsonObject object(out);
  object.Number("count", delays.count());
  for (const auto& [name, share] :
       {std::pair("median", 0.5), std::pair("p95", 0.95), std::pair("p99", 0.99)}) {
    object.Number(name, static_cast<uint64_t>(delays.Quantile(share).value));
  }
  object.Number("worst", static_cast<uint64_t>(delays.worst().value));
}

void AppendSummary(const ReportedReplay& replay, const TrafficByMinute& minutes, std::string& out) {
  const Summary& summary = replay.summary;
  const Traffic peak = PeakOf(minutes);
  JsonObject object(out);
  object.Number("read", summary.read);
  object.Number("dead", summary.dead);
  object.Number("other", summary.other);
  object.Number("duplicates", summary.duplicates());
  AppendTotals(summary.totals, object);
  AppendMs("first", replay.activity.first(), object);
  AppendMs("last", replay.activity.last(), object);
  object.Number("devices", replay.activity.devices().size());
  object.Number("recipients", replay.activity.recipients().size());
  object.Number("peak_before", peak.received);
  object.Number("peak_after", peak.passed);
  AppendDelay(replay.activity.delays(), object.Member("delay"));
}

void AppendCode(const ReportedReplay& replay, AlertCode code, const Steps& steps,
                std::string& out) {
  const CodeTotals& totals = replay.summary.codes.at(code);
  JsonObject object(out);
  object.Text("code", FormatAlertCode(code));
  object.Text("name", AlertCodeName(code));
  object.Flag("excluded", replay.version.excluded(code));
  object.Number("alerts", totals.alerts);
  object.Number("forwarded", totals.forwarded);
  object.Number("copies", totals.copies);
  object.Number("consolidated", totals.consolidated());
  object.Number("episodes", totals.started);
  object.Number("devices", replay.activity.DevicesOf(code));
  AppendSeries(replay.activity.codes().at(code), steps, object);
}

// Those with alerts, most first.
std::vector<AlertCode> CodesOf(const Summary& summary) {
  std::vector<AlertCode> codes;
  for (const auto& [code, totals] : summary.codes) {
    if (totals.alerts > 0) {
      codes.push_back(code);
    }
  }
  std::stable_sort(codes.begin(), codes.end(), [&](AlertCode a, AlertCode b) {
    return summary.codes.at(a).alerts > summary.codes.at(b).alerts;
  });
  return codes;
}

void AppendCodes(const std::set<AlertCode>& codes, std::string& out) {
  const std::vector<AlertCode> all(codes.begin(), codes.end());
  AppendList(all, all.size(), out,
             [&](AlertCode code) { AppendJsonString(FormatAlertCode(code), out); });
}

void AppendDevices(const Activity& activity, const Steps& steps, std::string& out) {
  using Entry = std::pair<Eui64, const DeviceStory*>;
  std::vector<Entry> devices;
  for (const auto& [device, story] : activity.devices()) {
    devices.emplace_back(device, &story);
  }
  std::sort(devices.begin(), devices.end(), [](const Entry& a, const Entry& b) {
    return a.second->consolidated != b.second->consolidated
               ? a.second->consolidated > b.second->consolidated
               : a.first < b.first;
  });
  AppendList(devices, kMostRows, out, [&](const Entry& entry) {
    const DeviceStory& story = *entry.second;
    JsonObject object(out);
    object.Text("device", FormatEui64(entry.first));
    AppendCodes(story.codes, object.Member("codes"));
    object.Number("alerts", story.alerts);
    object.Number("consolidated", story.consolidated);
    object.Number("episodes", story.episodes);
    AppendSeries(story.minutes, steps, object);
  });
}

void AppendEpisodes(const Activity& activity, std::string& out) {
  const std::vector<EpisodeStory> episodes = activity.Episodes();
  JsonObject object(out);
  object.Number("total", activity.episodes());
  std::string& shown = object.Member("shown");
  AppendList(episodes, episodes.size(), shown, [&](const EpisodeStory& story) {
    JsonObject episode(shown);
    episode.Text("device", FormatEui64(story.key.device));
    episode.Text("code", FormatAlertCode(story.key.code));
    episode.Text("recipient",
                 story.key.recipient == Eui64{} ? "" : FormatEui64(story.key.recipient));
    AppendMs("started", story.started, episode);
    AppendMs("ended", story.ended, episode);
    episode.Text("reason", story.reason == EpisodeEvent::Reason::kPolicy ? "policy" : "clear");
    episode.Number("alerts", story.counts.alerts);
    episode.Number("copies", story.counts.copies);
  });
}

}  // namespace

std::string ReportJson(const ReportedReplay& replay, absl::string_view tune) {
  const TrafficByMinute minutes = replay.activity.Minutes();
  const Steps steps = StepsOf(minutes);
  std::string out;
  {
    JsonObject object(out);
    object.Text("kind", tune.empty() ? "replay" : "tune");
    object.Text("version", WEIR_VERSION);
    AppendMs("made", replay.made, object);
    AppendList(replay.captures, replay.captures.size(), object.Member("captures"),
               [&](const std::string& name) { AppendJsonString(name, out); });
    object.Text("policy", replay.policy);
    AppendSummary(replay, minutes, object.Member("summary"));
    {
      JsonObject series(object.Member("series"));
      series.Number("start", static_cast<uint64_t>(steps.first * kMinute.value));
      series.Number("step", static_cast<uint64_t>(steps.length * kMinute.value));
      AppendSeries(minutes, steps, series);
    }
    AppendList(CodesOf(replay.summary), kMostRows, object.Member("codes"),
               [&](AlertCode code) { AppendCode(replay, code, steps, out); });
    AppendDevices(replay.activity, steps, object.Member("devices"));
    AppendEpisodes(replay.activity, object.Member("episodes"));
    if (!tune.empty()) {
      absl::StrAppend(&object.Member("tune"), tune);
    }
  }
  return out;
}

}  // namespace weir
