#include "connectors/formats/duis_encode_records.h"

#include <optional>

#include "absl/strings/str_cat.h"

#include "connectors/formats/binary_text.h"
#include "connectors/formats/duis_elements.h"
#include "engine/alert/eui64.h"
#include "engine/base/units.h"

namespace weir {

namespace {

std::string InElement(absl::string_view name, absl::string_view content) {
  std::string out;
  AppendDuisElement(name, content, out);
  return out;
}

// `PARTY:DEVICE:COUNTER`.
std::string IdText(Eui64 sender, Eui64 target, uint64_t counter) {
  return absl::StrCat(FormatEui64(sender), ":", FormatEui64(target), ":", counter);
}

void AppendDocument(absl::string_view root, absl::string_view header, absl::string_view body,
                    std::string& out) {
  absl::StrAppend(&out, "<sr:", root,
                  " xmlns:sr=\"http://www.dccinterface.co.uk/ServiceUserGateway\" "
                  "schemaVersion=\"5.4\">");
  AppendDuisElement("Header", header, out);
  AppendDuisElement("Body", body, out);
  absl::StrAppend(&out, "</sr:", root, ">\n");
}

// The reference that a variant belongs to: its first two numbers.
absl::string_view ReferenceOf(absl::string_view srv) {
  const size_t first = srv.find('.');
  const size_t second = first == absl::string_view::npos ? first : srv.find('.', first + 1);
  return srv.substr(0, second);
}

// ---- Bodies of requests

std::string ExecutionTime(const Request& request) {
  return request.execute_at ? InElement("ExecutionDateTime", FormatTime(*request.execute_at))
                            : std::string();
}

std::string GasFlow(const OtherEvent& /*event*/, const Request& request) {
  std::string out;
  AppendDuisElement(request.gas_flow_rate->is_decimal ? "UncontrolledGasFlowRateDecimal"
                                                      : "UncontrolledGasFlowRate",
                    request.gas_flow_rate->text, out);
  AppendDuisElement("SupplyDepletionState", "Unchanged", out);
  AppendDuisElement("SupplyTamperState", "Unchanged", out);
  AppendDuisElement("StabilisationPeriod", "5", out);
  AppendDuisElement("MeasurementPeriod", "60", out);
  return out;
}

std::string EventLog(const OtherEvent& /*event*/, const Request& /*request*/) {
  std::string period;
  AppendDuisElement("StartDateTime", "2019-11-01T00:00:00Z", period);
  AppendDuisElement("EndDateTime", "2019-12-01T00:00:00Z", period);
  return InElement("ReadLogPeriod", period) + InElement("LogToRead", "ALCSEvent");
}

std::string Descriptions(const OtherEvent& /*event*/, const Request& /*request*/) {
  return "<sr:ALCSHCALCSDescription index=\"1\">"
         "<sr:SwitchDescription>Water heater</sr:SwitchDescription></sr:ALCSHCALCSDescription>";
}

// Any day, written by wildcards.
std::string AnyDate(absl::string_view name) {
  return InElement(name,
                   "<sr:Year><sr:NonSpecifiedYear/></sr:Year>"
                   "<sr:Month><sr:NonSpecifiedMonth/></sr:Month>"
                   "<sr:DayOfMonth><sr:NonSpecifiedDayOfMonth/></sr:DayOfMonth>"
                   "<sr:DayOfWeek><sr:NonSpecifiedDayOfWeek/></sr:DayOfWeek>");
}

// One switch, on at half past midnight, and no special days.
std::string Schedule(const OtherEvent& /*event*/, const Request& request) {
  const std::string when =
      InElement("SwitchTime", "00:30:00") + AnyDate("StartDate") + AnyDate("EndDate");
  return ExecutionTime(request) +
         InElement("ALCSHCALCSConnectionSchedule",
                   "<sr:ActivateDeactivateSwitch index=\"1\"><sr:ActivateSwitch/>"
                   "</sr:ActivateDeactivateSwitch>" +
                       InElement("ALCSScheduleDatesAndTime", when)) +
         "<sr:ALCSHCALCSSpecialDays/>";
}

std::string OnlyTime(const OtherEvent& /*event*/, const Request& request) {
  return ExecutionTime(request);
}

std::string BoostButton(const OtherEvent& /*event*/, const Request& request) {
  std::string out = ExecutionTime(request);
  for (int slot = 1; slot <= 5; ++slot) {
    absl::StrAppend(&out, "<sr:AddToBoostButton index=\"", slot, "\">",
                    slot == 1 ? "true" : "false", "</sr:AddToBoostButton>");
  }
  return out;
}

std::string FaultReturn(const OtherEvent& event, const Request& /*request*/) {
  std::string out = InElement("DeviceID", FormatEui64(*event.device));
  AppendDuisElement("CHFFaultReturnType", "Fault identified post installation", out);
  AppendDuisElement("OtherDeviceID", FormatEui64(*event.device), out);
  AppendDuisElement("CHFConnectionMethod", "Hot-shoe", out);
  AppendDuisElement("CHFFaultReason", "LED Fault", out);
  return out;
}

std::string NoFaultReturn(const OtherEvent& event, const Request& /*request*/) {
  std::string out = InElement("DeviceID", FormatEui64(*event.device));
  AppendDuisElement("CHFNoFaultReturnType", "No Fault Return (general)", out);
  return out;
}

struct RequestBody {
  absl::string_view srv;
  int command_variant = 1;
  absl::string_view element;
  std::string (*content)(const OtherEvent& event, const Request& request) = nullptr;
  bool may_wait = false;       // it may have a time of execution
  bool is_hub_return = false;  // it is sent to the DCC
};

// A variant 4 asks for a pre-command, 1 is sent to the device, 8 is for the DCC itself.
constexpr RequestBody kRequestBodies[] = {
    {"6.7", 4, "UpdateDeviceConfigurationGasFlow", GasFlow},
    {"6.13", 1, "ReadEventOrSecurityLog", EventLog},
    {"6.14.1", 4, "UpdateDeviceConfigurationALCDescriptions", Descriptions},
    {"6.14.2", 4, "UpdateDeviceConfigurationALCScheduler", Schedule, true},
    {"7.7", 1, "ReadALCSData", OnlyTime, true},
    {"7.9", 1, "AddAuxiliaryLoadToBoostButton", BoostButton, true},
    {"8.14.3", 8, "CHFFaultReturn", FaultReturn, false, true},
    {"8.14.4", 8, "CHFNoFaultReturn", NoFaultReturn, false, true},
};

// Nullptr if there is none.
const RequestBody* BodyOf(absl::string_view srv) {
  for (const RequestBody& body : kRequestBodies) {
    if (body.srv == srv) {
      return &body;
    }
  }
  return nullptr;
}

bool IsRateOf(const Request& request) {
  return request.srv == "6.7" ? request.gas_flow_rate && request.gas_flow_rate->value
                              : !request.gas_flow_rate;
}

bool CanSay(const OtherEvent& event, const Request& request, const RequestBody& body) {
  return event.device && !request.role && !request.supplier && !request.instructions &&
         (!request.execute_at || body.may_wait) && IsRateOf(request) &&
         (body.is_hub_return || event.device == request.id.device);
}

// ---- Responses

std::string AnswerHeader(const OtherEvent& event, const RequestId& id, absl::string_view code) {
  std::string out = InElement("RequestID", IdText(id.party, id.device, id.counter));
  AppendDuisElement("ResponseID", IdText(id.device, id.party, id.counter), out);
  AppendDuisElement("ResponseCode", code, out);
  AppendDuisElement("ResponseDateTime", FormatTime(*event.received), out);
  return out;
}

std::string References(absl::string_view srv) {
  return InElement("ServiceReference", ReferenceOf(srv)) +
         InElement("ServiceReferenceVariant", srv);
}

std::string Payload(absl::string_view bytes) {
  std::string text;
  AppendBase64(bytes, text);
  return InElement("GBCSPayload", text);
}

}  // namespace

bool AppendDuisRequest(const OtherEvent& event, const Request& request, std::string& out) {
  const RequestBody* body = BodyOf(request.srv);
  if (body == nullptr || !CanSay(event, request, *body)) {
    return false;
  }
  const RequestId& id = request.id;
  const std::string header = InElement("RequestID", IdText(id.party, id.device, id.counter)) +
                             InElement("CommandVariant", absl::StrCat(body->command_variant)) +
                             References(request.srv);
  AppendDocument("Request", header, InElement(body->element, body->content(event, request)), out);
  return true;
}

void AppendDuisAnswer(const OtherEvent& event, const Response& response, std::string& out) {
  std::string content = References(response.srv);
  if (!response.payload.empty()) {
    content += Payload(response.payload);
  }
  AppendDocument("Response", AnswerHeader(event, response.id, response.code),
                 InElement("ResponseMessage", content), out);
}

void AppendDuisOutcome(const OtherEvent& event, const Outcome& outcome, absl::string_view message,
                       std::string& out) {
  std::string content =
      InElement("FutureDatedAlertCode", FormatAlertCode(OutcomeCode(outcome.succeeded)));
  content += Payload(message);
  AppendDuisElement("InstructionNumber", absl::StrCat(*outcome.instruction), content);
  AppendDuisElement("TotalCommandInstructions", absl::StrCat(*outcome.instructions), content);
  AppendDocument(
      "Response", AnswerHeader(event, outcome.id, Response::kDone),
      InElement("ResponseMessage",
                References(outcome.srv) + InElement("FutureDatedDeviceAlertMessage", content)),
      out);
}

}  // namespace weir
