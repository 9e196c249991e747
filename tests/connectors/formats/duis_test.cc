// Goal: a DUIS document gives the event that it says, whoever wrote it, and anything else a reason.
// Method: documents put together of their parts, and tables of those parts changed one by one;
// every kind of DCC alert of the schema; truncation at every byte; random changes of bytes; texts
// that harm careless readers of XML; stored documents where they are there.
#include "connectors/formats/duis.h"

#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"

#include "connectors/formats/format.h"
#include "connectors/formats/json_writer.h"
#include "connectors/formats/kcat.h"
#include "tests/support/duis_documents.h"
#include "tests/support/random.h"
#include "tests/support/shared_data.h"

namespace weir {
namespace {

std::string Repeat(absl::string_view text, size_t times) {
  std::string out;
  for (size_t i = 0; i < times; ++i) {
    absl::StrAppend(&out, text);
  }
  return out;
}

std::string Replaced(absl::string_view text, absl::string_view from, absl::string_view to) {
  EXPECT_NE(text.find(from), absl::string_view::npos) << from;
  return absl::StrReplaceAll(text, {{from, to}});
}

std::string Payload() {
  return InBase64(EncodeGbcs(DuisGbcsFields()));
}

class DuisTest : public testing::Test {
 protected:
  // In a block of its own, gone when this returns: a step outside it is seen, and so is a view.
  DuisDocument Read(absl::string_view text, std::optional<TimeMs> envelope_time = std::nullopt) {
    const std::unique_ptr<char[]> memory(new char[text.size()]);
    text.copy(memory.get(), text.size());
    return ReadDuis({memory.get(), text.size()}, arena_, envelope_time);
  }

  // `alert`, `request`, `response`, `outcome`, `device` or the reason.
  std::string Result(absl::string_view text) {
    const Event event = Read(text).event;
    if (const auto* reason = std::get_if<DeadReason>(&event)) {
      return absl::StrCat(DeadReasonName(*reason));
    }
    const auto* other = std::get_if<OtherEvent>(&event);
    if (other == nullptr) {
      return "alert";
    }
    EXPECT_EQ(other->device, kDuisDevice);
    return std::holds_alternative<const Request*>(other->what)    ? "request"
           : std::holds_alternative<const Response*>(other->what) ? "response"
           : std::holds_alternative<const Outcome*>(other->what)  ? "outcome"
                                                                  : "device";
  }

  Alert AlertOf(absl::string_view text, std::optional<TimeMs> envelope_time = std::nullopt) {
    const Event event = Read(text, envelope_time).event;
    const auto* alert = std::get_if<Alert>(&event);
    EXPECT_NE(alert, nullptr) << Result(text) << ": " << text;
    return alert == nullptr ? Alert() : *alert;
  }

