#include "connectors/formats/duis.h"

#include <pugixml.hpp>

#include <cstring>
#include <limits>
#include <variant>

#include "connectors/formats/duis_fields.h"
#include "connectors/formats/format.h"
#include "connectors/formats/gbcs.h"
#include "connectors/formats/xml_check.h"
#include "engine/alert/alert_code.h"
#include "engine/alert/eui64.h"

namespace weir {

namespace {

// ---- The device of a DCC alert

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

// Two kinds of DCC alert repeat what a device reported, with the time of its own clock.
std::optional<TimeMs> DeviceTimeOfDccAlert(pugi::xml_node alert, DuisFields& fields) {
  const absl::string_view name = LocalName(alert);
  if (name == "PPMIDAlert") {
    return fields.FindTime(alert, "Timestamp");
  }
  return name == "CommsHubAlert" ? fields.FindTime(alert, "TimeStamp") : std::nullopt;
}

// ---- Documents

struct Header {
  std::optional<MessageId> request_id;   // from a party to a device
  std::optional<MessageId> response_id;  // the other way, or from the DCC
  std::optional<TimeMs> received;
};

constexpr bool IsOutcome(AlertCode code) {
  return code.gbcs() == 0x8F66 || code.gbcs() == 0x8F67;
}

class DuisReader {
 public:
  DuisReader(Arena& arena, std::optional<TimeMs> envelope_time, DuisDetails& details)
      : fields_(arena), envelope_time_(envelope_time), details_(details) {}

  Event Read(pugi::xml_node root) {
    const bool is_response = LocalName(root) == "Response";
    if (!IsDuisElement(root) || (!is_response && LocalName(root) != "Request")) {
      return DeadReason::kUnknownType;
    }
    details_.schema_version = root.attribute("schemaVersion").value();
    const Event event = is_response ? ReadResponse(root) : ReadRequest(root);
    return fields_.fault() ? Event(*fields_.fault()) : event;
  }

 private:
  Event ReadRequest(pugi::xml_node root) {
    details_.message = "Request";
    const pugi::xml_node header = fields_.Require(root, "Header");
    details_.request_id = fields_.RequireText(header, "RequestID");
    details_.srv = fields_.RequireText(header, "ServiceReferenceVariant");
    const std::optional<MessageId> id = fields_.FindMessageId(header, "RequestID");
    fields_.RequireOnly(fields_.Require(root, "Body"));
    return OtherEvent{.kind = OtherKind::kRequest,
                      .device = id.value_or(MessageId()).target,
                      .received = envelope_time_};
  }

  Event ReadResponse(pugi::xml_node root) {
    const Header header = ReadHeader(fields_.Require(root, "Header"));
    const pugi::xml_node message = fields_.RequireOnly(fields_.Require(root, "Body"));
    const absl::string_view name = LocalName(message);
    if (name == "DeviceAlertMessage") {
      details_.message = "DeviceAlertMessage";
      return ReadDeviceAlert(header, message);
    }
    if (name == "DCCAlertMessage") {
      details_.message = "DCCAlertMessage";
      return ReadDccAlert(header, message);
    }
    if (name == "ResponseMessage") {
      details_.message = "ResponseMessage";
      return ReadResponseMessage(header, message);
    }
    return DeadReason::kUnknownType;
  }

  Header ReadHeader(pugi::xml_node header) {
    Header read;
    read.request_id = fields_.FindMessageId(header, "RequestID");
    read.response_id = fields_.FindMessageId(header, "ResponseID");
    details_.request_id = fields_.FindText(header, "RequestID").value_or("");
    details_.response_id = fields_.FindText(header, "ResponseID").value_or("");
    details_.response_code = fields_.RequireText(header, "ResponseCode");
    read.received = fields_.RequireTime(header, "ResponseDateTime");
    if (envelope_time_) {
      read.received = envelope_time_;
    }
    return read;
  }

  void ReadThrottling(pugi::xml_node message) {
    constexpr uint64_t kLargest = std::numeric_limits<uint32_t>::max();
    details_.throttled_alert_sequence_id =
        fields_.FindUnsigned(message, "ThrottledAlertSequenceId", kLargest);
    details_.throttled_alert_count = fields_.FindUnsigned(message, "ThrottledAlertCount", kLargest);
  }

  // The code of a device alert: four hexadecimal digits.
  AlertCode ReadDeviceCode(pugi::xml_node message, absl::string_view name) {
    constexpr size_t kDigits = 4;
    const absl::string_view text = fields_.RequireText(message, name);
    const std::optional<AlertCode> code = ParseAlertCode(text);
    if (!code || !code->is_device() || text.size() != kDigits) {
      fields_.Fail(DeadReason::kBadCode);
      return {};
    }
    return *code;
  }

  // The GBCS alert that a message carries, which must be of the code that the message says.
  GbcsMessage ReadGbcs(pugi::xml_node message, AlertCode code, absl::string_view& bytes) {
    bytes = fields_.RequireBytes(message, "GBCSPayload");
    if (fields_.fault()) {
      return {};
    }
    const std::variant<GbcsMessage, DeadReason> decoded = DecodeGbcs(bytes);
    const auto* gbcs = std::get_if<GbcsMessage>(&decoded);
    if (gbcs == nullptr) {
      fields_.Fail(std::get<DeadReason>(decoded));
      return {};
    }
    if (gbcs->code != code) {
      fields_.Fail(DeadReason::kDuisMismatch);
    }
    return *gbcs;
  }

