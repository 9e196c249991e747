// What a record says, once decoded: the events that the engine understands.
//
// Views point into memory that whoever decoded the record keeps alive while the record is being
// processed; the engine copies what it keeps for longer.
//
// Layer: engine/alert (engine/base).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "absl/strings/string_view.h"

#include "engine/alert/alert_code.h"
#include "engine/alert/eui64.h"
#include "engine/base/units.h"

namespace weir {

// A device alert or a DCC alert, as one message to one recipient. `Bytes` is absl::string_view for
// an alert in flight and std::string for one that is kept.
template <typename Bytes>
struct BasicAlert {
  std::optional<Eui64> device;
  AlertCode code;
  std::optional<Eui64> recipient;
  std::optional<uint64_t> counter;    // the device's originator counter
  std::optional<TimeMs> received;     // when the log got it
  std::optional<TimeMs> device_time;  // what the device's own clock said
  Bytes payload;                      // the GBCS message, binary; empty if there is none
  // The whole message as it came, key and headers included, in a form that the sink understands;
  // opaque to the engine. Empty where results are written from the fields.
  Bytes original{};
};

using Alert = BasicAlert<absl::string_view>;
using KeptAlert = BasicAlert<std::string>;

// The payload can be decoded from the original: of the two, one is kept.
inline KeptAlert Keep(const Alert& alert) {
  return {.device = alert.device,
          .code = alert.code,
          .recipient = alert.recipient,
          .counter = alert.counter,
          .received = alert.received,
          .device_time = alert.device_time,
          .payload = std::string(alert.original.empty() ? alert.payload : absl::string_view()),
          .original = std::string(alert.original)};
}

inline Alert View(const KeptAlert& alert) {
  return {.device = alert.device,
          .code = alert.code,
          .recipient = alert.recipient,
          .counter = alert.counter,
          .received = alert.received,
          .device_time = alert.device_time,
          .payload = alert.payload,
          .original = alert.original};
}

// The kinds of record that are not alerts.
enum class OtherKind : uint8_t { kDevice, kRequest, kResponse, kOutcome };

// A record about inventory or service requests. It moves the stream time and is counted.
struct OtherEvent {
  OtherKind kind = OtherKind::kDevice;
  std::optional<Eui64> device;
  std::optional<TimeMs> received;
};

// Why a record could not be decoded or processed.
enum class DeadReason : uint8_t {
  kNotReadable,    // no format recognises it
  kBadJson,        // not one JSON object
  kBadUtf8,        // text that is not UTF-8
  kTooLong,        // longer than a message may be
  kTooDeep,        // nested deeper than a message may be
  kUnknownType,    // `type` names no kind of record
  kMissingField,   // a required field is not there
  kBadField,       // a field's type or value is not what it must be
  kNoTime,         // an alert that gives neither received nor device time
  kBadTime,        // a time before 1970 or not readable
  kBadCode,        // no alert code
  kBadPayload,     // base64 or hexadecimal that is none
  kBadEnvelope,    // a kcat line without what kcat prints
  kBadGbcs,        // no GBCS message, or one cut short
  kNotAnAlert,     // a GBCS message that is a command or a response
  kBlockTransfer,  // a GBCS message in blocks, which Weir does not put together
  kKeyMismatch,    // the record's key names another device than its content
  kBadXml,         // not one XML document
  kDoctype,        // an XML document with a document type declaration
  kDuisMismatch,   // a DUIS document whose header, code and payload contradict one another
  kDuisInJson,     // the body of a DUIS document in JSON
  kTooLarge,       // could not be forwarded: larger than the topic takes
  kCrashed,        // the process crashed each of three times it processed this record
};

// One word for a reason, as it stands in dead.letter and in metrics: `bad_json`.
absl::string_view DeadReasonName(DeadReason reason);

using Event = std::variant<Alert, OtherEvent, DeadReason>;

}  // namespace weir
