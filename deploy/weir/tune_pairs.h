// Pairs of codes that clear each other, counted apart and together, as `weir tune` tells of them.
//
// Layer: deploy/weir.
#pragma once

#include <string>

#include "deploy/weir/tune_report.h"
#include "engine/alert/alert_code.h"

namespace weir {

// `8020 808D`.
std::string PairName(AlertCode lower);

// A table of the pairs whose receivers are wrong at some time under `choice`, most often first;
// nothing if there are none. Behind an empty line.
void AppendPairs(const TuneReport& report, const Choice& choice, std::string& out);

}  // namespace weir
