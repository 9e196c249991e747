// Reads the uncontrolled gas flow rate of a request 6.7, exactly: in whole ten-thousandths of a
// cubic metre an hour, without floating point.
//
// Promises: any text gives a rate or nothing, in one pass.
//
// Source: XML Schema part 2, the lexical space of decimal; DUIS 5.4, UncontrolledGasFlowRateDecimal
// and UncontrolledGasFlowRate (SECMP0023).
//
// Threads: any.
//
// Layer: connectors/formats (engine/alert).
#pragma once

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"

#include "connectors/formats/arena.h"
#include "engine/alert/event.h"

namespace weir {

// A decimal number: an optional sign, digits and a point with or without digits on either side of
// it, one digit at least. Its `value` is absent if it is not from 0 to 6.5535 or has more than four
// places behind the point, zeros at the end not counted. Nothing if `text` is no such number;
// blanks around it are the caller's matter. The rate views `text`.
std::optional<GasFlowRate> ParseGasFlowRate(absl::string_view text);

// The integer element before it, in ten-thousandths; its `value` is absent above 65535. The text,
// in the arena, has no zeros in front.
GasFlowRate GasFlowRateOf(uint64_t number, Arena& arena);

}  // namespace weir
