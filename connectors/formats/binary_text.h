// Bytes written as text: hexadecimal and base64, in both directions.
//
// Reading is strict and total: any text gives bytes or nothing, and one sequence of bytes has one
// base64 text apart from its padding. Line breaks and blanks inside the text are not skipped.
//
// Source: RFC 4648, sections 4 (base64, standard alphabet) and 8 (hexadecimal).
//
// Layer: connectors/formats (engine/base).
#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

#include "connectors/formats/arena.h"

namespace weir {

// Writes text.size() / 2 bytes at `out`. False, with `out` undefined, if `text` is not pairs of hex
// digits in either case.
bool DecodeHex(absl::string_view text, char* out);

// The bytes lie in the arena.
std::optional<absl::string_view> HexToBytes(absl::string_view text, Arena& arena);

// The bytes lie in the arena. Padding is complete or left out. Nothing if a character is outside
// the alphabet, or if bits that stand for no byte are set.
std::optional<absl::string_view> Base64ToBytes(absl::string_view text, Arena& arena);

// Upper case.
void AppendHex(absl::string_view bytes, std::string& out);

// Standard alphabet, padded.
void AppendBase64(absl::string_view bytes, std::string& out);

}  // namespace weir
