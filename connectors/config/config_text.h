// Reads a configuration file into memory, as text that nobody has looked at yet.
//
// Promises: reads no more than one byte beyond kMaxConfigBytes, so that parsers can tell a file
// that is too large from one that is not. A pipe is as good as a file.
// Errors: NotFound for a file that does not exist, InvalidArgument for one that cannot be read.
//
// Layer: connectors/config (engine/base).
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace weir {

constexpr size_t kMaxConfigBytes = size_t{1} << 20;

// `what` is what messages call the file: "policy file".
absl::StatusOr<std::string> ReadConfigText(const std::string& path, absl::string_view what);

// OK unless `text` is larger than kMaxConfigBytes.
absl::Status CheckConfigSize(absl::string_view text, absl::string_view file_name,
                             absl::string_view what);

}  // namespace weir
