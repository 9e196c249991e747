// What a record says, once decoded: the events that the engine understands.
//
// Views point into memory that whoever decoded the record keeps alive while the record is being
// processed; the engine copies what it keeps for longer.
//
// Layer: engine/alert (engine/base).
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

#include "engine/alert/alert_code.h"
#include "engine/alert/eui64.h"
#include "engine/alert/role.h"
#include "engine/base/units.h"

namespace weir {

// The alerts with which a device says what became of an instruction that it was given for later.
//
// Source: GBCS use cases 0x00CC and 0x00CD.
constexpr AlertCode kInstructionDone = *AlertCode::FromDevice(0x8F66);
constexpr AlertCode kInstructionFailed = *AlertCode::FromDevice(0x8F67);

constexpr AlertCode OutcomeCode(bool succeeded) {
  return succeeded ? kInstructionDone : kInstructionFailed;
}

constexpr bool IsOutcomeCode(AlertCode code) {
  return code == kInstructionDone || code == kInstructionFailed;
}

// What such an alert says.
struct RequestReport {
  uint16_t message_code = 0;      // of the request's command
  uint64_t counter = 0;           // of the request
  absl::string_view instruction;  // what was to be changed, which tells instructions apart
};

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

  // What an alert about a future-dated instruction says; null for any other, and for one whose
  // payload does not say. Not kept.
  const RequestReport* report = nullptr;
};

using Alert = BasicAlert<absl::string_view>;
using KeptAlert = BasicAlert<std::string>;

// Into the memory that the text before has left.
inline void Replace(std::string& text, absl::string_view by) {
  if (by.empty()) {
    text.clear();
  } else {
    text.assign(by.data(), by.size());
  }
}

// Makes `kept` the alert. The payload can be decoded from the original: of the two, one is kept.
inline void Keep(const Alert& alert, KeptAlert& kept) {
  kept.device = alert.device;
  kept.code = alert.code;
  kept.recipient = alert.recipient;
  kept.counter = alert.counter;
  kept.received = alert.received;
  kept.device_time = alert.device_time;
  Replace(kept.payload, alert.original.empty() ? alert.payload : absl::string_view());
  Replace(kept.original, alert.original);
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

// ---- Records that are not alerts

// Which request a message is about: `PARTY:DEVICE:COUNTER`. The device is the one that the request
// was sent to, which may be the DCC itself.
struct RequestId {
  Eui64 party;
  Eui64 device;
  uint64_t counter = 0;

  friend auto operator<=>(const RequestId&, const RequestId&) = default;
};

// Source: DUIS 5.4, DeviceType and DeviceStatus.
enum class DeviceType : uint8_t { kEsme, kGsme, kGpf, kChf, kHcalcs, kPpmid, kIhd, kCad };
enum class DeviceStatus : uint8_t {
  kPending,
  kWhitelisted,
  kInstalledNotCommissioned,
  kCommissioned,
  kDecommissioned,
  kWithdrawn,
  kSuspended,
  kRecovery,
  kRecovered,
};

// As the schema writes them; nothing if `text` is none.
absl::string_view DeviceTypeName(DeviceType type);
absl::string_view DeviceStatusName(DeviceStatus status);
std::optional<DeviceType> ParseDeviceType(absl::string_view text);
std::optional<DeviceStatus> ParseDeviceStatus(absl::string_view text);

// What the inventory is told of a device.
struct DeviceRecord {
  // How many MPxNs a device may have, and how long each text may be.
  static constexpr size_t kMostMpxns = 8;
  static constexpr size_t kLongestMpxn = 13;
  static constexpr size_t kLongestText = 32;  // of gbcs_version and variant

  DeviceType type = DeviceType::kEsme;
  DeviceStatus status = DeviceStatus::kPending;
  std::optional<TimeMs> status_since{};
  std::optional<TimeMs> added{};
  std::optional<Eui64> added_by{};
  absl::Span<const absl::string_view> mpxns{};
  std::optional<Eui64> network_operator{};
  std::optional<Eui64> supplier{};
  std::optional<Eui64> supplier_agent{};
  absl::string_view gbcs_version{};
  absl::string_view variant{};
  bool removed = false;     // the device leaves the inventory; nothing else counts
  bool is_partial = false;  // what it leaves out stays as it was known
};

// The uncontrolled gas flow rate that a request 6.7 sets, in ten-thousandths of a cubic metre an
// hour.
//
// Source: DUIS 5.4, UncontrolledGasFlowRateDecimal (SECMP0023) and UncontrolledGasFlowRate.
struct GasFlowRate {
  absl::string_view text;         // as the request writes it
  bool is_decimal = false;        // the decimal element, and not the integer before it
  std::optional<uint16_t> value;  // nothing: outside 0.0000 to 6.5535, or of more than four places
};

struct Request {
  RequestId id;
  absl::string_view srv;
  std::optional<Role> role{};       // as the request says; the parties known come first
  std::optional<Eui64> supplier{};  // on whose behalf it is made
  std::optional<TimeMs> execute_at{};
  std::optional<uint32_t> instructions{};
  std::optional<GasFlowRate> gas_flow_rate{};
};

struct Response {
  static constexpr absl::string_view kDone = "I0";

  RequestId id;
  absl::string_view srv;
  absl::string_view code;
  absl::string_view payload{};  // the GBCS message, binary; empty if there is none
};

// What became of one instruction of a future-dated request.
struct Outcome {
  RequestId id;
  bool succeeded = false;
  absl::string_view srv{};                 // empty if it does not say
  std::optional<uint32_t> instruction{};   // its number
  std::optional<uint32_t> instructions{};  // how many the request has
  RequestReport report{};                  // message_code 0: it does not say
};

// A record about inventory or service requests. It moves the stream time and is counted.
struct OtherEvent {
  std::optional<Eui64> device;  // that the record is about
  std::optional<TimeMs> received;
  // Points into memory of whoever decoded the record; not null.
  std::variant<const DeviceRecord*, const Request*, const Response*, const Outcome*> what;
  absl::string_view original{};  // as that of an alert
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
