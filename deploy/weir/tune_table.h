// The settings of a sweep side by side, one a line.
//
// Layer: deploy/weir.
#pragma once

#include <string>

#include "deploy/weir/tune_report.h"

namespace weir {

// What all settings have in common is told above the table and has no column. Of many settings the
// best are shown, in the order of the grid.
void AppendSettings(const TuneReport& report, std::string& out);

}  // namespace weir