  Arena arena_;
};

// ---- What documents say

TEST_F(DuisTest, DeviceAlert) {
  const Alert alert = AlertOf(DeviceAlert());
  EXPECT_EQ(alert.device, kDuisDevice);
  EXPECT_EQ(FormatAlertCode(alert.code), "8F36");
  EXPECT_EQ(alert.recipient, kDuisParty);
  EXPECT_EQ(alert.counter, 7);
  EXPECT_EQ(alert.received, kDuisReceived);
  EXPECT_EQ(alert.device_time, kDuisDeviceTime);
  EXPECT_EQ(alert.payload, EncodeGbcs(DuisGbcsFields()));
}

TEST_F(DuisTest, DccAlert) {
  const Alert alert = AlertOf(PowerOutage());
  EXPECT_EQ(alert.device, kDuisDevice);
  EXPECT_EQ(FormatAlertCode(alert.code), "AD1");
  EXPECT_EQ(alert.recipient, kDuisParty);
  EXPECT_EQ(alert.counter, 7);
  EXPECT_EQ(alert.received, kDuisReceived);
  EXPECT_EQ(alert.device_time, std::nullopt);
  EXPECT_EQ(alert.payload, "");
}

TEST_F(DuisTest, OtherRecords) {
  const std::string outcome =
      FutureDatedOutcome("8F66", InBase64(EncodeGbcs(DuisGbcsFields(0x8F66))));
  EXPECT_EQ(Result(ServiceRequest()), "request");
  EXPECT_EQ(Result(ServiceResponse()), "response");
  EXPECT_EQ(Result(ServiceResponse(Element("GBCSPayload", "3wkC"))), "response");
  EXPECT_EQ(Result(ServiceResponse(Element("GBCSPayload", "no base64!"))), "bad_payload");
  EXPECT_EQ(Result(outcome), "outcome");
  EXPECT_EQ(std::get<OtherEvent>(Read(outcome).event).received, kDuisReceived);
  EXPECT_EQ(std::get<OtherEvent>(Read(ServiceResponse()).event).received, kDuisReceived);
}

// The log's own time comes before the DCC's, and a request has no other.
TEST_F(DuisTest, EnvelopeTimeComesFirst) {
  constexpr TimeMs kLogged{1575280812345};
  EXPECT_EQ(AlertOf(DeviceAlert(), kLogged).received, kLogged);
  EXPECT_EQ(AlertOf(DeviceAlert(), kLogged).device_time, kDuisDeviceTime);
  EXPECT_EQ(AlertOf(PowerOutage(), kLogged).received, kLogged);
  EXPECT_EQ(std::get<OtherEvent>(Read(ServiceResponse(), kLogged).event).received, kLogged);
  EXPECT_EQ(std::get<OtherEvent>(Read(ServiceRequest(), kLogged).event).received, kLogged);
  EXPECT_EQ(std::get<OtherEvent>(Read(ServiceRequest()).event).received, std::nullopt);
}

TEST_F(DuisTest, DetailsOfAlerts) {
  const std::string throttling = absl::StrCat(Element("ThrottledAlertSequenceId", "3"),
                                              Element("ThrottledAlertCount", "4294967295"));
  const DuisDetails details =
      Read(ResponseDocument(ResponseHeader("", kDuisAlertId),
                            DeviceAlertMessage("8F36", Payload(), throttling)))
          .details;
  EXPECT_EQ(details.message, "DeviceAlertMessage");
  EXPECT_EQ(details.schema_version, "5.4");
  EXPECT_EQ(details.request_id, "");
  EXPECT_EQ(details.response_id, kDuisAlertId);
  EXPECT_EQ(details.response_code, "I0");
  EXPECT_EQ(details.throttled_alert_sequence_id, 3);
  EXPECT_EQ(details.throttled_alert_count, 4294967295);
  const DuisDetails dcc =
      Read(Replaced(PowerOutage(), "<sr:DCCAlert>", absl::StrCat(throttling, "<sr:DCCAlert>")))
          .details;
  EXPECT_EQ(dcc.message, "DCCAlertMessage");
  EXPECT_EQ(dcc.dcc_alert, "PowerOutageEvent");
  EXPECT_EQ(dcc.throttled_alert_sequence_id, 3);
  EXPECT_EQ(Read(PowerOutage()).details.throttled_alert_count, std::nullopt);
}

TEST_F(DuisTest, DetailsOfOtherRecords) {
  const std::string gbcs = EncodeGbcs(DuisGbcsFields(0x8F67));
  const DuisDetails outcome = Read(FutureDatedOutcome("8F67", InBase64(gbcs))).details;
  EXPECT_EQ(outcome.message, "FutureDatedDeviceAlertMessage");
  EXPECT_EQ(outcome.request_id, kDuisRequestId);
  EXPECT_EQ(outcome.srv, "7.7");
  EXPECT_EQ(outcome.outcome_code, "8F67");
  EXPECT_EQ(outcome.instruction, 1);
  EXPECT_EQ(outcome.instructions, 2);
  EXPECT_EQ(outcome.outcome, gbcs);
  EXPECT_EQ(Read(ServiceResponse()).details.message, "ResponseMessage");
  EXPECT_EQ(Read(ServiceRequest()).details.message, "Request");
  EXPECT_EQ(Read(ServiceRequest()).details.srv, "6.13");
}

// Whoever writes the same document otherwise says the same.
TEST_F(DuisTest, WaysToWriteADocument) {
  const std::string document = DeviceAlert();
  const std::string payload = Payload();
  const std::string spread = absl::StrCat("\n  ", payload.substr(0, 5), "\r\n\t",
                                          payload.substr(5, 70), " ", payload.substr(75), "\n");
  const std::string cases[] = {
      absl::StrCat("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n", document),
      absl::StrReplaceAll(document, {{"sr:", "ns3.-x:"}, {"xmlns:sr", "xmlns:ns3.-x"}}),
      absl::StrReplaceAll(document, {{"<sr:", "<"}, {"</sr:", "</"}, {"xmlns:sr", "xmlns"}}),
      Replaced(document, "http://www.dccinterface", "http://www.dcc&#105;nterface"),
      absl::StrReplaceAll(document, {{"\"", "'"}}),
      Replaced(document, "5.4", "17"),
      Replaced(document, " schemaVersion=\"5.4\"", ""),
      absl::StrReplaceAll(document, {{">", " \n>"}}),
      absl::StrReplaceAll(document, {{"><", "> \r\n\t<"}}),
      absl::StrReplaceAll(document, {{"><", "><!-- <x> --><"}}),
      absl::StrReplaceAll(document, {{"><", "><?x <y> ?><"}}),
      Replaced(document, ">8F36<", ">\n8F36 <"),
      Replaced(document, ">8F36<", "><![CDATA[8F36]]><"),
      Replaced(document, ">8F36<", "><![CDATA[]]>8F<!-- x -->3<![CDATA[6]]><"),
      Replaced(document, ">8F36<", ">&#x38;F&#51;6<"),
      Replaced(document, payload, spread),
      Replaced(document, payload, absl::StrCat("<![CDATA[", spread, "]]>")),
      Replaced(document, payload, absl::StrReplaceAll(payload, {{"=", "&#61;"}})),
      Replaced(document, "00-DB-12", "00-db-12"),
      Replaced(document, "<sr:AlertCode>", "<sr:New/><sr:AlertCode x='y'>"),
      Replaced(document, "</sr:Body>",
               "</sr:Body><ds:Signature xmlns:ds='http://www.w3.org/2000/09/xmldsig#'>"
               "<ds:Header>x</ds:Header></ds:Signature>"),
      Replaced(document, "<sr:Response ", "<sr:Response xmlns='urn:other' xmlns:s='urn:sr' "),
      Replaced(document, "<sr:Header>",
               absl::StrCat("<sr:Header xmlns:sr='", kDuisNamespace, "' xmlns=''>")),
  };
  const std::string wanted = [&] {
    std::string out;
    AppendForwarded(AlertOf(document), out);
    return out;
  }();
  for (const std::string& text : cases) {
    std::string out;
    AppendForwarded(AlertOf(text), out);
    EXPECT_EQ(out, wanted) << text;
  }
}

// ---- DCC alerts

TEST_F(DuisTest, EachDccAlertNamesItsDevice) {
  constexpr absl::string_view kId = "00-DB-12-34-56-78-90-A0";
  constexpr absl::string_view kOther = "00-DB-12-34-56-78-90-FF";

  struct Case {
    const char* body;
    std::string content;
  };

  const auto device = [&](absl::string_view name) { return Element(name, kId); };
  const auto request = [&](absl::string_view name) { return Element(name, kDuisRequestId); };
  const Case cases[] = {
      {"PowerOutageEvent", device("CommsHubDeviceID")},
      {"DeviceStatusChangeEvent",
       absl::StrCat(device("DeviceID"),
                    Element("DeviceStatusChange", Element("MeterDecommissioningOrWithdrawal",
                                                          Element("AssociatedType1Device",
                                                                  Element("DeviceID", kOther)))))},
      {"DSPScheduleRemoval", device("DeviceID")},
      {"CommandFailure", absl::StrCat(Element("CommandRequestID",
                                              "90-B3-D5-1F-30-01-00-00:90-B3-D5-1F-30-00-00-02:1"),
                                      device("DeviceID"))},
      {"CommandFailure", request("CommandRequestID")},
      {"FirmwareDistributionFailure",
       absl::StrCat(request("UpdateFirmwareRequestID"), Element("MeterIDs", kOther))},
      {"UpdateHANDeviceLogResult", request("UpdateHANDeviceLogServiceRequestID")},
      {"ChangeOfSupplier", request("ChangeOfSupplierServiceRequestID")},
      {"ChangeOfSupplier", Element("DeviceChangeOfSupplier", device("DeviceID"))},
      {"DeviceLogRestored", Element("CHFDeviceLog", absl::StrCat(Element("OldCHFDeviceID", kOther),
                                                                 device("NewCHFDeviceID")))},
      {"DeviceLogRestored", Element("GPFDeviceLog", absl::StrCat(Element("OldGPFDeviceID", kOther),
                                                                 device("NewGPFDeviceID")))},
      {"PPMIDAlert", device("DeviceID")},
      {"SecurityCredentialsUpdated", device("DeviceID")},
      {"PPMIDRemoval", absl::StrCat(device("PPMIDDeviceID"), Element("CHFDeviceID", kOther))},
      {"QuarantinedRequest", Element("ADUserThresholdBreach", request("RequestID"))},
      {"QuarantinedRequest", Element("ADDCCThresholdBreach", request("RequestID"))},
      {"QuarantinedRequest", Element("ADAttributeLimitsBreach", request("RequestID"))},
      {"FirmwareVersionMismatch", device("DeviceID")},
      {"DualBandCHAlert",
       absl::StrCat(device("CHFDeviceID"),
                    Element("LimitedDutyCycleActionTaken", Element("DeviceIDToSuspend", kOther)))},
      {"S1SPAlertDSP", Element("S1SPAlert", device("DeviceID"))},
      {"S1SPAlertDSP", Element("S1SPAlert", request("RequestID"))},
      {"SMETS1CHFirmwareNotification", device("DeviceID")},
      {"ALCSHCALCSConfigurationChange", device("ESMEDeviceID")},
      {"CSPFirmwareDeliveryStatus",
       absl::StrCat(device("CommsHubDeviceID"), Element("TargetDeviceID", kOther))},
      {"CommsHubAlert",
       absl::StrCat(device("CommsHubDeviceID"),
                    Element("FirmwareTransferAlert", Element("OtherDeviceID", kOther)))},
      {"ECoSAlert", absl::StrCat(Element("RequestID", "x"), device("DeviceID"))},
      {"CommsHubFirmwareActivation", device("DeviceID")},
      {"CoSCertificateAlert", device("DeviceID")},
      {"DUISVersionMismatch", Element("DCCAlertVersionMismatch", device("DeviceID"))},
      {"DUISVersionMismatch", Element("DCCAlertVersionMismatch", request("RequestID"))},
      {"DUISVersionMismatch", Element("ServiceResponseVersionMismatch", request("RequestID"))},
      {"AnAlertOfALaterSchema", device("DeviceID")},
  };
  for (const Case& test : cases) {
    const Alert alert = AlertOf(DccAlert("N3", Element(test.body, test.content)));
    EXPECT_EQ(alert.device, kDuisDevice) << test.body << test.content;
    EXPECT_EQ(alert.recipient, kDuisParty);
  }
}

TEST_F(DuisTest, DccAlertsWithoutADevice) {
  const std::string none[] = {
      Element("FirmwareUpgradeRequested",
              Element("DeviceList", "00-DB-12-34-56-78-90-A0,00-DB-12-34-56-78-90-A1")),
      Element("S1SPAlertDSP", Element("S1SPAlert", Element("S1SPAlertCode", "S1"))),
      Element("DUISVersionMismatch",
              Element("DCCAlertVersionMismatch", Element("DCCAlertCode", "N1"))),
      "<sr:AnAlertOfALaterSchema/>",
  };
  for (const std::string& body : none) {
    EXPECT_EQ(AlertOf(DccAlert("N59", body)).device, std::nullopt) << body;
  }
  for (const absl::string_view body :
       {"PowerOutageEvent", "PPMIDAlert", "DualBandCHAlert", "CommandFailure",
        "ALCSHCALCSConfigurationChange", "CommsHubAlert", "QuarantinedRequest"}) {
    EXPECT_EQ(Result(DccAlert("N1", Element(body, ""))), "missing_field") << body;
  }
}

TEST_F(DuisTest, DeviceTimeOfDccAlerts) {
  const std::string display = DccAlert(
      "N39", Element("PPMIDAlert", absl::StrCat(Element("DeviceID", "00DB1234567890A0"),
                                                Element("Timestamp", "2019-12-02T09:59:55Z"))));
  const std::string hub = DccAlert(
      "N62",
      Element("CommsHubAlert", absl::StrCat(Element("CommsHubDeviceID", "00DB1234567890A0"),
                                            Element("TimeStamp", "2019-12-02T10:59:55+01:00"))));
  EXPECT_EQ(AlertOf(display).device_time, kDuisDeviceTime);
  EXPECT_EQ(AlertOf(hub).device_time, kDuisDeviceTime);
  EXPECT_EQ(Result(Replaced(hub, "2019-12", "2019-13")), "bad_time");
}

// ---- Faults

TEST_F(DuisTest, Faults) {
  const std::string alert = DeviceAlert();
  const std::string outage = PowerOutage();
  const std::string response = ServiceResponse();
  const std::string outcome =
      FutureDatedOutcome("8F66", InBase64(EncodeGbcs(DuisGbcsFields(0x8F66))));
  const std::string request = ServiceRequest();
  const std::string code = Element("AlertCode", "8F36");
  const std::string time = Element("ResponseDateTime", "2019-12-02T10:00:00.123Z");
  const std::string command =
      absl::StrReplaceAll(EncodeGbcs(DuisGbcsFields()), {{"\xDF\x09\x03", "\xDF\x09\x01"}});

  struct Case {
    std::string text;
    const char* result;
  };

  const Case cases[] = {
      // The text.
      {"", "bad_xml"},
      {"<", "bad_xml"},
      {"{}", "bad_xml"},
      {absl::StrCat(alert, alert), "bad_xml"},
      {absl::StrCat(alert, "x"), "bad_xml"},
      {absl::StrCat(alert, std::string(1, '\0')), "bad_xml"},
      {absl::StrCat(alert, std::string(1, '\0'), alert), "bad_xml"},
      {Replaced(alert, ">8F36<", ">8F36\xFF<"), "bad_utf8"},
      {absl::StrCat("<!DOCTYPE Response>", alert), "doctype"},
      // The kind of document.
      {"<Response/>", "unknown_type"},
      {"<a/>", "unknown_type"},
      {absl::StrCat("<a xmlns='", kDuisNamespace, "'/>"), "unknown_type"},
      {Replaced(alert, "ServiceUserGateway", "ServiceUserGateway/"), "unknown_type"},
      {Replaced(alert, "ServiceUserGateway", "serviceusergateway"), "unknown_type"},
      {Replaced(alert, "ServiceUserGateway", "ResponseAndAlert"), "unknown_type"},
      {Replaced(alert, " xmlns:sr=", " xmlns="), "unknown_type"},
      {Replaced(alert, " xmlns:sr=", " xmlns:sR="), "unknown_type"},
      {Replaced(alert, " xmlns:sr=", " sr="), "unknown_type"},
      {absl::StrReplaceAll(
           alert, {{"sr:Response ", "sr:response "}, {"</sr:Response>", "</sr:response>"}}),
       "unknown_type"},
      {ResponseDocument(ResponseHeader("", kDuisAlertId), "<sr:SMETS1ResponseMessage/>"),
       "unknown_type"},
      {ResponseDocument(ResponseHeader("", kDuisAlertId), "<DeviceAlertMessage/>"), "unknown_type"},
      {absl::StrReplaceAll(alert, {{"sr:DeviceAlertMessage", "sr:devicealertmessage"}}),
       "unknown_type"},
      {DccAlert("N1", "<x:PowerOutageEvent xmlns:x='urn:x'/>"), "unknown_type"},
      // Elements that are not there, empty, there twice or somewhere else.
      {Document("Response", ""), "missing_field"},
      {Document("Request", ""), "missing_field"},
      {ResponseDocument("", DeviceAlertMessage("8F36", Payload())), "missing_field"},
      {ResponseDocument(ResponseHeader("", kDuisAlertId), ""), "missing_field"},
      {ResponseDocument(ResponseHeader("", kDuisAlertId), " "), "missing_field"},
      {Replaced(alert, code, ""), "missing_field"},
      {Replaced(alert, "8F36", " "), "missing_field"},
      {Replaced(alert, code, absl::StrCat(code, code)), "bad_field"},
      {Replaced(alert, code, absl::StrCat(code, "<x:AlertCode xmlns:x='urn:x'/>")), "bad_field"},
      {Replaced(alert, code, absl::StrCat(code, "<AlertCode/>")), "bad_field"},
      {Replaced(alert, code, Element("x", code)), "missing_field"},
      {Replaced(alert, time, ""), "missing_field"},
      {Replaced(alert, time, absl::StrCat(time, time)), "bad_field"},
      {Replaced(alert, Element("ResponseCode", "I0"), ""), "missing_field"},
      {Replaced(alert, "</sr:Header>", "</sr:Header><sr:Header/>"), "bad_field"},
      {Replaced(alert, "</sr:Body>", "</sr:Body><sr:Body/>"), "bad_field"},
      {Replaced(alert, "</sr:Body>", "<sr:DeviceAlertMessage/></sr:Body>"), "bad_field"},
      {Replaced(alert, "</sr:Body>", "<sr:x/></sr:Body>"), "bad_field"},
      {Replaced(alert, Element("GBCSPayload", Payload()), ""), "missing_field"},
      {Replaced(outage, Element("DCCAlertCode", "AD1"), ""), "missing_field"},
      {ResponseDocument(ResponseHeader("", kDuisDccAlertId),
                        Element("DCCAlertMessage", Element("DCCAlertCode", "AD1"))),
       "missing_field"},
      {Replaced(outage, "</sr:PowerOutageEvent>", "</sr:PowerOutageEvent><sr:x/>"), "bad_field"},
      {Replaced(response, Element("ServiceReferenceVariant", "7.7"), ""), "missing_field"},
      {ResponseDocument(ResponseHeader("", ""),
                        Element("ResponseMessage", Element("ServiceReferenceVariant", "7.7"))),
       "missing_field"},
      {Replaced(outcome, Element("InstructionNumber", "1"), ""), "missing_field"},
      {Replaced(outcome, Element("TotalCommandInstructions", "2"), ""), "missing_field"},
      {Replaced(request, Element("RequestID", kDuisRequestId), ""), "missing_field"},
      {Replaced(request, Element("ServiceReferenceVariant", "6.13"), ""), "missing_field"},
      {Replaced(request, Element("ReadDeviceConfiguration", ""), ""), "missing_field"},
      // Text beside elements, elements in text.
      {Replaced(alert, "<sr:Header>", "x<sr:Header>"), "bad_field"},
      {Replaced(alert, "</sr:Header>", "<![CDATA[x]]></sr:Header>"), "bad_field"},
      {Replaced(alert, "<sr:DeviceAlertMessage>", "<sr:DeviceAlertMessage>&#65;"), "bad_field"},
      {Replaced(alert, ">8F36<", ">8F<sr:x/>36<"), "bad_field"},
      {Replaced(alert, "<sr:Body>", "<sr:Body>x"), "bad_field"},
      // Values.
      {Replaced(alert, ">8F36<", ">0x8F36<"), "bad_code"},
      {Replaced(alert, ">8F36<", ">08F36<"), "bad_code"},
      {Replaced(alert, ">8F36<", ">7F36<"), "bad_code"},
      {Replaced(alert, ">8F36<", ">N999<"), "bad_code"},
      {Replaced(alert, ">8F36<", ">8F 36<"), "bad_code"},
      {Replaced(outage, ">AD1<", ">8F36<"), "bad_code"},
      {Replaced(outage, ">AD1<", ">N0<"), "bad_code"},
      {Replaced(outage, ">AD1<", ">N998<"), "alert"},
      {Replaced(alert, "2019-12-02T10:00:00.123Z", "1969-12-31T23:59:59Z"), "bad_time"},
      {Replaced(alert, "2019-12-02T10:00:00.123Z", "2019-12-02"), "bad_time"},
      {Replaced(alert, "2019-12-02T10:00:00.123Z", "2019-12-02T10:00:00"), "bad_time"},
      {Replaced(alert, kDuisAlertId, "x"), "bad_field"},
      {Replaced(alert, kDuisAlertId, absl::StrCat(kDuisAlertId, ":1")), "bad_field"},
      {Replaced(request, kDuisRequestId, "x:y:z"), "bad_field"},
      {Replaced(outage, "00-DB-12-34-56-78-90-A0", "00-DB-12"), "bad_field"},
      {Replaced(outage, "00-DB-12-34-56-78-90-A0", ""), "bad_field"},
      {Replaced(outcome, Element("InstructionNumber", "1"), Element("InstructionNumber", "65536")),
       "bad_field"},
      {Replaced(outcome, ">8F66<", ">8F36<"), "duis_mismatch"},
      {FutureDatedOutcome("8F36", Payload()), "bad_field"},
      // The payload.
      {Replaced(alert, Payload(), "%%%%"), "bad_payload"},
      {Replaced(alert, Payload(), "A"), "bad_payload"},
      {Replaced(alert, Payload(), "AAAA"), "bad_gbcs"},
      {Replaced(alert, Payload(), InBase64(command)), "not_an_alert"},
      {Replaced(alert, Payload(), InBase64(absl::StrCat("\xDD\x09", command))), "block_transfer"},
      // Header, code and payload.
      {Replaced(alert, ">8F36<", ">8F35<"), "duis_mismatch"},
      {Replaced(alert, "00-DB-12-34-56-78-90-A0:", "00-DB-12-34-56-78-90-A1:"), "duis_mismatch"},
      {Replaced(alert, ":90-B3-D5-1F-30-01-00-00:", ":90-B3-D5-1F-30-02-00-00:"), "duis_mismatch"},
      {Replaced(alert, ":7<", ":8<"), "duis_mismatch"},
      {Replaced(response, kDuisAlertId, "00-DB-12-34-56-78-90-A1:90-B3-D5-1F-30-01-00-00:7"),
       "duis_mismatch"},
      {Replaced(
           Replaced(outcome, kDuisAlertId, "00-DB-12-34-56-78-90-A1:90-B3-D5-1F-30-01-00-00:7"),
           kDuisRequestId, "90-B3-D5-1F-30-01-00-00:00-DB-12-34-56-78-90-A1:7"),
       "duis_mismatch"},
  };
  for (const Case& test : cases) {
    EXPECT_EQ(Result(test.text), test.result) << test.text;
  }
}

TEST_F(DuisTest, ThrottlingMustBeReadable) {
  for (const absl::string_view name : {"ThrottledAlertSequenceId", "ThrottledAlertCount"}) {
    for (const absl::string_view value : {"", "x", "-1", "+1", "1.0", "4294967296", "1 2"}) {
      const std::string text =
          ResponseDocument(ResponseHeader("", kDuisAlertId),
                           DeviceAlertMessage("8F36", Payload(), Element(name, value)));
      EXPECT_EQ(Result(text), "bad_field") << name << value;
    }
  }
}

// Without a ResponseID the message says for itself who it is for.
TEST_F(DuisTest, DeviceAlertWithoutAnId) {
  const Alert alert =
      AlertOf(ResponseDocument(ResponseHeader("", ""), DeviceAlertMessage("8F36", Payload())));
  EXPECT_EQ(alert.device, kDuisDevice);
  EXPECT_EQ(alert.recipient, kDuisParty);
  EXPECT_EQ(alert.counter, 7);
}

// A message to a party that the device does not know goes to the access control broker, and names
// the party besides.
TEST_F(DuisTest, MessagesByWayOfTheAccessControlBroker) {
  GbcsFields fields = DuisGbcsFields();
  fields.target = Eui64{0x90B3D51F30000002};
  fields.supplementary_party = kDuisParty;
  const auto document = [&] {
    return ResponseDocument(ResponseHeader("", kDuisAlertId),
                            DeviceAlertMessage("8F36", InBase64(EncodeGbcs(fields))));
  };
  EXPECT_EQ(AlertOf(document()).recipient, kDuisParty);
  fields.counter = 99;
  EXPECT_EQ(Result(document()), "duis_mismatch");
  fields.supplementary_party_counter = 5;
  fields.supplementary_originator_counter = 7;
  EXPECT_EQ(AlertOf(document()).counter, 7);
  fields.supplementary_party = Eui64{1};
  EXPECT_EQ(Result(document()), "duis_mismatch");
}

// ---- Texts that harm

TEST_F(DuisTest, NothingIsExpandedOrLoaded) {
  std::string bomb = "<?xml version=\"1.0\"?><!DOCTYPE lolz [<!ENTITY lol0 \"lol\">";
  for (int i = 1; i < 10; ++i) {
    absl::StrAppend(&bomb, "<!ENTITY lol", i, " \"", Repeat(absl::StrCat("&lol", i - 1, ";"), 10),
                    "\">");
  }
  EXPECT_EQ(Result(absl::StrCat(bomb, "]><lolz>&lol9;</lolz>")), "doctype");
  EXPECT_EQ(Result("<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>"),
            "doctype");
  EXPECT_EQ(Result(Replaced(DeviceAlert(), "8F36<", "&code;<")), "bad_xml");
  // A schema or a stylesheet that a document names is not looked for.
  const std::string named =
      Replaced(absl::StrCat("<?xml-stylesheet href='http://localhost:1/x'?>", DeviceAlert()),
               "<sr:Response ",
               "<sr:Response xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' "
               "xsi:schemaLocation='http://localhost:1/x http://localhost:1/y' ");
  EXPECT_EQ(Result(named), "alert");
}

TEST_F(DuisTest, Sizes) {
  const std::string alert = DeviceAlert();
  const auto padded = [&](size_t size) {
    const size_t room = size - alert.size() - std::strlen("<!---->");
    return absl::StrCat(alert, "<!--", Repeat("x", room), "-->");
  };
  EXPECT_EQ(Result(padded(kMaxMessageBytes)), "alert");
  EXPECT_EQ(Result(padded(kMaxMessageBytes + 1)), "too_long");
  EXPECT_EQ(Result(Repeat("<", 10 * kMaxMessageBytes)), "too_long");
  EXPECT_EQ(Result(Repeat("<a>", 300'000)), "too_deep");
}

// Each takes a moment if the time grows with the size, and minutes if with its square.
TEST_F(DuisTest, LargeDocuments) {
  const std::string alert = DeviceAlert();
  std::string attributes;
  for (int i = 0; i < 30'000; ++i) {
    absl::StrAppend(&attributes, " xmlns:a", i, "='urn:x'");
  }
  const std::string strange = Repeat("<AlertCode/>", 20'000);
  EXPECT_EQ(Result(Replaced(alert, "<sr:Response ", absl::StrCat("<sr:Response", attributes, " "))),
            "alert");
  EXPECT_EQ(Result(Replaced(
                Replaced(alert, "<sr:Response ", absl::StrCat("<sr:Response", attributes, " ")),
                "<sr:AlertCode>", absl::StrCat(strange, "<sr:AlertCode>"))),
            "bad_field");
  EXPECT_EQ(Result(Replaced(alert, "<sr:AlertCode>",
                            absl::StrCat(Repeat("<b c=''/>", 100'000), "<sr:AlertCode>"))),
            "alert");
  EXPECT_EQ(Result(Replaced(alert, "8F36<", absl::StrCat("8F36", Repeat("<!---->", 100'000), "<"))),
            "alert");
  EXPECT_EQ(
      Result(Replaced(alert, "8F36<", absl::StrCat("8F36", Repeat("<![CDATA[ ]]>", 70'000), "<"))),
      "alert");
  EXPECT_EQ(Result(Replaced(alert, "5.4", Repeat("5", 1'000'000))), "alert");
}

TEST_F(DuisTest, TruncationNeverGivesAnEvent) {
  const std::string outcome =
      FutureDatedOutcome("8F66", InBase64(EncodeGbcs(DuisGbcsFields(0x8F66))));
  for (const std::string& text :
       {DeviceAlert(), PowerOutage(), ServiceResponse(), ServiceRequest(), outcome}) {
    for (size_t size = 0; size < text.size(); ++size) {
      ASSERT_EQ(Result(text.substr(0, size)), "bad_xml") << text.substr(0, size);
    }
  }
}

TEST_F(DuisTest, ChangedBytesNeverCrash) {
  const std::string texts[] = {DeviceAlert(), PowerOutage(), ServiceResponse(), ServiceRequest()};
  Random random = Random::FromEnvironment(20191202);
  SCOPED_TRACE(random.seed_text());
  for (int i = 0; i < 20'000; ++i) {
    std::string text = texts[random.Below(std::size(texts))];
    for (uint64_t changes = random.Below(4); changes > 0; --changes) {
      const size_t at = random.Below(text.size());
      switch (random.Below(3)) {
        case 0:
          text[at] = static_cast<char>(random.Next());
          break;
        case 1:
          text.erase(at, random.Below(20));
          text.push_back('>');
          break;
        default:
          text.insert(at, text, random.Below(text.size()), random.Below(40));
      }
    }
    const Event event = Read(text).event;
    if (const auto* alert = std::get_if<Alert>(&event)) {
      // Reads what the alert views.
      std::string out;
      AppendForwarded(*alert, out);
    }
    arena_.Clear();
  }
}

// ---- In what kcat prints

TEST_F(DuisTest, PayloadOfKcat) {
  JsonParser parser;
  const auto decoded = [&](absl::string_view key, absl::string_view document) {
    std::string line =
        absl::StrCat(R"({"topic":"t","partition":1,"offset":2,"ts":1575280812345,"key":")", key,
                     R"(","payload":)");
    AppendJsonString(document, line);
    line.push_back('}');
    const size_t size = line.size();
    line.append(kJsonPadding, ' ');
    return DecodeKcat(absl::string_view(line).substr(0, size), parser, arena_).event;
  };
  const auto is_dead = [](const Event& event, DeadReason reason) {
    const auto* dead = std::get_if<DeadReason>(&event);
    return dead != nullptr && *dead == reason;
  };
  constexpr absl::string_view kId = "00-DB-12-34-56-78-90-A0";
  const std::string pretty = absl::StrReplaceAll(DeviceAlert(), {{"><", ">\r\n  <"}});
  for (const std::string& document : {DeviceAlert(), pretty, PowerOutage()}) {
    const Event event = decoded(kId, document);
    ASSERT_TRUE(std::holds_alternative<Alert>(event)) << document;
    EXPECT_EQ(std::get<Alert>(event).received, TimeMs{1575280812345});
    EXPECT_TRUE(std::holds_alternative<Alert>(decoded("any", document)));
    EXPECT_TRUE(is_dead(decoded("00-DB-12-34-56-78-90-A1", document), DeadReason::kKeyMismatch));
  }
  EXPECT_TRUE(std::holds_alternative<OtherEvent>(decoded(kId, ServiceRequest())));
  // A request belongs to its device, not to who asks.
  EXPECT_TRUE(
      is_dead(decoded("90-B3-D5-1F-30-01-00-00", ServiceRequest()), DeadReason::kKeyMismatch));
  EXPECT_TRUE(is_dead(decoded(kId, "<a"), DeadReason::kBadXml));
}

// ---- Stored documents

TEST_F(DuisTest, StoredDocuments) {
  struct Case {
    const char* file;
    const char* code;  // empty for what is no alert
    uint64_t device;
    int64_t received;
  };

  constexpr Case kCases[] = {
      {"constructed_dcc_alert_AD1_power_outage.xml", "AD1", 0x00DB1234567890A2, 1768471872345},
      {"constructed_dcc_alert_N24_whitelist.xml", "N24", 0x88738457002F961E, 1768471872345},
      {"constructed_dcc_alert_N58_alcs_change.xml", "N58", 0x00DB1234567890A0, 1768471872345},
      {"constructed_device_alert_8F30_throttled.xml", "8F30", 0x00DB1234567890A0, 1768471872345},
      {"constructed_device_alert_8F36_ECS80.xml", "8F36", 0x00DB1234567890A0, 1768471872345},
      {"constructed_future_dated_8F66_ECS46c_calendar.xml", "", 0x00DB1234567890A0, 1768471872345},
      {"real_ack_error_E65.xml", "", 0x88738457002F966C, 1658482676134},
      {"real_response_11.2_ECS52.xml", "", 0xBC33AC00FEFA553C, 1660286629844},
      {"real_response_11.2_readfw.xml", "", 0x88738457002F961E, 1660751142790},
  };
  for (const Case& test : kCases) {
    const std::string path = SharedData(absl::StrCat("data/duis/", test.file));
    std::ifstream file(path);
    if (!file) {
      GTEST_SKIP() << path << " is not there (set WEIR_SHARED)";
    }
    std::ostringstream text;
    text << file.rdbuf();
    const Event event = Read(text.str()).event;
    if (const auto* alert = std::get_if<Alert>(&event)) {
      EXPECT_EQ(FormatAlertCode(alert->code), test.code) << test.file;
      EXPECT_EQ(alert->device, Eui64{test.device}) << test.file;
      EXPECT_EQ(alert->received, TimeMs{test.received}) << test.file;
      continue;
    }
    EXPECT_STREQ(test.code, "") << test.file;
    const auto* other = std::get_if<OtherEvent>(&event);
    ASSERT_NE(other, nullptr) << test.file;
    EXPECT_EQ(other->device, Eui64{test.device}) << test.file;
    EXPECT_EQ(other->received, TimeMs{test.received}) << test.file;
  }
}

}  // namespace
}  // namespace weir
