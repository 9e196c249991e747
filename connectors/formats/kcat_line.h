// Reads what kcat prints in one pass, as long as it is as kcat usually prints it: the fields in its
// order, without headers, and a payload with no other escapes than those that put a backslash
// before a character.
//
// Promises: what it reads, JsonParser reads alike.
// Does not promise: to read every envelope; it says so, and JsonParser decides.
//
// Threads: any.
//
// Layer: connectors/formats (engine/alert, engine/base).
#pragma once

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"

#include "connectors/formats/arena.h"
#include "connectors/formats/log_message.h"
#include "engine/alert/eui64.h"
#include "engine/base/swar.h"

namespace weir {

struct KcatLine {
  absl::string_view topic;  // views the line
  uint64_t partition = 0;
  uint64_t offset = 0;
  int64_t timestamp = kNoTimestamp;
  std::optional<Eui64> named;  // by the key
  absl::string_view value;     // in the arena, as a LogMessage wants it
};

// Whether a line begins like one; all others are left to others. Eight characters must be readable.
inline bool BeginsLikeKcat(const char* line) {
  return LoadWord(line) == WordOf("{\"topic\"");
}

// Whether `line` was such an envelope, which is in `read` then; `read` comes empty. kJsonPadding
// bytes behind the line must be readable.
bool ReadKcatLine(absl::string_view line, Arena& arena, KcatLine& read);

// The same in a way that each processor can.
bool ReadKcatLinePortably(absl::string_view line, Arena& arena, KcatLine& read);

}  // namespace weir
