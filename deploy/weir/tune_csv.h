// What `weir tune` has found, as CSV: a row for each setting and code, for all codes together,
// and for each pair of codes that clear each other.
//
// Layer: deploy/weir.
#pragma once

#include <string>

#include "deploy/weir/tune_report.h"

namespace weir {

// A head, and lines that end with a line feed. No field needs quotes.
std::string TuneCsv(const TuneReport& report);

}  // namespace weir
