#include "connectors/formats/duis_alert.h"

#include "absl/strings/string_view.h"

namespace weir {

namespace {

// Where one kind of DCC alert names its device. A kind may have several such places, of which the
// first that is there is taken.
struct DevicePlace {
  absl::string_view alert;      // the element that is the alert
  absl::string_view container;  // an element in it; empty: the alert itself
  absl::string_view element;
  bool is_request = false;  // the element holds the id of a request to the device
};

constexpr DevicePlace kDevicePlaces[] = {
    {"PowerOutageEvent", "", "CommsHubDeviceID"},
    {"DeviceStatusChangeEvent", "", "DeviceID"},
    {"DSPScheduleRemoval", "", "DeviceID"},
    {"CommandFailure", "", "DeviceID"},
    {"CommandFailure", "", "CommandRequestID", true},
    {"FirmwareDistributionFailure", "", "UpdateFirmwareRequestID", true},
    {"UpdateHANDeviceLogResult", "", "UpdateHANDeviceLogServiceRequestID", true},
    {"ChangeOfSupplier", "DeviceChangeOfSupplier", "DeviceID"},
    {"ChangeOfSupplier", "", "ChangeOfSupplierServiceRequestID", true},
    {"DeviceLogRestored", "CHFDeviceLog", "NewCHFDeviceID"},
    {"DeviceLogRestored", "GPFDeviceLog", "NewGPFDeviceID"},
    {"PPMIDAlert", "", "DeviceID"},
    {"SecurityCredentialsUpdated", "", "DeviceID"},
    {"PPMIDRemoval", "", "PPMIDDeviceID"},
    {"QuarantinedRequest", "ADUserThresholdBreach", "RequestID", true},
    {"QuarantinedRequest", "ADDCCThresholdBreach", "RequestID", true},
    {"QuarantinedRequest", "ADAttributeLimitsBreach", "RequestID", true},
    {"FirmwareVersionMismatch", "", "DeviceID"},
    {"DualBandCHAlert", "", "CHFDeviceID"},
    {"S1SPAlertDSP", "S1SPAlert", "DeviceID"},
    {"S1SPAlertDSP", "S1SPAlert", "RequestID", true},
    {"SMETS1CHFirmwareNotification", "", "DeviceID"},
    {"ALCSHCALCSConfigurationChange", "", "ESMEDeviceID"},
    {"CSPFirmwareDeliveryStatus", "", "CommsHubDeviceID"},
    {"CommsHubAlert", "", "CommsHubDeviceID"},
    {"ECoSAlert", "", "DeviceID"},
    {"CommsHubFirmwareActivation", "", "DeviceID"},
    {"CoSCertificateAlert", "", "DeviceID"},
    {"DUISVersionMismatch", "DCCAlertVersionMismatch", "DeviceID"},
    {"DUISVersionMismatch", "DCCAlertVersionMismatch", "RequestID", true},
    {"DUISVersionMismatch", "ServiceResponseVersionMismatch", "RequestID", true},
};

std::optional<Eui64> DeviceAt(const DevicePlace& place, pugi::xml_node alert, DuisFields& fields) {
  const pugi::xml_node container =
      place.container.empty() ? alert : fields.Find(alert, place.container);
  if (!place.is_request) {
    return fields.FindEui64(container, place.element);
  }
  const std::optional<MessageId> id = fields.FindMessageId(container, place.element);
  return id ? std::make_optional(id->target) : std::nullopt;
}

// Whether an alert may leave its device out, or names many.
bool MayNameNone(absl::string_view alert) {
  return alert == "S1SPAlertDSP" || alert == "DUISVersionMismatch" ||
         alert == "FirmwareUpgradeRequested";
}

}  // namespace

std::optional<Eui64> DeviceOfDccAlert(pugi::xml_node alert, DuisFields& fields) {
  const absl::string_view name = LocalName(alert);
  bool is_known = MayNameNone(name);
  for (const DevicePlace& place : kDevicePlaces) {
    if (place.alert != name) {
      continue;
    }
    is_known = true;
    if (const std::optional<Eui64> device = DeviceAt(place, alert, fields); device) {
      return device;
    }
  }
  if (!is_known) {
    // An alert of another schema.
    return fields.FindEui64(alert, "DeviceID");
  }
  if (!MayNameNone(name)) {
    fields.Fail(DeadReason::kMissingField);
  }
  return std::nullopt;
}

std::optional<TimeMs> DeviceTimeOfDccAlert(pugi::xml_node alert, DuisFields& fields) {
  const absl::string_view name = LocalName(alert);
  if (name == "PPMIDAlert") {
    return fields.FindTime(alert, "Timestamp");
  }
  return name == "CommsHubAlert" ? fields.FindTime(alert, "TimeStamp") : std::nullopt;
}

}  // namespace weir
