// Checks of option values that several commands share.
//
// Layer: deploy/weir.
#pragma once

#include <string>

namespace weir {

// An empty name is that of a variable which nobody has set.
inline std::string CheckNotEmpty(const std::string& name) {
  return name.empty() ? "the name is empty: give one, or leave the option out" : "";
}

}  // namespace weir
