#include "deploy/weir/inspect_json.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"

#include "connectors/formats/summary_json.h"
#include "deploy/weir/inspect_devices_json.h"
#include "deploy/weir/json_object.h"
#include "deploy/weir/key_json.h"
#include "deploy/weir/totals_json.h"

namespace weir {

namespace {

void AppendKey(const InspectedState& state, const InspectedKey& key, std::string& out) {
  JsonObject object(out);
  AppendKeyName(key, object);
  AppendPartitionName(state, key.partition, object);
  AppendKeyCount(key, object);
}

void AppendStorms(const DeviceStorms& storms, JsonObject& object) {
  object.Number("episodes", storms.episodes);
  object.Number("alerts", storms.alerts);
  object.Number("consolidated", storms.consolidated);
}

void AppendFigures(const Summary& summary, JsonObject& object) {
  object.Number("read", summary.read);
  object.Number("dead", summary.dead);
  object.Number("duplicates", summary.duplicates());
  object.Number("other", summary.other);
  for (const FigureGroup& group : FiguresOf(summary.registry)) {
    JsonObject figures(object.Member(group.name));
    for (const auto& [name, count] : group.figures) {
      figures.Number(name, count);
    }
  }
  AppendTotals(summary.totals, object);
}

void AppendPolicy(const PolicyVersion& version, std::string& out) {
  JsonObject object(out);
  object.Time("effective_from", version.effective_from());
  if (!version.note().empty()) {
    object.Text("note", version.note());
  }
}

void AppendPartition(const InspectedState& state, uint32_t index, std::string& out) {
  const Inspection& inspection = *state.inspection;
  const Partition& partition = inspection.partition(index);
  const PolicySchedule& past = inspection.past(index);
  JsonObject object(out);
  object.Number("number", index);
  AppendPartitionName(state, index, object);
  object.Time("stream_time", partition.stream_time());
  AppendFigures(inspection.Summarise(index), object);
  AppendList(past.versions, past.versions.size(), object.Member("policies"),
             [&](const PolicyVersion& version) { AppendPolicy(version, out); });
  object.Text("duplicate_window", FormatDuration(past.duplicate_window));
  object.Text("max_ahead", FormatDuration(past.max_ahead));
  object.Number("live_keys", inspection.CountKeys(index));
  object.Number("messages_remembered", partition.throttle().messages_remembered());
  object.Number("counter_table_bytes", partition.throttle().counters().table().MemoryBytes());
  AppendJsonCounts(state.counts[index], object.Member("kept"));
}

}  // namespace

std::string OverviewJson(const InspectedState& state, size_t top) {
  const Inspection& inspection = *state.inspection;
  const Summary summary = inspection.Summarise();
  std::vector<uint32_t> partitions(inspection.partitions());
  for (uint32_t i = 0; i < partitions.size(); ++i) {
    partitions[i] = i;
  }
  std::string out;
  {
    JsonObject object(out);
    object.Number("commit", inspection.commits());
    if (!state.position.captures.empty()) {
      object.Text("capture", state.position.captures.back().name);
      object.Number("line", state.position.last.number);
    }
    AppendFigures(summary, object);
    AppendJsonCounts(state.AllCounts(), object.Member("kept"));
    AppendList(partitions, partitions.size(), object.Member("partitions"),
               [&](uint32_t index) { AppendPartition(state, index, out); });
    AppendList(inspection.Episodes(), top, object.Member("storming"),
               [&](const InspectedKey& key) { AppendKey(state, key, out); });
    object.Number("stormed_devices", summary.storms.size());
    AppendList(summary.storms, top, object.Member("stormed"), [&](const auto& device) {
      JsonObject storms(out);
      storms.Text("device", FormatEui64(device.first));
      AppendStorms(device.second, storms);
    });
  }
  out.push_back('\n');
  return out;
}

std::string DeviceJson(const InspectedState& state, Eui64 device, size_t top) {
  std::string out;
  {
    JsonObject object(out);
    object.Text("device", FormatEui64(device));
    AppendStorms(state.inspection->StormsOf(device), object);
    const std::vector<InspectedKey> keys = state.inspection->KeysOf(device);
    object.Number("live_keys", keys.size());
    AppendList(keys, top, object.Member("keys"),
               [&](const InspectedKey& key) { AppendKey(state, key, out); });
    AppendKept(state, object);
  }
  out.push_back('\n');
  return out;
}

std::string StormingJson(const InspectedState& state, size_t top) {
  std::string out;
  const std::vector<InspectedKey> keys = state.inspection->Episodes();
  for (size_t i = 0; i < Shown(keys.size(), top); ++i) {
    AppendKey(state, keys[i], out);
    out.push_back('\n');
  }
  return out;
}

}  // namespace weir
