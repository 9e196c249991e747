#include "connectors/formats/json_records.h"

#include <string>

#include "connectors/formats/gas_flow_rate.h"
#include "connectors/formats/request_report.h"
#include "engine/alert/role.h"

namespace weir {

namespace {

using enum JsonField;

void ReadReceived(JsonFieldReader& reader, std::optional<TimeMs> envelope_time, OtherEvent& event) {
  reader.Time(kReceived, event.received);
  if (envelope_time) {
    event.received = envelope_time;
  }
}

void ReadSrv(JsonFieldReader& reader, absl::string_view& srv) {
  reader.Text(kSrv, 1, kLongestSrv, srv);
}

// ---- Devices

const DeviceRecord* ReadDevice(JsonFieldReader& reader, OtherEvent& event) {
  reader.RejectRepeated({kDevice, kDeviceType, kStatus, kStatusSince, kAdded, kAddedBy, kMpxn,
                         kNetworkOperator, kSupplier, kSupplierAgent, kGbcsVersion, kVariant,
                         kRemoved});
  auto* const device = reader.arena().Make<DeviceRecord>();
  reader.Require(kDevice);
  reader.Id(kDevice, event.device);
  reader.Bool(kRemoved, device->removed);
  if (!device->removed) {
    reader.Require(kDeviceType);
    reader.Require(kStatus);
  }
  reader.Parsed(kDeviceType, ParseDeviceType, device->type);
  reader.Parsed(kStatus, ParseDeviceStatus, device->status);
  reader.Time(kStatusSince, device->status_since);
  reader.Time(kAdded, device->added);
  reader.Id(kAddedBy, device->added_by);
  reader.Texts(kMpxn, DeviceRecord::kMostMpxns, DeviceRecord::kLongestMpxn, device->mpxns);
  reader.Id(kNetworkOperator, device->network_operator);
  reader.Id(kSupplier, device->supplier);
  reader.Id(kSupplierAgent, device->supplier_agent);
  reader.Text(kGbcsVersion, 0, DeviceRecord::kLongestText, device->gbcs_version);
  reader.Text(kVariant, 0, DeviceRecord::kLongestText, device->variant);
  return device;
}

// ---- Requests and what becomes of them

// A string is the decimal element, a whole number the integer one.
void ReadGasFlowRate(JsonFieldReader& reader, std::optional<GasFlowRate>& out) {
  const JsonValue* value = reader.Find(kGasFlowRate);
  if (value == nullptr) {
    return;
  }
  if (value->kind == JsonValue::Kind::kUnsigned) {
    out = GasFlowRateOf(value->number, reader.arena());
    return;
  }
  if (value->kind == JsonValue::Kind::kString) {
    out = ParseGasFlowRate(reader.arena().Copy(value->text()));
  }
  if (!out) {
    reader.Fail(DeadReason::kBadField);
  }
}

const Request* ReadRequest(JsonFieldReader& reader, OtherEvent& event) {
  reader.RejectRepeated(
      {kRequestId, kDevice, kSrv, kRole, kSupplier, kExecuteAt, kInstructions, kGasFlowRate});
  auto* const request = reader.arena().Make<Request>();
  reader.Request(request->id);
  reader.Require(kSrv);
  ReadSrv(reader, request->srv);
  reader.Parsed(kRole, ParseRole, request->role);
  reader.Id(kSupplier, request->supplier);
  reader.Time(kExecuteAt, request->execute_at);
  reader.Number(kInstructions, request->instructions);
  ReadGasFlowRate(reader, request->gas_flow_rate);
  event.device = request->id.device;
  // Some requests go to the DCC and are about a device.
  reader.Id(kDevice, event.device);
  return request;
}

const Response* ReadResponse(JsonFieldReader& reader, OtherEvent& event) {
  reader.RejectRepeated({kRequestId, kSrv, kResponseCode, kPayload});
  auto* const response = reader.arena().Make<Response>();
  reader.Request(response->id);
  reader.Require(kSrv);
  ReadSrv(reader, response->srv);
  reader.Require(kResponseCode);
  reader.Text(kResponseCode, 1, kLongestResponseCode, response->code);
  reader.Payload(response->payload);
  event.device = response->id.device;
  return response;
}

void ReadOutcomeCode(JsonFieldReader& reader, bool& succeeded) {
  AlertCode code;
  reader.Code(code);
  if (!IsOutcomeCode(code)) {
    reader.Fail(DeadReason::kBadField);
  }
  succeeded = code == kInstructionDone;
}

const Outcome* ReadOutcome(JsonFieldReader& reader, OtherEvent& event) {
  reader.RejectRepeated({kRequestId, kCode, kSrv, kInstruction, kInstructions, kPayload});
  auto* const outcome = reader.arena().Make<Outcome>();
  reader.Request(outcome->id);
  ReadOutcomeCode(reader, outcome->succeeded);
  ReadSrv(reader, outcome->srv);
  reader.Number(kInstruction, outcome->instruction);
  reader.Number(kInstructions, outcome->instructions);
  absl::string_view payload;
  reader.Payload(payload);
  outcome->report = ReadRequestReport(payload).value_or(RequestReport());
  event.device = outcome->id.device;
  return outcome;
}

}  // namespace

std::optional<Event> DecodeJsonRecord(absl::string_view type, JsonFieldReader& reader,
                                      std::optional<TimeMs> envelope_time) {
  OtherEvent event;
  reader.RejectRepeated({kType, kReceived});
  if (type == "device") {
    event.what = ReadDevice(reader, event);
  } else if (type == "request") {
    event.what = ReadRequest(reader, event);
  } else if (type == "response") {
    event.what = ReadResponse(reader, event);
  } else if (type == "outcome") {
    event.what = ReadOutcome(reader, event);
  } else {
    return std::nullopt;
  }
  ReadReceived(reader, envelope_time, event);
  return reader.fault() ? Event(*reader.fault()) : Event(event);
}

}  // namespace weir
