// What `weir tune` has found, for people: the settings side by side, what storms, and what to do.
//
// Layer: deploy/weir.
#pragma once

#include <string>

#include "deploy/weir/tune_report.h"

namespace weir {

// Several lines, the last one ended. `written` is where the proposed policy was written to; empty
// if it was not.
std::string TuneText(const TuneReport& report, const std::string& written);

}  // namespace weir
