// Text for people.
//
// Layer: deploy/weir.
#pragma once

#include <cstdint>
#include <string>

namespace weir {

// `1,234,567`.
inline std::string WithThousands(uint64_t number) {
  std::string digits = std::to_string(number);
  for (size_t i = digits.size(); i > 3; i -= 3) {
    digits.insert(i - 3, 1, ',');
  }
  return digits;
}

}  // namespace weir
