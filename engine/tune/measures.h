// Measures that settings are compared by, and targets for them.
//
// Layer: engine/tune (engine/base).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

#include "engine/base/units.h"
#include "engine/tune/tally.h"

namespace weir {

// How long alerts that were held back wait for the copy that stands for them. Those pending at the
// end wait for the last word as if no alert came any more; nothing: for ever, as without a last
// word.
struct Waits {
  uint64_t count = 0;  // of all
  uint64_t never = 0;  // wait for ever
  std::optional<DurationMs> median;
  std::optional<DurationMs> p95;
  std::optional<DurationMs> p99;
  std::optional<DurationMs> worst;
};

Waits WaitsOf(const Tally& tally);

// What `share` of the waits, above 0 and up to 1, do not exceed, as Delays::Quantile has it. Zero
// if nothing was held back.
std::optional<DurationMs> WaitOf(const Tally& tally, double share);

enum class SweepMeasure : uint8_t {
  kHeldBack,      // share of all alerts
  kPassed,        // alerts passed on, copies included
  kCopies,        //
  kConsolidated,  // alerts held back
  kUnrepresented,
  kEpisodes,    // started
  kDevices,     // throttled
  kRecipients,  // that got copies in place of alerts
  kPeakAfter,   // alerts passed on in the busiest minute
  kDelayMedian,
  kDelayP99,
  kDelayWorst,
};
constexpr size_t kMeasures = 12;

absl::string_view MeasureName(SweepMeasure measure);

std::optional<SweepMeasure> ParseMeasure(absl::string_view name);

// What a number of the measure is.
enum class Quantity : uint8_t { kShare, kCount, kDuration };

// As it is by itself.
Quantity QuantityOf(SweepMeasure measure);

// Whether a count can also be given as a share: of all alerts, or of the devices that sent one.
bool HasShare(SweepMeasure measure);

struct Target {
  enum class Comparison : uint8_t { kAtLeast, kAtMost, kMore, kLess };

  SweepMeasure measure = SweepMeasure::kHeldBack;
  Comparison comparison = Comparison::kAtLeast;
  Quantity quantity = Quantity::kShare;
  double value = 0;    // durations in milliseconds
  std::string text{};  // as it was given
};

// What a target compares: a share, a count or milliseconds; infinite for a wait without end.
// `devices` have sent an alert.
double Reached(const Target& target, const Tally& tally, uint64_t devices);

bool Meets(const Target& target, double reached);

bool MeetsAll(const std::vector<Target>& targets, const Tally& tally, uint64_t devices);

}  // namespace weir
