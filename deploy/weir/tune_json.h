// What `weir tune` has found, as JSON: everything, for each setting and code.
//
// TUNE.md in deploy is the reference.
//
// Layer: deploy/weir.
#pragma once

#include <string>

#include "deploy/weir/tune_report.h"

namespace weir {

// One line. `policy` is the proposed policy file; empty if there is none.
std::string TuneJson(const TuneReport& report, const std::string& policy);

// The part of it that a report's page shows, as README.md in deploy/report has it.
std::string TuneReportJson(const TuneReport& report, const std::string& policy);

}  // namespace weir
