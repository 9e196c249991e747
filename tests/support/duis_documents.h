// DUIS documents for tests, put together of their parts so that each part can be wrong.
//
// Layer: tests/support.
#pragma once

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

#include "connectors/formats/binary_text.h"
#include "connectors/formats/gbcs_encode.h"

namespace weir {

inline constexpr absl::string_view kDuisNamespace =
    "http://www.dccinterface.co.uk/ServiceUserGateway";
inline constexpr Eui64 kDuisDevice{0x00DB1234567890A0};
inline constexpr Eui64 kDuisParty{0x90B3D51F30010000};
inline constexpr TimeMs kDuisDeviceTime{1575280795000};  // 2019-12-02T09:59:55Z
inline constexpr TimeMs kDuisReceived{1575280800123};    // 2019-12-02T10:00:00.123Z
inline constexpr absl::string_view kDuisAlertId =
    "00-DB-12-34-56-78-90-A0:90-B3-D5-1F-30-01-00-00:7";
inline constexpr absl::string_view kDuisRequestId =
    "90-B3-D5-1F-30-01-00-00:00-DB-12-34-56-78-90-A0:7";
inline constexpr absl::string_view kDuisDccAlertId =
    "90-B3-D5-1F-30-00-00-02:90-B3-D5-1F-30-01-00-00:7";

inline std::string Element(absl::string_view name, absl::string_view content) {
  return absl::StrCat("<sr:", name, ">", content, "</sr:", name, ">");
}

inline std::string Document(absl::string_view root, absl::string_view content) {
  return absl::StrCat("<sr:", root, " xmlns:sr=\"", kDuisNamespace, "\" schemaVersion=\"5.4\">",
                      content, "</sr:", root, ">");
}

// The header of a response with the ids given; empty ones are left out.
inline std::string ResponseHeader(absl::string_view request_id, absl::string_view response_id) {
  std::string content;
  if (!request_id.empty()) {
    absl::StrAppend(&content, Element("RequestID", request_id));
  }
  if (!response_id.empty()) {
    absl::StrAppend(&content, Element("ResponseID", response_id));
  }
  absl::StrAppend(&content, Element("ResponseCode", "I0"),
                  Element("ResponseDateTime", "2019-12-02T10:00:00.123Z"));
  return Element("Header", content);
}

inline std::string ResponseDocument(absl::string_view header, absl::string_view message) {
  return Document("Response", absl::StrCat(header, Element("Body", message)));
}

// A GBCS message of kDuisDevice to kDuisParty with the counter 7.
inline GbcsFields DuisGbcsFields(uint16_t code = 0x8F36) {
  GbcsFields fields;
  fields.counter = 7;
  fields.originator = kDuisDevice;
  fields.target = kDuisParty;
  fields.code = AlertCode::FromDevice(code).value_or(AlertCode());
  fields.device_time = kDuisDeviceTime;
  return fields;
}

inline std::string InBase64(absl::string_view bytes) {
  std::string out;
  AppendBase64(bytes, out);
  return out;
}

// `payload` is what stands in the element: base64.
inline std::string DeviceAlertMessage(absl::string_view code, absl::string_view payload,
                                      absl::string_view throttling = "") {
  return Element("DeviceAlertMessage", absl::StrCat(Element("AlertCode", code), throttling,
                                                    Element("GBCSPayload", payload)));
}

inline std::string DeviceAlert() {
  return ResponseDocument(ResponseHeader("", kDuisAlertId),
                          DeviceAlertMessage("8F36", InBase64(EncodeGbcs(DuisGbcsFields()))));
}

inline std::string DccAlert(absl::string_view code, absl::string_view body) {
  return ResponseDocument(ResponseHeader("", kDuisDccAlertId),
                          Element("DCCAlertMessage", absl::StrCat(Element("DCCAlertCode", code),
                                                                  Element("DCCAlert", body))));
}

inline std::string PowerOutage() {
  return DccAlert("AD1",
                  Element("PowerOutageEvent",
                          absl::StrCat(Element("CommsHubDeviceID", "00-DB-12-34-56-78-90-A0"),
                                       Element("StartDateTime", "2019-12-02T09:57:00Z"),
                                       Element("MPxN", "1000000000012"))));
}

inline std::string ServiceResponse(absl::string_view content = "") {
  return ResponseDocument(
      ResponseHeader(kDuisRequestId, kDuisAlertId),
      Element("ResponseMessage", absl::StrCat(Element("ServiceReference", "7.7"),
                                              Element("ServiceReferenceVariant", "7.7"), content)));
}

// What became of the first of two instructions.
inline std::string FutureDatedOutcome(absl::string_view code, absl::string_view payload) {
  return ServiceResponse(Element(
      "FutureDatedDeviceAlertMessage",
      absl::StrCat(Element("FutureDatedAlertCode", code), Element("GBCSPayload", payload),
                   Element("InstructionNumber", "1"), Element("TotalCommandInstructions", "2"))));
}

inline std::string ServiceRequest() {
  return Document(
      "Request",
      absl::StrCat(Element("Header", absl::StrCat(Element("RequestID", kDuisRequestId),
                                                  Element("CommandVariant", "4"),
                                                  Element("ServiceReference", "6.13"),
                                                  Element("ServiceReferenceVariant", "6.13"))),
                   Element("Body", Element("ReadDeviceConfiguration", ""))));
}

}  // namespace weir
