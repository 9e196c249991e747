// A message as it stood in the log, in one piece: key, headers and value.
//
// What is forwarded is the original, untouched: the same key, the same headers in the same order,
// repeated ones included, and the same value, each null or empty as it was. An alert carries it as
// one blob, which is kept with the state while the alert may still be forwarded.
//
// The blob: one byte of flags (1: a key, 2: a value), the size of the key and the size of the
// headers (32 bits each, little-endian), the key, the headers, and the value up to the end. A
// header is the size of its name, the size of its value (0xFFFFFFFF: null), the name, the value.
//
// Promises: reading is total on any bytes, and what has been read may be walked without checks.
// Nothing is allocated but in the arena.
// Does not promise: a name of a header with a zero byte in it; librdkafka ends it there.
//
// Layer: connectors/kafka (connectors/formats).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"
#include <librdkafka/rdkafka.h>

#include "connectors/formats/arena.h"

namespace weir {

struct OriginalHeader {
  absl::string_view name;
  std::optional<absl::string_view> value;  // nothing: null
};

// Walks the headers of a message that has been read, first to last.
class OriginalHeaders {
 public:
  explicit OriginalHeaders(absl::string_view rest) : rest_(rest) {}

  // Nothing after the last one.
  std::optional<OriginalHeader> Next();

  // Whether Next() has given all there is: false if what is left is no header.
  bool done() const { return rest_.empty(); }

 private:
  absl::string_view rest_;
};

// How large a batch the topics take that originals go to, by what the message is.
struct OriginalLimits {
  size_t alert = 0;
  size_t request = 0;
  size_t response = 0;
};

// Views the blob.
struct OriginalMessage {
  std::optional<absl::string_view> key;    // nothing: null
  std::optional<absl::string_view> value;  // nothing: null
  absl::string_view header_bytes;

  OriginalHeaders headers() const { return OriginalHeaders(header_bytes); }
};

// Gives the blob, which lies in the arena, and where in it the value stands (empty if it is null).
// kJsonPadding zero bytes behind the value are readable.
absl::string_view LayDown(const rd_kafka_message_t& message, Arena& arena,
                          absl::string_view* value);

// Nothing if these bytes are no blob.
std::optional<OriginalMessage> ReadOriginal(absl::string_view blob);

}  // namespace weir
