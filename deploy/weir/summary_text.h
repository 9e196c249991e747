// The summary of a replay for people: totals, what stormed most, what was held back.
//
// Layer: deploy/weir (engine/pipeline).
#pragma once

#include <string>

#include "engine/pipeline/summary.h"

namespace weir {

// Several lines, the last one ended.
std::string SummaryText(const Summary& summary);

}  // namespace weir
