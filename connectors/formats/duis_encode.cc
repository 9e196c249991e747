#include "connectors/formats/duis_encode.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

#include "connectors/formats/binary_text.h"
#include "connectors/formats/duis.h"
#include "connectors/formats/duis_elements.h"
#include "connectors/formats/gbcs.h"
#include "connectors/formats/gbcs_encode.h"

namespace weir {

namespace {

// ---- The bodies of DCC alerts

// An MPxN has up to 13 characters; an MPAN, which an electricity meter has, 13 digits.
std::string MpxnOf(Eui64 device) {
  constexpr uint64_t kFirst = 1'000'000'000'000;
  return absl::StrCat(kFirst + device.value % kFirst);
}

std::string PowerOutageEvent(const Alert& alert) {
  std::string out;
  AppendDuisElement("CommsHubDeviceID", FormatEui64(*alert.device), out);
  AppendDuisElement("StartDateTime", FormatTime(*alert.received), out);
  AppendDuisElement("MPxN", MpxnOf(*alert.device), out);
  return out;
}

// A firmware activation of an in-home display, the one alert that it has.
std::string PpmidAlert(const Alert& alert) {
  std::string out;
  AppendDuisElement("DeviceID", FormatEui64(*alert.device), out);
  AppendDuisElement("DeviceAlertCode", "8F8B", out);
  if (alert.device_time) {
    AppendDuisElement("Timestamp", FormatTime(*alert.device_time), out);
  }
  return out;
}

// The duty cycle of the sub-GHz radio was limited.
std::string DualBandChAlert(const Alert& alert) {
  std::string out;
  AppendDuisElement("CHFDeviceID", FormatEui64(*alert.device), out);
  AppendDuisElement("DeviceAlertCode", "8F20", out);
  return out;
}

std::string ConfigurationChange(const Alert& alert) {
  return DuisConfigurationChange(*alert.device, "", "");
}

// Firmware was transferred to a device of the home.
std::string CommsHubAlert(const Alert& alert) {
  std::string out;
  AppendDuisElement("CommsHubDeviceID", FormatEui64(*alert.device), out);
  AppendDuisElement("AlertCode", "8F8A", out);
  if (alert.device_time) {
    AppendDuisElement("TimeStamp", FormatTime(*alert.device_time), out);
  }
  return out;
}

struct DccAlertBody {
  absl::string_view code;
  absl::string_view element;
  std::string (*content)(const Alert& alert) = nullptr;
};

constexpr DccAlertBody kDccAlertBodies[] = {
    {"AD1", "PowerOutageEvent", PowerOutageEvent},
    {"N39", "PPMIDAlert", PpmidAlert},
    {"N54", "DualBandCHAlert", DualBandChAlert},
    {"N58", "ALCSHCALCSConfigurationChange", ConfigurationChange},
    {"N62", "CommsHubAlert", CommsHubAlert},
};

// Nullptr if there is none.
const DccAlertBody* BodyOf(AlertCode code) {
  const auto* const found = std::find_if(
      std::begin(kDccAlertBodies), std::end(kDccAlertBodies),
      [text = FormatAlertCode(code)](const DccAlertBody& body) { return body.code == text; });
  return found == std::end(kDccAlertBodies) ? nullptr : found;
}

// ---- Messages

// The elements of a copy; nothing for an alert that passes unchanged.
std::string Throttling(const std::optional<CopyMark>& mark) {
  constexpr uint64_t kLargest = std::numeric_limits<uint32_t>::max();
  std::string out;
  if (mark) {
    AppendDuisElement("ThrottledAlertSequenceId",
                      absl::StrCat(std::min(mark->sequence_id, kLargest)), out);
    AppendDuisElement("ThrottledAlertCount", absl::StrCat(std::min(mark->count, kLargest)), out);
  }
  return out;
}

// A message like those of devices that say no more than their code and the time.
std::string GenericMessage(const Alert& alert) {
  constexpr uint16_t kFirstCritical = 0x8F00;
  GbcsFields fields;
  fields.mac = alert.code.gbcs() < kFirstCritical;
  fields.message_code = fields.mac ? 0x1001 : 0x1000;
  fields.counter = *alert.counter;
  fields.originator = *alert.device;
  fields.target = *alert.recipient;
  fields.code = alert.code;
  fields.device_time = alert.device_time;
  return EncodeGbcs(fields);
}

std::string DeviceAlertMessage(const Alert& alert, const std::optional<CopyMark>& mark) {
  std::string payload;
  AppendBase64(alert.payload.empty() ? GenericMessage(alert) : alert.payload, payload);
  std::string out;
  AppendDuisElement("AlertCode", FormatAlertCode(alert.code), out);
  out += Throttling(mark);
  AppendDuisElement("GBCSPayload", payload, out);
  return out;
}

std::string DccAlertMessage(const Alert& alert, const std::optional<CopyMark>& mark) {
  const DccAlertBody& body = *BodyOf(alert.code);
  std::string content;
  AppendDuisElement(body.element, body.content(alert), content);
  return DuisDccAlert(alert.code, Throttling(mark), content);
}

DuisHeader HeaderOf(const Alert& alert) {
  return {.sender = alert.code.is_device() ? *alert.device : kDccId,
          .target = *alert.recipient,
          .counter = *alert.counter,
          .at = *alert.received};
}

// Whether a document with this payload would be read again.
bool IsPayloadOf(const Alert& alert) {
  const std::variant<GbcsMessage, DeadReason> decoded = DecodeGbcs(alert.payload);
  const auto* message = std::get_if<GbcsMessage>(&decoded);
  return message != nullptr && message->code == alert.code &&
         IsIdOf(
             {.originator = *alert.device, .target = *alert.recipient, .counter = *alert.counter},
             *message);
}

bool IsComplete(const Alert& alert) {
  return IsWrittenAsDuis(alert.code) && alert.device && alert.recipient && alert.counter &&
         alert.received &&
         (alert.payload.empty() || (alert.code.is_device() && IsPayloadOf(alert)));
}

}  // namespace

bool IsWrittenAsDuis(AlertCode code) {
  return code.is_device() || BodyOf(code) != nullptr;
}

bool AppendDuis(const Alert& alert, const std::optional<CopyMark>& mark, std::string& out) {
  if (!IsComplete(alert)) {
    return false;
  }
  const bool is_device = alert.code.is_device();
  AppendDuisResponse(HeaderOf(alert), is_device ? "DeviceAlertMessage" : "DCCAlertMessage",
                     is_device ? DeviceAlertMessage(alert, mark) : DccAlertMessage(alert, mark),
                     out);
  return true;
}

}  // namespace weir
