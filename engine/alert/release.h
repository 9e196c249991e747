// When the November 2019 SEC release took effect, whose rules Weir applies.
//
// Source: November 2019 SEC Release Implementation Document.
//
// Layer: engine/alert (engine/base).
#pragma once

#include "engine/base/units.h"

namespace weir {

constexpr TimeMs kReleaseDate{1574985600000};  // 2019-11-29T00:00:00Z

}  // namespace weir
