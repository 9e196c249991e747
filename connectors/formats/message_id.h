// The id of a message in the DCC's interface: who sent it, to whom, and the sender's counter.
//
// Written `ORIGINATOR:TARGET:COUNTER`. A RequestID goes from a party to a device, a ResponseID from
// a device or from the DCC to a party.
//
// Source: DUIS 5.4, RequestIDType and ResponseIDType.
//
// Layer: connectors/formats (engine/alert).
#pragma once

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"

#include "engine/alert/eui64.h"

namespace weir {

struct MessageId {
  Eui64 originator;
  Eui64 target;
  uint64_t counter = 0;
};

// Nothing if `text` is anything else. The EUI-64s may be written in each way that ParseEui64 takes.
std::optional<MessageId> ParseMessageId(absl::string_view text);

// A decimal number of 64 bits without a sign; nothing if `text` is anything else.
std::optional<uint64_t> ParseUnsigned(absl::string_view text);

}  // namespace weir
