// What a configuration says of the system, in a few lines for people.
//
// Layer: deploy/weir.
#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

#include "connectors/config/system_file.h"

namespace weir {

// `1 party`, `2 parties`.
std::string Counted(uint64_t n, absl::string_view one, absl::string_view more);

// The parties, the policy that is named, how notices are written, the rules, the triggers that are
// on and how long devices may stay pending. Each line is indented and ends with a line feed, but
// for the last.
std::string SystemText(const SystemConfig& config);

}  // namespace weir
