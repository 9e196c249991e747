// EUI-64: the eight-byte identifier of a device or of a party.
//
// Written `90-B3-D5-1F-30-02-00-00`; read with or without dashes, in either case. It has no check
// digit and does not tell a device from a party.
//
// Layer: engine/alert (engine/base).
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace weir {

struct Eui64 {
  uint64_t value = 0;

  friend constexpr auto operator<=>(Eui64, Eui64) = default;

  template <typename H>
  friend H AbslHashValue(H state, Eui64 id) {
    return H::combine(std::move(state), id.value);
  }
};

// Length of the text that AppendEui64 writes.
constexpr size_t kEui64TextSize = 23;

// Nothing if `text` is not exactly eight hex pairs, all or none of them separated by dashes.
std::optional<Eui64> ParseEui64(absl::string_view text);

void AppendEui64(Eui64 id, std::string& out);

// Writes the text at `out` and returns its end. There is room for one character more, which is
// overwritten.
char* PutEui64(Eui64 id, char* out);

std::string FormatEui64(Eui64 id);

}  // namespace weir
