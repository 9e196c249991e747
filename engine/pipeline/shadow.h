// A candidate policy beside the one in force: what it would make of the same alerts. It decides
// about nothing.
//
// The candidate is one version, taken as if it had always been in force, whatever its date: it is
// to be seen before that. It counts the alerts of one partition from when the shadow began, all but
// duplicates. Its state is in memory alone: with a new owner, or another candidate, it begins anew.
//
// Promises: what the candidate makes of these alerts is what a replay of them under that version
// makes of them.
// Cost: a second counter table, and as many decisions again.
//
// Threads: one owner, that of the partition.
//
// Layer: engine/pipeline (engine/alert, engine/base, engine/throttle).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "absl/types/span.h"

#include "engine/alert/alert_code.h"
#include "engine/base/units.h"
#include "engine/throttle/ledger.h"
#include "engine/throttle/policy.h"
#include "engine/throttle/throttle.h"
#include "engine/throttle/timeline.h"

namespace weir {

// The same alerts under both policies. The duplicates of neither are told.
struct Comparison {
  CodeTotals live;
  CodeTotals candidate;

  Comparison& operator+=(const Comparison& other);
};

class Shadow {
 public:
  // `live` is the throttle of the partition, at `since`, with no batch open.
  Shadow(std::shared_ptr<const PolicyVersion> candidate, const Throttle& live,
         std::optional<TimeMs> since);

  const std::shared_ptr<const PolicyVersion>& candidate() const { return candidate_; }

  // The stream time at which it began; nothing if there has been none yet.
  std::optional<TimeMs> since() const { return since_; }

  // After a round of the partition, with what was decided in it.
  void Follow(absl::Span<const Arrival> arrivals, const Timeline& timeline,
              absl::Span<const Verdict> verdicts);

  // With those of the partition, if the batch had a round.
  void Accept(TimeMs now) { throttle_.Accept(now); }

  void Rollback() { throttle_.Rollback(); }

  // Adds what there is of each code since the shadow began. `live` is the throttle it began with.
  void AddTo(const Throttle& live, std::map<AlertCode, Comparison>& codes) const;

  // The same of all codes together.
  Comparison Sum(const Throttle& live) const;

 private:
  std::shared_ptr<const PolicyVersion> candidate_;
  std::optional<TimeMs> since_;
  std::vector<CodeTotals> live_before_;  // by AlertCode::index(), when the shadow began
  PolicySchedule schedule_;
  Throttle throttle_;
  std::vector<Arrival> arrivals_;
  std::vector<Verdict> verdicts_;
  std::vector<LedgerEntry> ledger_;
};

}  // namespace weir
