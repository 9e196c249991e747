// Writes a summary as JSON: `summary.json` of a replay.
//
// Layer: connectors/formats (engine/pipeline, engine/throttle).
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

#include "engine/pipeline/summary.h"

namespace weir {

// Figures of records that are not alerts, with their names: an object of the summary.
struct FigureGroup {
  absl::string_view name;
  std::vector<std::pair<absl::string_view, uint64_t>> figures;
};

// In the order in which they are written.
std::vector<FigureGroup> FiguresOf(const RegistryTotals& totals);

// The results alone, the same for every run: read, dead, duplicates, other, the groups of
// FiguresOf, alerts, forwarded, copies, consolidated, pending, unrepresented, episodes, and those
// of alerts by code. Ends with a newline.
std::string SummaryJson(const Summary& summary);

}  // namespace weir
