// The address that a server listens on, as a configuration file writes it.
//
// Layer: connectors/config (engine/base).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace weir {

struct ListenAddress {
  std::string host;  // without brackets
  uint16_t port = 0;
};

// Reads `127.0.0.1:9464`, `[::1]:9464` or `localhost:9464`. Names are not looked up.
std::optional<ListenAddress> ParseListenAddress(absl::string_view text);

}  // namespace weir
