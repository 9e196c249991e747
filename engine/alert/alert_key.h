// What is counted: one code, raised by one device, to one recipient.
//
// The recipient belongs to the key, so that an alert sent to two parties is not counted twice and
// neither party loses its copies.
//
// Layer: engine/alert (engine/base).
#pragma once

#include <compare>
#include <utility>

#include "engine/alert/alert_code.h"
#include "engine/alert/eui64.h"

namespace weir {

struct AlertKey {
  Eui64 device;
  AlertCode code;
  Eui64 recipient;  // 0 where the alert names none

  friend constexpr auto operator<=>(const AlertKey&, const AlertKey&) = default;

  template <typename H>
  friend H AbslHashValue(H state, const AlertKey& key) {
    return H::combine(std::move(state), key.device, key.code, key.recipient);
  }
};

}  // namespace weir