  Event ReadDeviceAlert(const Header& header, pugi::xml_node message) {
    ReadThrottling(message);
    const AlertCode code = ReadDeviceCode(message, "AlertCode");
    absl::string_view bytes;
    const GbcsMessage gbcs = ReadGbcs(message, code, bytes);
    if (header.response_id && !IsIdOf(*header.response_id, gbcs)) {
      fields_.Fail(DeadReason::kDuisMismatch);
    }
    // Behind the access control broker the header knows better who the message is for.
    return Alert{.device = gbcs.originator,
                 .code = code,
                 .recipient = header.response_id ? header.response_id->target : gbcs.target,
                 .counter = header.response_id ? header.response_id->counter : gbcs.counter,
                 .received = header.received,
                 .device_time = gbcs.device_time,
                 .payload = bytes};
  }

  Event ReadDccAlert(const Header& header, pugi::xml_node message) {
    ReadThrottling(message);
    Alert alert;
    const absl::string_view text = fields_.RequireText(message, "DCCAlertCode");
    const std::optional<AlertCode> code = ParseAlertCode(text);
    if (!code || code->is_device()) {
      fields_.Fail(DeadReason::kBadCode);
    }
    alert.code = code.value_or(AlertCode());
    const pugi::xml_node body = fields_.RequireOnly(fields_.Require(message, "DCCAlert"));
    details_.dcc_alert = LocalName(body);
    alert.device = DeviceOfDccAlert(body, fields_);
    alert.device_time = DeviceTimeOfDccAlert(body, fields_);
    alert.received = header.received;
    if (header.response_id) {
      alert.recipient = header.response_id->target;
      alert.counter = header.response_id->counter;
    }
    return alert;
  }

  // The device of a request and of the response to it.
  Eui64 DeviceOf(const Header& header) {
    if (!header.request_id && !header.response_id) {
      fields_.Fail(DeadReason::kMissingField);
      return {};
    }
    const Eui64 device =
        header.request_id ? header.request_id->target : header.response_id->originator;
    if (header.response_id && header.response_id->originator != device) {
      fields_.Fail(DeadReason::kDuisMismatch);
    }
    return device;
  }

  Event ReadResponseMessage(const Header& header, pugi::xml_node message) {
    details_.srv = fields_.RequireText(message, "ServiceReferenceVariant");
    const Eui64 device = DeviceOf(header);
    const pugi::xml_node outcome = fields_.Find(message, "FutureDatedDeviceAlertMessage");
    if (outcome) {
      ReadOutcome(device, outcome);
    }
    return OtherEvent{.kind = outcome ? OtherKind::kOutcome : OtherKind::kResponse,
                      .device = device,
                      .received = header.received};
  }

  // What became of one instruction of a request. The ids are those of the request, so that only
  // the device can be compared.
  void ReadOutcome(Eui64 device, pugi::xml_node outcome) {
    constexpr uint64_t kLargest = std::numeric_limits<uint16_t>::max();
    details_.message = "FutureDatedDeviceAlertMessage";
    details_.outcome_code = fields_.RequireText(outcome, "FutureDatedAlertCode");
    const AlertCode code = ReadDeviceCode(outcome, "FutureDatedAlertCode");
    fields_.RequireText(outcome, "InstructionNumber");
    fields_.RequireText(outcome, "TotalCommandInstructions");
    details_.instruction = fields_.FindUnsigned(outcome, "InstructionNumber", kLargest);
    details_.instructions = fields_.FindUnsigned(outcome, "TotalCommandInstructions", kLargest);
    const GbcsMessage gbcs = ReadGbcs(outcome, code, details_.outcome);
    if (!IsOutcome(code)) {
      fields_.Fail(DeadReason::kBadField);
    }
    if (gbcs.originator != device) {
      fields_.Fail(DeadReason::kDuisMismatch);
    }
  }

  DuisFields fields_;
  std::optional<TimeMs> envelope_time_;
  DuisDetails& details_;
};

// The element around all others. Nothing else can be there: the text has been checked.
pugi::xml_node RootOf(const pugi::xml_document& document) {
  for (const pugi::xml_node child : document.children()) {
    if (child.type() == pugi::node_element) {
      return child;
    }
  }
  return {};
}

}  // namespace

bool IsIdOf(const MessageId& id, const GbcsMessage& message) {
  return id.originator == message.originator &&
         (id.target == message.target || id.target == message.supplementary_party) &&
         (id.counter == message.counter || id.counter == message.supplementary_originator_counter);
}

DuisDocument ReadDuis(absl::string_view text, Arena& arena, std::optional<TimeMs> envelope_time) {
  DuisDocument read = {.event = DeadReason::kTooLong, .details = {}};
  if (text.size() > kMaxMessageBytes) {
    return read;
  }
  if (const std::optional<DeadReason> bad = CheckXml(text); bad) {
    read.event = *bad;
    return read;
  }
  // The parser works in place: what it gives views this copy.
  char* const copy = arena.Allocate(text.size());
  std::memcpy(copy, text.data(), text.size());
  constexpr unsigned kOptions = pugi::parse_cdata | pugi::parse_escapes | pugi::parse_eol |
                                pugi::parse_wconv_attribute | pugi::parse_ws_pcdata;
  pugi::xml_document document;
  if (!document.load_buffer_inplace(copy, text.size(), kOptions, pugi::encoding_utf8)) {
    read.event = DeadReason::kBadXml;
    return read;
  }
  read.event = DuisReader(arena, envelope_time, read.details).Read(RootOf(document));
  return read;
}

Event DecodeDuis(absl::string_view text, Arena& arena, std::optional<TimeMs> envelope_time) {
  return ReadDuis(text, arena, envelope_time).event;
}

}  // namespace weir
