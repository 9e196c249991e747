// A GBCS device alert on the wire: the bytes that a meter or a communications hub signed or MACed.
//
// Decoding is total: it never reads outside the bytes, never throws and never allocates, and every
// length in the message must agree with the message's size. What is decoded is the envelope, the
// alert code, the device's time and where the use-case body starts; a use case that is not known
// passes like any other. Views are into the bytes given.
//
// Does not verify signatures or MACs, does not decrypt, does not put General Block Transfer
// together, and does not look into the body: its elements are neither counted nor checked.
//
// Source: GBCS, the message structure (general-signing and general-ciphering APDUs of the DLMS
// Green Book), the alert payloads in DLMS COSEM, GBZ and ASN.1 DER, and the message codes. The
// layout agrees with 95 stored alerts of real and test devices.
//
// Layer: connectors/formats (engine/alert, engine/base).
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "absl/strings/string_view.h"

#include "engine/alert/alert_code.h"
#include "engine/alert/eui64.h"
#include "engine/alert/event.h"
#include "engine/base/units.h"

namespace weir {

// How the payload is written.
enum class GbcsEncoding : uint8_t { kDlms, kGbz, kAsn1 };

// `DLMS`, `GBZ`, `ASN1`.
absl::string_view GbcsEncodingName(GbcsEncoding encoding);

// The first byte of a message.
constexpr char kGeneralSigning = '\xDF';
constexpr char kGeneralCiphering = '\xDD';

// The command/response/alert flag.
constexpr uint8_t kCraCommand = 1;
constexpr uint8_t kCraResponse = 2;
constexpr uint8_t kCraAlert = 3;

struct GbcsMessage {
  bool mac = false;         // general-ciphering with a MAC; else general-signing, signed
  uint8_t cra = kCraAlert;  // always an alert; the rest is not decoded
  GbcsEncoding encoding = GbcsEncoding::kDlms;
  uint16_t message_code = 0;  // the use case
  uint64_t counter = 0;       // the originator's
  Eui64 originator;           // the device
  Eui64 target;               // the remote party
  std::optional<Eui64> supplementary_party;
  std::optional<uint64_t> supplementary_party_counter;
  std::optional<uint64_t> supplementary_originator_counter;
  AlertCode code;
  std::optional<TimeMs> device_time;  // absent if the device left it open or it is no time
  absl::string_view payload;          // code, time and body in their encoding
  absl::string_view body;             // the part of the payload after code and time
};

// Gives a DeadReason for what is no alert: kBadGbcs, kNotAnAlert, kBlockTransfer or kBadCode.
std::variant<GbcsMessage, DeadReason> DecodeGbcs(absl::string_view bytes);

// The alert that the message is, with the whole message as its payload; or a DeadReason as above,
// or kNoTime if `received` is absent and the device gave no time.
Event GbcsToEvent(absl::string_view bytes, std::optional<TimeMs> received);

// The same, and leaves the message of an alert in `message`, which comes empty.
Event GbcsToEvent(absl::string_view bytes, std::optional<TimeMs> received, GbcsMessage& message);

// A short name for the use case of an alert: `supply outage restored`. Empty if it is not known.
absl::string_view MessageCodeName(uint16_t message_code);

}  // namespace weir
