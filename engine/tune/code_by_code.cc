#include "engine/tune/code_by_code.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include "engine/tune/proposal.h"

namespace weir {

namespace {

// What belongs to a key is told by one of the codes alone.
void AddTo(Tally& sum, const Tally& tally) {
  sum.alerts += tally.alerts;
  sum.forwarded += tally.forwarded;
  sum.copies += tally.copies;
  sum.consolidated += tally.consolidated;
  sum.pending += tally.pending;
  sum.unrepresented += tally.unrepresented;
  sum.started += tally.started;
  sum.ended += tally.ended;
  sum.devices += tally.devices;
  sum.recipients += tally.recipients;
  sum.excluded_storms += tally.excluded_storms;
  sum.delays.Add(tally.delays);
  sum.due.Add(tally.due);
}

uint64_t GainOf(const std::vector<Tally>& tallies) {
  const auto [least, most] = std::minmax_element(
      tallies.begin(), tallies.end(),
      [](const Tally& a, const Tally& b) { return a.consolidated < b.consolidated; });
  return most->consolidated - least->consolidated;
}

// Less, and at most this share of what it was.
bool IsClearlyLess(double after, double before, double share) {
  return after < before && after <= share * before;
}

}  // namespace

CodeByCode::CodeByCode(const SweepPlan& plan, const SweepResult& result,
                       const std::vector<Target>& targets, const Cost& cost)
    : result_(result), targets_(targets), cost_(cost) {
  const PolicyVersion version(plan.base);
  for (const AlertCode code : result.Codes()) {
    const AlertCode counted_as = version.counted_as(code);
    if (!IsSwept(plan, counted_as)) {
      continue;
    }
    std::vector<Tally>& tallies = tallies_[counted_as];
    tallies.resize(plan.settings.size());
    for (size_t i = 0; i < tallies.size(); ++i) {
      AddTo(tallies[i], result.Of(code, i));
    }
  }
  std::vector<std::pair<uint64_t, AlertCode>> gains;
  for (const auto& [code, tallies] : tallies_) {
    if (tallies.back().alerts > 0) {
      gains.emplace_back(GainOf(tallies), code);
    }
  }
  std::stable_sort(gains.begin(), gains.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  gains.resize(std::min(gains.size(), kCodes));
  for (const auto& [gain, code] : gains) {
    candidates_[code] = CandidatesFor(code);
  }
}

// Settings that no other beats for this code in what is passed on, how long alerts wait and how
// many devices are throttled. Of settings that come to the same, the first.
std::vector<size_t> CodeByCode::CandidatesFor(AlertCode code) const {
  std::vector<Weighed> weighed;
  for (const Tally& tally : tallies_.at(code)) {
    weighed.push_back(Weigh(tally));
  }
  const auto beats = [&](size_t i, size_t j) {
    const Weighed& a = weighed[i];
    const Weighed& b = weighed[j];
    const bool is_same = a.load == b.load && a.wait == b.wait && a.devices == b.devices;
    return is_same ? i < j : a.load <= b.load && a.wait <= b.wait && a.devices <= b.devices;
  };
  std::vector<size_t> candidates;
  for (size_t i = 0; i < weighed.size(); ++i) {
    bool is_beaten = false;
    for (size_t j = 0; j < weighed.size() && !is_beaten; ++j) {
      is_beaten = beats(j, i);
    }
    if (!is_beaten) {
      candidates.push_back(i);
    }
  }
  return candidates;
}

bool CodeByCode::Pays(const Choice& from, const Choice& to) const {
  return Pays(Step{from, result_.Of(from)}, Step{to, result_.Of(to)});
}

bool CodeByCode::Pays(const Step& from, const Step& to) const {
  const Weighed before = Weigh(from.totals);
  const Weighed after = Weigh(to.totals);
  if (targets_.empty()) {
    return IsClearlyLess(cost_.Of(after), cost_.Of(before), 0.9);
  }
  const bool is_sooner = IsClearlyLess(after.wait, before.wait, 0.9);
  const bool is_less =
      after.wait <= before.wait &&
      IsClearlyLess(static_cast<double>(after.load), static_cast<double>(before.load), 0.99);
  return (is_sooner || is_less) && MeetsAll(targets_, to.totals, result_.devices_seen());
}

bool CodeByCode::IsBetter(const Step& a, const Step& b) const {
  const auto order = [&](const Step& step) {
    const Weighed weighed = Weigh(step.totals);
    return std::make_tuple(targets_.empty() ? cost_.Of(weighed) : weighed.wait, weighed.load,
                           weighed.devices);
  };
  return order(a) < order(b);
}

// Takes the best exception more that pays; false if none does.
bool CodeByCode::Advance(Step& step) const {
  std::optional<Step> best;
  for (const auto& [code, candidates] : candidates_) {
    const size_t present = step.choice.Of(code);
    for (const size_t setting : candidates) {
      if (setting == present) {
        continue;
      }
      Step next{step.choice, {}};
      next.choice.codes.erase(code);
      if (setting != step.choice.setting) {
        next.choice.codes[code] = setting;
      }
      next.totals = result_.Of(next.choice);
      if (Pays(step, next) && (!best || IsBetter(next, *best))) {
        best = std::move(next);
      }
    }
  }
  if (!best) {
    return false;
  }
  step = *std::move(best);
  return true;
}

// One that has become needless by those taken later.
void CodeByCode::DropNeedless(Choice& choice) const {
  for (auto exception = choice.codes.begin(); exception != choice.codes.end();) {
    Choice without = choice;
    without.codes.erase(exception->first);
    if (Pays(without, choice) || !MeetsAll(targets_, result_.Of(without), result_.devices_seen())) {
      ++exception;
    } else {
      choice = without;
      exception = choice.codes.begin();
    }
  }
}

Choice CodeByCode::Improve(Choice common) const {
  Step step{std::move(common), {}};
  step.totals = result_.Of(step.choice);
  for (size_t i = 0; i < kMost && Advance(step); ++i) {
  }
  DropNeedless(step.choice);
  return step.choice;
}

}  // namespace weir
