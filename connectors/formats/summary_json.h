// Writes a summary as JSON: `summary.json` of a replay.
//
// Layer: connectors/formats (engine/pipeline, engine/throttle).
#pragma once

#include <string>

#include "engine/pipeline/summary.h"

namespace weir {

// The results alone, the same for every run: read, dead, duplicates, other, alerts, forwarded,
// copies, consolidated, pending, unrepresented, episodes, and the same by code. Ends with a
// newline.
std::string SummaryJson(const Summary& summary);

}  // namespace weir
