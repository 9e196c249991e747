#include "connectors/formats/duis.h"

#include <pugixml.hpp>

#include <cstring>
#include <limits>
#include <variant>

#include "connectors/formats/duis_alert.h"
#include "connectors/formats/duis_fields.h"
#include "connectors/formats/duis_records.h"
#include "connectors/formats/format.h"
#include "connectors/formats/gbcs.h"
#include "connectors/formats/request_report.h"
#include "connectors/formats/xml_check.h"
#include "engine/alert/alert_code.h"
#include "engine/alert/eui64.h"

namespace weir {

namespace {

struct Header {
  std::optional<MessageId> request_id;   // from a party to a device
  std::optional<MessageId> response_id;  // the other way, or from the DCC
  std::optional<TimeMs> received;
};

class DuisReader {
 public:
  DuisReader(Arena& arena, std::optional<TimeMs> envelope_time, DuisDetails& details)
      : arena_(arena), fields_(arena), envelope_time_(envelope_time), details_(details) {}

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
    const pugi::xml_node body = fields_.RequireOnly(fields_.Require(root, "Body"));
    auto* const request = arena_.Make<Request>();
    request->id = RequestIdOf(id.value_or(MessageId()));
    request->srv = CheckedSrv();
    ReadRequestBody(body, *request, fields_, arena_);
    return OtherEvent{.device = DeviceOfRequest(body, *request, fields_),
                      .received = envelope_time_,
                      .what = request};
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
    Alert alert = {.device = gbcs.originator,
                   .code = code,
                   .recipient = header.response_id ? header.response_id->target : gbcs.target,
                   .counter = header.response_id ? header.response_id->counter : gbcs.counter,
                   .received = header.received,
                   .device_time = gbcs.device_time,
                   .payload = bytes};
    AddRequestReport(alert, arena_);
    return alert;
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

  // The request that a response answers: its RequestID, or the ResponseID the other way round.
  RequestId RequestOf(const Header& header) {
    if (!header.request_id && !header.response_id) {
      fields_.Fail(DeadReason::kMissingField);
      return {};
    }
    const RequestId id = header.request_id ? RequestIdOf(*header.request_id)
                                           : RequestId{.party = header.response_id->target,
                                                       .device = header.response_id->originator,
                                                       .counter = header.response_id->counter};
    if (header.response_id && header.response_id->originator != id.device) {
      fields_.Fail(DeadReason::kDuisMismatch);
    }
    return id;
  }

  absl::string_view CheckedSrv() {
    if (details_.srv.size() > kLongestSrv) {
      fields_.Fail(DeadReason::kBadField);
    }
    return details_.srv;
  }

  Event ReadResponseMessage(const Header& header, pugi::xml_node message) {
    details_.srv = fields_.RequireText(message, "ServiceReferenceVariant");
    const RequestId id = RequestOf(header);
    if (const pugi::xml_node outcome = fields_.Find(message, "FutureDatedDeviceAlertMessage");
        outcome) {
      return OtherEvent{
          .device = id.device, .received = header.received, .what = ReadOutcome(id, outcome)};
    }
    OtherEvent inventory = {.device = {}, .received = header.received, .what = {}};
    if (ReadDuisInventory(message, fields_, arena_, inventory)) {
      details_.message = "DSPInventory";
      return inventory;
    }
    return OtherEvent{
        .device = id.device, .received = header.received, .what = ReadAnswer(id, message)};
  }

  const Response* ReadAnswer(const RequestId& id, pugi::xml_node message) {
    auto* const response = arena_.Make<Response>();
    response->id = id;
    response->srv = CheckedSrv();
    response->code = details_.response_code;
    if (response->code.size() > kLongestResponseCode) {
      fields_.Fail(DeadReason::kBadField);
    }
    response->payload = fields_.FindBytes(message, "GBCSPayload");
    return response;
  }

  // What became of one instruction of a request. The ids are those of the request, so that only
  // the device can be compared.
  const Outcome* ReadOutcome(const RequestId& id, pugi::xml_node element) {
    details_.message = "FutureDatedDeviceAlertMessage";
    details_.outcome_code = fields_.RequireText(element, "FutureDatedAlertCode");
    const AlertCode code = ReadDeviceCode(element, "FutureDatedAlertCode");
    auto* const outcome = arena_.Make<Outcome>();
    outcome->id = id;
    outcome->succeeded = code == kInstructionDone;
    outcome->srv = CheckedSrv();
    outcome->instruction = RequireNumber(element, "InstructionNumber");
    outcome->instructions = RequireNumber(element, "TotalCommandInstructions");
    details_.instruction = outcome->instruction;
    details_.instructions = outcome->instructions;
    const GbcsMessage gbcs = ReadGbcs(element, code, details_.outcome);
    outcome->report = ReadRequestReport(gbcs).value_or(RequestReport());
    if (!IsOutcomeCode(code)) {
      fields_.Fail(DeadReason::kBadField);
    }
    if (gbcs.originator != id.device) {
      fields_.Fail(DeadReason::kDuisMismatch);
    }
    return outcome;
  }

  std::optional<uint32_t> RequireNumber(pugi::xml_node element, absl::string_view name) {
    constexpr uint64_t kLargest = std::numeric_limits<uint16_t>::max();
    fields_.RequireText(element, name);
    const std::optional<uint64_t> number = fields_.FindUnsigned(element, name, kLargest);
    return number ? std::make_optional(static_cast<uint32_t>(*number)) : std::nullopt;
  }

  Arena& arena_;
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
