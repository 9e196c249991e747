// Teams for tests.
//
// Layer: tests.
#pragma once

#include "engine/base/team.h"

namespace weir {

// The caller alone.
inline Team& Alone() {
  static TeamOfOne team;
  return team;
}

}  // namespace weir
