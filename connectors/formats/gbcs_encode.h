// Writes GBCS device alerts, for synthetic traffic and for tests.
//
// Gives the bytes that DecodeGbcs reads back to the same fields, in the sizes and the layout of a
// real alert. The same fields always give the same bytes.
//
// Does not sign: the signature or MAC is a filler of the right size derived from the fields, and
// no receiver that verifies would take it.
//
// Source: as connectors/formats/gbcs.h.
//
// Layer: connectors/formats (engine/alert, engine/base).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

#include "connectors/formats/gbcs.h"
#include "engine/alert/alert_code.h"
#include "engine/alert/eui64.h"
#include "engine/base/units.h"

namespace weir {

// The most bytes that body and certificate may have together, so that every length takes at most
// two bytes.
constexpr size_t kMaxGbcsContent = 65000;

struct GbcsFields {
  bool mac = false;
  uint64_t counter = 0;
  Eui64 originator;
  Eui64 target;
  uint16_t message_code = 0x1000;
  std::optional<TimeMs> header_time;  // the date-time of the grouping header

  // Each needs the one before it; a certificate needs the first two and excludes the third.
  std::optional<Eui64> supplementary_party;
  std::optional<uint64_t> supplementary_party_counter;
  std::optional<uint64_t> supplementary_originator_counter;
  absl::string_view certificate;  // empty, or more than eight bytes

  GbcsEncoding encoding = GbcsEncoding::kDlms;
  AlertCode code;                     // of a device
  std::optional<TimeMs> device_time;  // cut to what the encoding can say; absent: left open
  uint8_t elements = 0;               // how many elements (DLMS) or components (GBZ) `body` has
  absl::string_view body;
};

// Times lie within 1970..9999. One outside what GBZ can say (2000 to early 2136) is left open.
void AppendGbcs(const GbcsFields& fields, std::string& out);
std::string EncodeGbcs(const GbcsFields& fields);

}  // namespace weir
