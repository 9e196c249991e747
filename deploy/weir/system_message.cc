#include "deploy/weir/system_message.h"

#include <variant>
#include <vector>

#include "absl/strings/string_view.h"

#include "connectors/formats/duis_encode_records.h"
#include "connectors/formats/json_members.h"
#include "connectors/formats/record_json.h"
#include "engine/alert/alert_code.h"

namespace weir {

namespace {

OtherEvent EventOf(const SystemRecord& record) {
  return {.device = record.device, .received = record.received, .what = {}};
}

void AppendDevice(const SystemRecord& record, const SystemDevice& device, std::string& out) {
  const std::vector<absl::string_view> mpxns(device.mpxns.begin(), device.mpxns.end());
  const DeviceRecord said = {.type = device.type,
                             .status = device.status,
                             .status_since = {},
                             .added = device.added,
                             .added_by = device.added_by,
                             .mpxns = mpxns,
                             .network_operator = device.network_operator,
                             .supplier = device.supplier,
                             .supplier_agent = device.supplier_agent,
                             .gbcs_version = device.gbcs_version,
                             .variant = device.variant,
                             .removed = device.removed};
  JsonMembers members(out, true);
  AppendDeviceFields(EventOf(record), said, members);
}

void AppendJson(const SystemRecord& record, std::string& out) {
  const OtherEvent event = EventOf(record);
  out.push_back('{');
  JsonMembers members(out, true);
  if (const auto* device = std::get_if<SystemDevice>(&record.what)) {
    AppendDevice(record, *device, out);
  } else if (const auto* asked = std::get_if<SystemRequest>(&record.what)) {
    AppendRequestFields(event, asked->request, asked->request.role, members);
  } else if (const auto* answer = std::get_if<SystemResponse>(&record.what)) {
    Response response = answer->response;
    response.payload = answer->payload;
    AppendResponseFields(event, response, members);
  } else {
    const auto& outcome = std::get<SystemOutcome>(record.what);
    AppendOutcomeFields(event, outcome.outcome, members);
    members.Bytes("payload", outcome.message);
  }
  out.push_back('}');
}

// Appends a document and a line feed; false if there is none for the record.
bool AppendDocument(const SystemRecord& record, std::string& out) {
  const OtherEvent event = EventOf(record);
  if (const auto* asked = std::get_if<SystemRequest>(&record.what)) {
    return AppendDuisRequest(event, asked->request, out);
  }
  if (const auto* answer = std::get_if<SystemResponse>(&record.what)) {
    Response response = answer->response;
    response.payload = answer->payload;
    AppendDuisAnswer(event, response, out);
    return true;
  }
  if (const auto* outcome = std::get_if<SystemOutcome>(&record.what)) {
    AppendDuisOutcome(event, outcome->outcome, outcome->message, out);
    return true;
  }
  return false;
}

}  // namespace

KeptAlert AlertOf(const SystemRecord& record, const SystemOutcome& outcome) {
  return {.device = record.device,
          .code = OutcomeCode(outcome.outcome.succeeded),
          .recipient = outcome.outcome.id.party,
          .counter = outcome.counter,
          .received = record.received,
          .device_time = outcome.device_time,
          .payload = outcome.message};
}

bool AppendSystemMessage(const SystemRecord& record, Format format, std::string& out) {
  if (format == Format::kDuis && AppendDocument(record, out)) {
    out.pop_back();  // the line feed
    return !std::holds_alternative<SystemRequest>(record.what);
  }
  AppendJson(record, out);
  return true;
}

}  // namespace weir
