// Reads DUIS documents: the XML in which the DCC hands alerts and responses to its users, and in
// which they make requests.
//
// A `Response` with a DeviceAlertMessage or a DCCAlertMessage is an alert, with a ResponseMessage a
// response or, around a FutureDatedDeviceAlertMessage, an outcome, or, around a DSPInventory of one
// device whose status it says, a partial record of that device; a `Request` is a request. Elements
// are found by the namespace's URI, whatever the prefix, and by their names; those that Weir does
// not use are ignored, and the schemaVersion may be any.
//
// The received time is, in this order, that of the envelope and ResponseDateTime; a request has
// only the envelope's. The device's time, and of a device alert whatever the header leaves out, are
// those of the GBCS message.
//
// Promises: any bytes give an event, in time that grows with the size of the text and no faster.
// An event other than a DeadReason is given only if the text is one well-formed document
// (connectors/formats/xml_check.h), no element that Weir uses stands in it twice or in another
// namespace, and header, code and GBCS message name the same alert.
// Does not promise: that the document is valid under a schema, or which of several faults is told,
// except that the length comes first, then the text, then the elements.
// Does not check ds:Signature, does not read the GBCS message of a response, and loads nothing.
// Errors: a DeadReason. Those of CheckXml and DecodeGbcs; kTooLong; kUnknownType for another root
// or message; kMissingField, kBadField, kBadTime, kBadCode, kBadPayload; kDuisMismatch.
//
// Source: DUIS 5.4, the schema.
//
// Layer: connectors/formats (engine/alert, engine/base).
#pragma once

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"

#include "connectors/formats/arena.h"
#include "connectors/formats/gbcs.h"
#include "connectors/formats/message_id.h"
#include "engine/alert/event.h"
#include "engine/base/units.h"

namespace weir {

// What a document says beyond its event; empty or absent if it does not say. Views the arena.
struct DuisDetails {
  absl::string_view message;  // the kind of it: `DeviceAlertMessage`, `DSPInventory`, `Request`
  absl::string_view schema_version;
  absl::string_view request_id;
  absl::string_view response_id;
  absl::string_view response_code;
  absl::string_view srv;        // ServiceReferenceVariant
  absl::string_view dcc_alert;  // the element that is the body of a DCC alert: `PowerOutageEvent`
  std::optional<uint64_t> throttled_alert_sequence_id;
  std::optional<uint64_t> throttled_alert_count;
  absl::string_view outcome_code;        // FutureDatedAlertCode
  std::optional<uint64_t> instruction;   // InstructionNumber
  std::optional<uint64_t> instructions;  // TotalCommandInstructions
  absl::string_view outcome;             // the GBCS message of an outcome
};

struct DuisDocument {
  Event event;
  DuisDetails details;  // as far as it was read, if the event is a DeadReason
};

// `envelope_time` is when the log got the record, where the log says so. The result views `arena`
// only.
DuisDocument ReadDuis(absl::string_view text, Arena& arena, std::optional<TimeMs> envelope_time);

// Whether the ResponseID of a device alert is that of this message: of the same device and,
// directly or by the supplementary fields of a message that went through the DCC, of the same
// recipient and counter.
bool IsIdOf(const MessageId& id, const GbcsMessage& message);

// The event alone.
Event DecodeDuis(absl::string_view text, Arena& arena, std::optional<TimeMs> envelope_time);

}  // namespace weir
