// The id of a message in the DCC's interface: who sent it, to whom, and the sender's counter.
//
// Written `ORIGINATOR:TARGET:COUNTER`. A RequestID goes from a party to a device, a ResponseID from
// a device or from the DCC to a party.
//
// Source: DUIS 5.4, RequestIDType and ResponseIDType.
//
// Layer: connectors/formats (engine/alert).
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <system_error>

#include "absl/strings/string_view.h"

#include "engine/alert/eui64.h"
#include "engine/alert/event.h"

namespace weir {

struct MessageId {
  Eui64 originator;
  Eui64 target;
  uint64_t counter = 0;
};

// Nothing if `text` is anything else. The EUI-64s may be written in each way that ParseEui64 takes.
std::optional<MessageId> ParseMessageId(absl::string_view text);

// The request that a RequestID names.
constexpr RequestId RequestIdOf(const MessageId& id) {
  return {.party = id.originator, .device = id.target, .counter = id.counter};
}

// A decimal number of 64 bits without a sign; nothing if `text` is anything else. Inline: it is
// read in most alerts.
inline std::optional<uint64_t> ParseUnsigned(absl::string_view text) {
  uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const std::from_chars_result result = std::from_chars(text.data(), end, value);
  return result.ec == std::errc() && result.ptr == end ? std::make_optional(value) : std::nullopt;
}

}  // namespace weir
