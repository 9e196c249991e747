#include "engine/tune/measures.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace weir {

namespace {

struct MeasureFacts {
  absl::string_view name;
  Quantity quantity{};
  bool has_share = false;
};

// In the order of SweepMeasure.
constexpr std::array<MeasureFacts, kMeasures> kFacts = {{
    {"held_back", Quantity::kShare, true},
    {"passed", Quantity::kCount, true},
    {"copies", Quantity::kCount, true},
    {"consolidated", Quantity::kCount, true},
    {"unrepresented", Quantity::kCount, true},
    {"episodes", Quantity::kCount, false},
    {"devices", Quantity::kCount, true},
    {"recipients", Quantity::kCount, false},
    {"peak_after", Quantity::kCount, false},
    {"delay_median", Quantity::kDuration, false},
    {"delay_p99", Quantity::kDuration, false},
    {"delay_worst", Quantity::kDuration, false},
}};

const MeasureFacts& FactsOf(SweepMeasure measure) {
  return kFacts[static_cast<size_t>(measure)];
}

Delays AllDelays(const Tally& tally) {
  Delays all = tally.delays;
  all.Add(tally.due);
  return all;
}

// Of `known` waits, with `never` more behind them.
std::optional<DurationMs> Quantile(const Delays& known, uint64_t never, double share) {
  const uint64_t count = known.count() + never;
  if (count == 0) {
    return DurationMs{0};
  }
  const auto rank = static_cast<uint64_t>(std::ceil(share * static_cast<double>(count)));
  if (rank > known.count()) {
    return std::nullopt;
  }
  // Half a rank below, so that rounding does not take it above.
  const double below = std::max(static_cast<double>(rank), 1.0) - 0.5;
  return known.Quantile(below / static_cast<double>(known.count()));
}

double CountOf(SweepMeasure measure, const Tally& tally) {
  switch (measure) {
    case SweepMeasure::kHeldBack:
    case SweepMeasure::kConsolidated:
      return static_cast<double>(tally.consolidated);
    case SweepMeasure::kPassed:
      return static_cast<double>(tally.passed());
    case SweepMeasure::kCopies:
      return static_cast<double>(tally.copies);
    case SweepMeasure::kUnrepresented:
      return static_cast<double>(tally.unrepresented);
    case SweepMeasure::kEpisodes:
      return static_cast<double>(tally.started);
    case SweepMeasure::kDevices:
      return static_cast<double>(tally.devices);
    case SweepMeasure::kRecipients:
      return static_cast<double>(tally.recipients);
    case SweepMeasure::kPeakAfter:
      return static_cast<double>(tally.peak_after);
    case SweepMeasure::kDelayMedian:
    case SweepMeasure::kDelayP99:
    case SweepMeasure::kDelayWorst:
      break;
  }
  const double share = measure == SweepMeasure::kDelayMedian ? 0.5
                       : measure == SweepMeasure::kDelayP99  ? 0.99
                                                             : 1.0;
  const std::optional<DurationMs> wait = WaitOf(tally, share);
  return wait ? static_cast<double>(wait->value) : std::numeric_limits<double>::infinity();
}

}  // namespace

Waits WaitsOf(const Tally& tally) {
  const Delays all = AllDelays(tally);
  const uint64_t never = tally.never();
  return {.count = all.count() + never,
          .never = never,
          .median = Quantile(all, never, 0.5),
          .p95 = Quantile(all, never, 0.95),
          .p99 = Quantile(all, never, 0.99),
          .worst = Quantile(all, never, 1.0)};
}

std::optional<DurationMs> WaitOf(const Tally& tally, double share) {
  return Quantile(AllDelays(tally), tally.never(), share);
}

absl::string_view MeasureName(SweepMeasure measure) {
  return FactsOf(measure).name;
}

std::optional<SweepMeasure> ParseMeasure(absl::string_view name) {
  for (size_t i = 0; i < kMeasures; ++i) {
    if (kFacts[i].name == name) {
      return static_cast<SweepMeasure>(i);
    }
  }
  return std::nullopt;
}

Quantity QuantityOf(SweepMeasure measure) {
  return FactsOf(measure).quantity;
}

bool HasShare(SweepMeasure measure) {
  return FactsOf(measure).has_share;
}

double Reached(const Target& target, const Tally& tally, uint64_t devices) {
  const double count = CountOf(target.measure, tally);
  if (target.quantity != Quantity::kShare) {
    return count;
  }
  const uint64_t whole = target.measure == SweepMeasure::kDevices ? devices : tally.alerts;
  return whole == 0 ? 0 : count / static_cast<double>(whole);
}

bool Meets(const Target& target, double reached) {
  switch (target.comparison) {
    case Target::Comparison::kAtLeast:
      return reached >= target.value;
    case Target::Comparison::kAtMost:
      return reached <= target.value;
    case Target::Comparison::kMore:
      return reached > target.value;
    case Target::Comparison::kLess:
      return reached < target.value;
  }
  return false;
}

bool MeetsAll(const std::vector<Target>& targets, const Tally& tally, uint64_t devices) {
  return std::all_of(targets.begin(), targets.end(), [&](const Target& target) {
    return Meets(target, Reached(target, tally, devices));
  });
}

}  // namespace weir
