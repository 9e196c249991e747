// The formats of a record, and what decoding one gives.
//
// Decoding is total: any bytes give an event, and what cannot be decoded gives a DeadReason.
//
// Layer: connectors/formats (engine/alert, engine/base).
#pragma once

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"

#include "engine/alert/event.h"

namespace weir {

enum class Format : uint8_t {
  kJson,  // one object a line
  kKcat,  // what `kcat -J` prints; the payload is any other format
  kGbcs,  // binary; in a file hexadecimal or base64 a line, optionally `received<TAB>message`
  kDuis,  // XML; in a file one document a line
};

// The name that `--format` takes: `json`, `kcat`, `gbcs`, `duis`.
absl::string_view FormatName(Format format);
std::optional<Format> ParseFormat(absl::string_view name);

// The largest message that Weir decodes; a longer one is a dead letter.
constexpr size_t kMaxMessageBytes = size_t{1} << 20;

// The same for an object in JSON: whatever alert has been read, what Weir writes of it, the payload
// in base64 included, is shorter.
constexpr size_t kMaxJsonBytes = 2 * kMaxMessageBytes;

// How long a service reference variant and a response code may be.
constexpr size_t kLongestSrv = 16;
constexpr size_t kLongestResponseCode = 16;

// What the envelope of a record says; the defaults where there is none.
struct Envelope {
  bool present = false;     // whether the record had one
  absl::string_view topic;  // views the arena
  int32_t partition = 0;
  int64_t offset = 0;
};

struct Decoded {
  Envelope envelope;
  Event event;
};

}  // namespace weir
