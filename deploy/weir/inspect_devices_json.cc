#include "deploy/weir/inspect_devices_json.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"

#include "connectors/formats/json_members.h"

namespace weir {

namespace {

// One object: `append` writes its members.
template <typename Append>
void AppendObject(std::string& out, Append&& append) {
  out.push_back('{');
  JsonMembers members(out, true);
  append(members);
  out.push_back('}');
}

void AppendFlag(absl::string_view name, bool flag, JsonMembers& members) {
  absl::StrAppend(&members.Member(name), flag ? "true" : "false");
}

void AppendPartition(const InspectedState& state, uint32_t partition, JsonMembers& members) {
  if (const PartitionName* name = state.NameOf(partition); name != nullptr) {
    members.Text("topic", name->topic);
    absl::StrAppend(&members.Member("partition"), name->partition);
  }
}

void AppendHistory(const Device& device, std::string& out) {
  AppendList(device.history, SIZE_MAX, out, [&](const Device::PastStatus& past) {
    AppendObject(out, [&](JsonMembers& members) {
      members.Text("status", DeviceStatusName(past.status));
      members.Time("since", past.since);
    });
  });
}

void AppendDevice(const InspectedState& state, const InspectedDevice& known, std::string& out) {
  const Device& device = known.device;
  const std::vector<absl::string_view> mpxns(device.mpxns.begin(), device.mpxns.end());
  AppendObject(out, [&](JsonMembers& members) {
    members.Id("device", known.id);
    AppendPartition(state, known.partition, members);
    members.Text("device_type", DeviceTypeName(device.type));
    members.Text("status", DeviceStatusName(device.status));
    members.Time("status_since", device.status_since);
    members.Time("pending_until", known.pending_until);
    members.Time("added", device.added);
    members.Id("added_by", device.added_by);
    members.Texts("mpxn", mpxns);
    members.Id("network_operator", known.network_operator);
    members.Id("supplier", device.supplier);
    members.Id("supplier_agent", device.supplier_agent);
    members.Text("gbcs_version", device.gbcs_version);
    members.Text("variant", device.variant);
    AppendHistory(device, members.Member("history"));
  });
}

void AppendGasFlow(const InspectedState& state, const InspectedGasFlow& kept, std::string& out) {
  const GasFlowSetting& setting = kept.setting;
  AppendObject(out, [&](JsonMembers& members) {
    AppendPartition(state, kept.partition, members);
    members.Text("rate", FormatGasFlowRate(setting.rate));
    members.Request("request_id", setting.request);
    members.Time("asked_at", setting.asked_at);
    members.Time("confirmed_at", setting.confirmed_at);
    if (setting.before) {
      members.Text("before", FormatGasFlowRate(*setting.before));
    }
  });
}

// Which request it was, or whose alert.
void AppendRequestId(const InspectedRequest& kept, JsonMembers& members) {
  if (kept.counter_of == CounterOf::kRequest) {
    members.Text("srv", kept.request.srv);
    members.Request("request_id", kept.id);
    return;
  }
  members.Counter("alert_counter", kept.id.counter);
  members.Id("recipient",
             kept.id.party == Eui64{} ? std::nullopt : std::make_optional(kept.id.party));
}

void AppendDone(const InspectedState& state, const InspectedRequest& kept, std::string& out) {
  AppendObject(out, [&](JsonMembers& members) {
    AppendPartition(state, kept.partition, members);
    AppendRequestId(kept, members);
    members.Time("changed_at", kept.request.changed_at);
    members.Time("done_at", kept.request.done_at);
    AppendFlag("told", kept.request.was_told, members);
  });
}

void AppendOpen(const InspectedState& state, const InspectedRequest& kept, std::string& out) {
  const SwitchRequest& request = kept.request;
  AppendObject(out, [&](JsonMembers& members) {
    AppendPartition(state, kept.partition, members);
    AppendRequestId(kept, members);
    AppendFlag("seen", request.was_seen, members);
    members.Time("execute_at", request.execute_at);
    members.Number("outcomes", request.outcomes.size());
    members.Number("succeeded", Succeeded(request));
    members.Number("instructions", kept.instructions);
    members.Time("first_outcome", request.first_outcome);
    members.Time("due", std::min(request.due(), kLatestTime));
  });
}

}  // namespace

void AppendPartitionName(const InspectedState& state, uint32_t partition, JsonObject& object) {
  if (const PartitionName* name = state.NameOf(partition); name != nullptr) {
    object.Text("topic", name->topic);
    absl::StrAppend(&object.Member("partition"), name->partition);
  }
}

void AppendJsonCounts(const DeviceCounts& counts, std::string& out) {
  JsonObject object(out);
  object.Number("devices", counts.devices);
  object.Number("pending", counts.pending);
  object.Number("open_requests", counts.open_requests);
  object.Number("done_requests", counts.done_requests);
  object.Number("gas_flow_rates", counts.gas_flow_rates);
}

void AppendKept(const InspectedState& state, JsonObject& object) {
  const auto append_each = [&](absl::string_view name, const auto& entries, auto&& append) {
    std::string& out = object.Member(name);
    AppendList(entries, SIZE_MAX, out, [&](const auto& entry) { append(state, entry, out); });
  };
  append_each("inventory", state.devices, AppendDevice);
  append_each("gas_flow", state.gas_flows, AppendGasFlow);
  append_each("done_requests", DoneRequests(state), AppendDone);
  append_each("open_requests", OpenRequests(state), AppendOpen);
}

std::string DevicesJson(const InspectedState& state, size_t top) {
  std::string out;
  for (size_t i = 0; i < Shown(state.devices.size(), top); ++i) {
    AppendDevice(state, state.devices[i], out);
    out.push_back('\n');
  }
  return out;
}

}  // namespace weir
