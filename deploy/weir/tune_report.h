// All that `weir tune` has found, for those who tell it: as text, JSON, rows of CSV and a policy.
//
// Layer: deploy/weir (engine/tune).
#pragma once

#include <string>
#include <vector>

#include "engine/alert/alert_code.h"
#include "engine/tune/measures.h"
#include "engine/tune/proposal.h"
#include "engine/tune/sweep_plan.h"
#include "engine/tune/sweep_result.h"

namespace weir {

struct TuneReport {
  std::vector<std::string> captures;
  std::string base;  // path of the policy file; empty: the built-in defaults
  SweepPlan plan;    // whose base has the date and the note of its version
  std::vector<Target> targets;
  SweepResult result;
  Proposal proposal;
};

// `the built-in defaults`, or the file with the version.
std::string BaseName(const TuneReport& report);

// Several sentences, each a line: what a choice comes to over these captures.
std::vector<std::string> PromiseOf(const TuneReport& report, const Tally& tally);

// Why the common setting, in one sentence.
std::string WhyOf(const TuneReport& report);

// What to compare next, if the common setting is the last of its kind; empty if it is not.
std::string EdgeOf(const TuneReport& report);

// Why a code has a setting of its own.
std::string WhyOf(const CodeChoice& code);

// `10 in 1h, first_per_window for all codes; 8F3F: 3 in 10m, one_in: 100`. The choice is there.
std::string ChoiceName(const TuneReport& report);

// `5m`, `1.5h`: to two digits or so. Nothing: `never`.
std::string ShortWait(std::optional<DurationMs> wait);

// `12.3 %`.
std::string Percent(uint64_t part, uint64_t whole);

}  // namespace weir
