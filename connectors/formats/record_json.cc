#include "connectors/formats/record_json.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace weir {

namespace {

void AppendGasFlowRate(const GasFlowRate& rate, JsonMembers& members) {
  if (rate.is_decimal) {
    members.Text("gas_flow_rate", rate.text);
  } else {
    absl::StrAppend(&members.Member("gas_flow_rate"), rate.text);
  }
}

}  // namespace

void AppendDeviceFields(const OtherEvent& event, const DeviceRecord& device, JsonMembers& members) {
  members.Text("type", "device");
  members.Id("device", event.device);
  if (device.removed) {
    absl::StrAppend(&members.Member("removed"), "true");
    members.Time("received", event.received);
    return;
  }
  members.Text("device_type", DeviceTypeName(device.type));
  members.Text("status", DeviceStatusName(device.status));
  members.Time("status_since", device.status_since);
  members.Time("added", device.added);
  members.Id("added_by", device.added_by);
  members.Texts("mpxn", device.mpxns);
  members.Id("network_operator", device.network_operator);
  members.Id("supplier", device.supplier);
  members.Id("supplier_agent", device.supplier_agent);
  members.Text("gbcs_version", device.gbcs_version);
  members.Text("variant", device.variant);
  members.Time("received", event.received);
}

void AppendRequestFields(const OtherEvent& event, const Request& request, std::optional<Role> role,
                         JsonMembers& members) {
  members.Text("type", "request");
  members.Request("request_id", request.id);
  if (event.device != request.id.device) {
    members.Id("device", event.device);
  }
  members.Text("srv", request.srv);
  members.Text("role", role ? RoleName(*role) : absl::string_view());
  members.Id("supplier", request.supplier);
  members.Time("execute_at", request.execute_at);
  members.Number("instructions", request.instructions);
  if (request.gas_flow_rate) {
    AppendGasFlowRate(*request.gas_flow_rate, members);
  }
  members.Time("received", event.received);
}

void AppendResponseFields(const OtherEvent& event, const Response& response, JsonMembers& members) {
  members.Text("type", "response");
  members.Request("request_id", response.id);
  members.Text("srv", response.srv);
  members.Text("response_code", response.code);
  members.Time("received", event.received);
  members.Bytes("payload", response.payload);
}

void AppendOutcomeFields(const OtherEvent& event, const Outcome& outcome, JsonMembers& members) {
  members.Text("type", "outcome");
  members.Request("request_id", outcome.id);
  members.Text("code", FormatAlertCode(OutcomeCode(outcome.succeeded)));
  members.Text("srv", outcome.srv);
  members.Number("instruction", outcome.instruction);
  members.Number("instructions", outcome.instructions);
  members.Time("received", event.received);
}

}  // namespace weir
