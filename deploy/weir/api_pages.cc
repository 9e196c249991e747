#include "deploy/weir/api_pages.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "deploy/weir/json_object.h"
#include "deploy/weir/key_json.h"
#include "deploy/weir/live_state.h"
#include "engine/alert/eui64.h"
#include "engine/base/status_macros.h"
#include "engine/pipeline/recent_codes.h"

namespace weir {

namespace {

constexpr char kJson[] = "application/json; charset=utf-8";
constexpr size_t kUsualTop = 100;
constexpr size_t kMostTop = 1000;
constexpr size_t kRecentCodes = 20;

HttpAnswer Complaint(int status, absl::string_view text) {
  std::string out;
  {
    JsonObject object(out);
    object.Text("error", text);
  }
  return {status, out + "\n"};
}

// What went wrong with the workers is there to pass; anything else is wrong with the question.
HttpAnswer AnswerOf(const absl::StatusOr<std::string>& json) {
  if (json.ok()) {
    return {200, *json + "\n"};
  }
  return Complaint(absl::IsDeadlineExceeded(json.status()) ? 503
                   : absl::IsNotFound(json.status())       ? 404
                                                           : 400,
                   json.status().message());
}

// ---- What is asked

absl::StatusOr<Eui64> DeviceOf(const std::string& text) {
  const std::optional<Eui64> device = ParseEui64(text);
  if (!device) {
    return absl::InvalidArgumentError(absl::StrCat("`", text,
                                                   "` is no device, expected an EUI-64 such as "
                                                   "00-DB-12-34-56-78-90-A0"));
  }
  return *device;
}

absl::StatusOr<size_t> TopOf(const std::string& text) {
  size_t top = 0;
  if (!absl::SimpleAtoi(text, &top) || top > kMostTop) {
    return absl::InvalidArgumentError(
        absl::StrCat("`top=", text, "`: expected a number of 0 to ", kMostTop));
  }
  return top;
}

absl::Status NotKnown(const std::string& name, absl::string_view expected) {
  return absl::InvalidArgumentError(absl::StrCat("`", name, "` is not known, expected ", expected));
}

absl::StatusOr<EpisodeFilter> FilterOf(const HttpQuery& query) {
  EpisodeFilter filter;
  for (const auto& [name, value] : query.arguments) {
    if (name == "top") {
      WEIR_ASSIGN_OR_RETURN(filter.top, TopOf(value));
    } else if (name == "device") {
      WEIR_ASSIGN_OR_RETURN(filter.device, DeviceOf(value));
    } else if (name == "code") {
      filter.code = ParseAlertCode(value);
      if (!filter.code) {
        return absl::InvalidArgumentError(
            absl::StrCat("`code=", value, "` is no alert code, expected one such as 8F3F or N42"));
      }
    } else {
      return NotKnown(name, "`top`, `device` or `code`");
    }
  }
  return filter;
}

// ---- Episodes and keys

template <typename Name>
void AppendThrottled(const std::vector<std::pair<Name, Throttled>>& list, std::string& out,
                     const std::function<void(const Name&, JsonObject&)>& append_name) {
  AppendList(list, list.size(), out, [&](const std::pair<Name, Throttled>& each) {
    JsonObject object(out);
    append_name(each.first, object);
    object.Number("episodes", each.second.episodes);
    if (each.second.codes.empty()) {
      object.Number("devices", each.second.devices);
    }
    object.Number("consolidated", each.second.consolidated);
    if (!each.second.codes.empty()) {
      AppendList(each.second.codes, each.second.codes.size(), object.Member("codes"),
                 [&](AlertCode code) { AppendJsonString(FormatAlertCode(code), out); });
    }
  });
}

absl::StatusOr<std::string> EpisodesJson(const ServedState& state, const HttpQuery& query) {
  WEIR_ASSIGN_OR_RETURN(const EpisodeFilter filter, FilterOf(query));
  WEIR_ASSIGN_OR_RETURN(const LiveEpisodes episodes, AskForEpisodes(state.errands, filter));
  std::string out;
  {
    JsonObject object(out);
    object.Number("open", episodes.all.episodes);
    object.Number("consolidated", episodes.all.consolidated);
    object.Number("devices", episodes.all.devices);
    AppendList(episodes.top, episodes.top.size(), object.Member("episodes"),
               [&](const LiveEpisodes::Told& told) { out.append(told.json); });
    AppendThrottled<AlertCode>(episodes.codes, object.Member("codes"), AppendCode);
    AppendThrottled<Eui64>(
        episodes.devices, object.Member("top_devices"),
        [](Eui64 device, JsonObject& of_device) { of_device.Text("device", FormatEui64(device)); });
  }
  return out;
}

absl::StatusOr<std::string> KeysJson(const ServedState& state, const HttpQuery& query) {
  WEIR_ASSIGN_OR_RETURN(const Eui64 device, DeviceOf(query.rest));
  WEIR_ASSIGN_OR_RETURN(const std::optional<std::string> json, AskForDevice(state.errands, device));
  if (json) {
    return *json;
  }
  std::string out;
  {
    JsonObject object(out);
    object.Text("device", FormatEui64(device));
    object.Member("keys").append("[]");
  }
  return out;
}

// ---- The candidate

void AppendSide(const CodeTotals& totals, std::string& out) {
  JsonObject object(out);
  object.Number("forwarded", totals.forwarded);
  object.Number("copies", totals.copies);
  object.Number("consolidated", totals.consolidated());
  object.Number("episodes", totals.started);
  object.Number("open", totals.open);
}

void AppendComparison(const Comparison& comparison, JsonObject& object) {
  object.Number("alerts", comparison.candidate.alerts);
  AppendSide(comparison.live, object.Member("live"));
  AppendSide(comparison.candidate, object.Member("shadow"));
}

void AppendVersion(const PolicyVersion& version, std::string& out) {
  JsonObject object(out);
  object.Time("effective_from", version.effective_from());
  if (!version.note().empty()) {
    object.Text("note", version.note());
  }
}

uint64_t Difference(const Comparison& comparison) {
  const uint64_t live = comparison.live.consolidated();
  const uint64_t shadow = comparison.candidate.consolidated();
  return std::max(live, shadow) - std::min(live, shadow);
}

absl::StatusOr<std::string> ShadowJson(const ServedState& state, const HttpQuery& query) {
  size_t top = kUsualTop;
  for (const auto& [name, value] : query.arguments) {
    if (name != "top") {
      return NotKnown(name, "`top`");
    }
    WEIR_ASSIGN_OR_RETURN(top, TopOf(value));
  }
  if (state.config.shadow_policy.empty()) {
    return absl::NotFoundError(
        "no shadow policy is configured: name a candidate's file as `shadow_policy` in the "
        "configuration");
  }
  WEIR_ASSIGN_OR_RETURN(const LiveComparison found, AskForComparison(state.errands));
  Comparison sum;
  std::vector<std::pair<AlertCode, Comparison>> codes(found.codes.begin(), found.codes.end());
  for (const auto& [code, comparison] : codes) {
    sum += comparison;
  }
  std::stable_sort(codes.begin(), codes.end(), [](const auto& a, const auto& b) {
    return Difference(a.second) > Difference(b.second);
  });
  std::string out;
  {
    JsonObject object(out);
    object.Text("file", state.config.shadow_policy);
    AppendVersion(*state.policies.now().candidate, object.Member("version"));
    object.Time("since", found.since);
    AppendComparison(sum, object);
    AppendList(codes, top, object.Member("codes"), [&](const auto& each) {
      JsonObject of_code(out);
      AppendCode(each.first, of_code);
      AppendComparison(each.second, of_code);
    });
  }
  return out;
}

// ---- The service

void AppendStanding(const PolicyStanding& standing, JsonObject& object) {
  if (!standing.file.empty()) {
    object.Text("file", standing.file);
  }
  object.Time("loaded", standing.loaded);
  object.Text("digest", standing.digest);
  if (standing.refused_at) {
    JsonObject refused(object.Member("refused"));
    refused.Time("at", standing.refused_at);
    refused.Text("why", standing.refused);
  }
}

void AppendPolicy(const ServedState& state, std::string& out) {
  const std::shared_ptr<const PolicySchedule> live = state.policies.now().live;
  JsonObject object(out);
  AppendStanding(state.reload.live(), object);
  AppendList(live->versions, live->versions.size(), object.Member("versions"),
             [&](const PolicyVersion& version) { AppendVersion(version, out); });
}

// A partition of a worker; without progress while it is being restored.
struct PlacedPartition {
  int32_t number = 0;
  size_t worker = 0;
  std::optional<PartitionProgress> progress;
};

std::vector<PlacedPartition> PartitionsOf(const ServedState& state) {
  std::vector<PlacedPartition> partitions;
  for (size_t worker = 0; worker < state.watches.size(); ++worker) {
    for (PartitionProgress& progress : state.watches[worker]->Progress()) {
      const int32_t number = progress.partition;
      partitions.push_back({number, worker, std::move(progress)});
    }
    for (const int32_t number : state.watches[worker]->Restoring()) {
      partitions.push_back({number, worker, std::nullopt});
    }
  }
  std::sort(partitions.begin(), partitions.end(),
            [](const PlacedPartition& a, const PlacedPartition& b) { return a.number < b.number; });
  return partitions;
}

void AppendPartition(const PlacedPartition& partition, std::string& out) {
  JsonObject object(out);
  object.Number("partition", static_cast<uint64_t>(partition.number));
  object.Number("worker", partition.worker);
  object.Text("state", partition.progress ? "owned" : "restoring");
  if (!partition.progress) {
    return;
  }
  const PartitionProgress& progress = *partition.progress;
  if (progress.stream_time != TimeMs{}) {
    object.Time("stream_time", progress.stream_time);
  }
  object.Number("lag", progress.lag);
  absl::StrAppend(&object.Member("lag_seconds"),
                  static_cast<double>(progress.lag_time.value) / 1000);
  object.Number("live_keys", progress.live_keys);
  object.Number("open_episodes", progress.open_episodes);
  object.Time("policy", progress.policy);
}

// A device is in one partition, so that devices can be added up.
std::vector<RecentCode> RecentOf(const std::vector<PlacedPartition>& partitions) {
  std::map<std::optional<AlertCode>, RecentCode> codes;
  for (const PlacedPartition& partition : partitions) {
    if (!partition.progress) {
      continue;
    }
    for (const RecentCode& code : partition.progress->recent) {
      RecentCode& sum = codes[code.code];
      sum.code = code.code;
      sum.alerts += code.alerts;
      sum.devices += code.devices;
    }
  }
  std::vector<RecentCode> recent;
  recent.reserve(codes.size());
  for (const auto& [code, sum] : codes) {
    recent.push_back(sum);
  }
  std::stable_sort(recent.begin(), recent.end(),
                   [](const RecentCode& a, const RecentCode& b) { return a.alerts > b.alerts; });
  return recent;
}

void AppendRecent(const std::vector<PlacedPartition>& partitions, std::string& out) {
  const std::vector<RecentCode> recent = RecentOf(partitions);
  uint64_t alerts = 0;
  for (const RecentCode& code : recent) {
    alerts += code.alerts;
  }
  JsonObject object(out);
  object.Number("alerts", alerts);
  AppendList(recent, kRecentCodes, object.Member("codes"), [&](const RecentCode& code) {
    JsonObject of_code(out);
    if (code.code) {
      AppendCode(*code.code, of_code);
    } else {
      of_code.Text("code", "other");
    }
    of_code.Number("alerts", code.alerts);
    of_code.Number("devices", code.devices);
  });
}

void AppendTotals(const ServedState& state, std::string& out) {
  ServeTotals all;
  for (const auto& watch : state.watches) {
    all += watch->Totals();
  }
  JsonObject object(out);
  object.Number("read", all.read);
  object.Number("forwarded", all.forwarded);
  object.Number("copies", all.copies);
  object.Number("consolidated", all.consolidated);
  object.Number("duplicates", all.duplicates);
  object.Number("dead", all.dead);
  object.Number("episodes_started", all.episodes_started);
  object.Number("episodes_ended", all.episodes_ended);
}

std::string StatusJson(const ServedState& state) {
  const std::vector<std::string> reasons = NotReady(state.watches);
  const std::vector<PlacedPartition> partitions = PartitionsOf(state);
  std::string out;
  {
    JsonObject object(out);
    object.Text("version", WEIR_VERSION);
    object.Text("instance", state.config.instance);
    object.Text("group", state.config.group);
    object.Text("input", state.config.input);
    object.Time("started", state.started);
    object.Time("now", state.clock());
    object.Flag("ready", reasons.empty());
    AppendList(reasons, reasons.size(), object.Member("reasons"),
               [&](const std::string& reason) { AppendJsonString(reason, out); });
    AppendPolicy(state, object.Member("policy"));
    if (!state.config.shadow_policy.empty()) {
      JsonObject shadow(object.Member("shadow"));
      AppendStanding(state.reload.shadow(), shadow);
    }
    AppendList(partitions, partitions.size(), object.Member("partitions"),
               [&](const PlacedPartition& partition) { AppendPartition(partition, out); });
    AppendTotals(state, object.Member("totals"));
    AppendRecent(partitions, object.Member("recent"));
  }
  return out;
}

}  // namespace

std::vector<std::string> NotReady(const std::vector<std::unique_ptr<ServeWatch>>& watches) {
  std::vector<std::string> reasons;
  for (const auto& watch : watches) {
    if (std::string reason = watch->NotReady(); !reason.empty()) {
      reasons.push_back(std::move(reason));
    }
  }
  return reasons;
}

std::vector<HttpPage> ApiPages(const ServedState& state) {
  using Json = absl::StatusOr<std::string> (*)(const ServedState&, const HttpQuery&);
  const auto page = [&state](const std::string& path, Json json) {
    return HttpPage{path, kJson, [&state, json](const HttpQuery& query) {
                      return AnswerOf(json(state, query));
                    }};
  };
  return {{"/api/status", kJson,
           [&state](const HttpQuery& /*query*/) {
             return HttpAnswer{200, StatusJson(state) + "\n"};
           }},
          page("/api/episodes", EpisodesJson),
          page("/api/keys/*", KeysJson),
          page("/api/shadow", ShadowJson)};
}

}  // namespace weir
