// Which of the settings of a sweep to take, and for which codes another one.
//
// A setting is on the front if no other passes on less without letting alerts wait longer, nor the
// other way round: load is what is passed on, and how long they wait the 99th percentile.
//
// Recommended is, with targets: of the settings that meet them, the one under which alerts wait
// least, then the one that passes on least, then that which throttles the fewest devices.
// Without: the one with the least Cost. Ties go to the higher threshold, then to the first.
//
// Then a code gets a setting of its own where that pays; see code_by_code.h.
//
// Layer: engine/tune (engine/alert, engine/base, engine/throttle).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/alert/alert_code.h"
#include "engine/base/units.h"
#include "engine/tune/measures.h"
#include "engine/tune/sweep_plan.h"
#include "engine/tune/sweep_result.h"
#include "engine/tune/tally.h"

namespace weir {

// What a setting or a choice comes to, by what is weighed.
struct Weighed {
  uint64_t load = 0;  // alerts passed on
  uint64_t held = 0;
  uint64_t devices = 0;
  double wait = 0;  // 99th percentile in milliseconds; infinite: for ever
};

Weighed Weigh(const Tally& tally);

// The square of the distance from what cannot be had, three shares of 0 to 1: of the most alerts
// that any setting holds back, those that this one lets through; of the most devices that any
// setting throttles, those that this one does; and how long alerts wait, where an hour is a half.
class Cost {
 public:
  explicit Cost(const std::vector<Weighed>& settings);

  double Of(const Weighed& weighed) const;

 private:
  uint64_t most_held_ = 0;
  uint64_t most_devices_ = 0;
};

struct SettingResult {
  Tally totals;
  Weighed weighed;
  double cost = 0;
  bool meets = true;  // all targets
  bool front = false;
};

struct TargetResult {
  size_t met_by = 0;  // settings
  double best = 0;    // that any setting reaches
  size_t best_setting = 0;
};

// A code with a setting of its own.
struct CodeChoice {
  AlertCode code;  // that is counted under
  size_t setting = 0;
  Tally before;  // the alerts of the code under the common setting
  Tally after;
};

struct Proposal {
  std::vector<SettingResult> settings;
  std::vector<TargetResult> targets;
  // Nothing: there are no alerts, or no setting meets the targets.
  std::optional<Choice> choice;
  std::vector<CodeChoice> codes;  // the exceptions of the choice
  Tally promised;                 // by the choice
  // Where no setting meets the targets: that which misses the fewest, then by the least in all.
  std::optional<size_t> nearest;
};

Proposal Propose(const SweepPlan& plan, const SweepResult& result,
                 const std::vector<Target>& targets);

// For each, whether it is on the front.
std::vector<bool> FrontOf(const std::vector<Weighed>& settings);

}  // namespace weir
