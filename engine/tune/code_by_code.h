// Settings of their own for single codes, where that pays.
//
// It pays, with targets, if all stay met and the 99th percentile of the waits falls by a tenth at
// least, or at no longer waits what is passed on falls by 1 % at least; without, if the cost falls
// by a tenth at least.
//
// Looked at are, of the codes that settings make most of a difference for, those settings that no
// other beats for the code.
//
// Promises: the exceptions are few, at most kMost, and none is needless: with it taken away, either
// a target would be missed or it would pay to take it again.
//
// Layer: engine/tune (engine/alert, engine/base, engine/throttle).
#pragma once

#include <cstddef>
#include <map>
#include <vector>

#include "engine/alert/alert_code.h"
#include "engine/tune/measures.h"
#include "engine/tune/sweep_plan.h"
#include "engine/tune/sweep_result.h"
#include "engine/tune/tally.h"

namespace weir {

class Cost;
struct Weighed;

class CodeByCode {
 public:
  static constexpr size_t kMost = 8;

  // All but the plan outlive it.
  CodeByCode(const SweepPlan& plan, const SweepResult& result, const std::vector<Target>& targets,
             const Cost& cost);

  // `common`, which meets the targets, with the exceptions that pay.
  Choice Improve(Choice common) const;

  // The alerts counted under a code.
  const Tally& Of(AlertCode code, size_t setting) const { return tallies_.at(code)[setting]; }

  // Whether going from one choice to the other pays.
  bool Pays(const Choice& from, const Choice& to) const;

 private:
  static constexpr size_t kCodes = 12;  // that are looked at: those with most to gain

  // A choice and what it comes to.
  struct Step {
    Choice choice;
    Tally totals;
  };

  bool Pays(const Step& from, const Step& to) const;
  bool IsBetter(const Step& a, const Step& b) const;
  std::vector<size_t> CandidatesFor(AlertCode code) const;
  bool Advance(Step& step) const;
  void DropNeedless(Choice& choice) const;

  const SweepResult& result_;
  const std::vector<Target>& targets_;
  const Cost& cost_;
  std::map<AlertCode, std::vector<Tally>> tallies_;      // by the code counted under, by setting
  std::map<AlertCode, std::vector<size_t>> candidates_;  // of the codes looked at
};

}  // namespace weir
