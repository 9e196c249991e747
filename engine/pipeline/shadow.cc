#include "engine/pipeline/shadow.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace weir {

namespace {

// Duplicates have been taken out already.
PolicySchedule Always(const PolicyVersion& version) {
  return {.versions = {version.WithoutDate()}, .duplicate_window = {}};
}

// What came between; `open` and `pending` are how things stand.
CodeTotals Since(const CodeTotals& before, const CodeTotals& now) {
  return {.alerts = now.alerts - before.alerts,
          .forwarded = now.forwarded - before.forwarded,
          .copies = now.copies - before.copies,
          .unrepresented = now.unrepresented - before.unrepresented,
          .started = now.started - before.started,
          .ended = now.ended - before.ended,
          .pending = now.pending,
          .open = now.open};
}

}  // namespace

Comparison& Comparison::operator+=(const Comparison& other) {
  live += other.live;
  candidate += other.candidate;
  return *this;
}

Shadow::Shadow(std::shared_ptr<const PolicyVersion> candidate, const Throttle& live,
               std::optional<TimeMs> since)
    : candidate_(std::move(candidate)),
      since_(since),
      live_before_(live.TotalsByCode()),
      schedule_(Always(*candidate_)),
      throttle_(schedule_, 1) {}

void Shadow::Follow(absl::Span<const Arrival> arrivals, const Timeline& timeline,
                    absl::Span<const Verdict> verdicts) {
  if (!since_ && !timeline.empty()) {
    since_ = timeline.begin();
  }
  arrivals_.clear();
  std::copy_if(arrivals.begin(), arrivals.end(), std::back_inserter(arrivals_),
               [&](const Arrival& arrival) {
                 return arrival.alert != nullptr && verdicts[arrival.record] != Verdict::kDuplicate;
               });
  verdicts_.resize(verdicts.size());
  throttle_.Begin(
      {.arrivals = arrivals_, .timeline = &timeline, .verdicts = absl::MakeSpan(verdicts_)});
  while (throttle_.DealOut()) {
    throttle_.Decide(0);
  }
  // Nobody is told.
  throttle_.MoveLedgersTo(ledger_);
  ledger_.clear();
}

Comparison Shadow::Sum(const Throttle& live) const {
  std::map<AlertCode, Comparison> codes;
  AddTo(live, codes);
  Comparison sum;
  for (const auto& [code, comparison] : codes) {
    sum += comparison;
  }
  return sum;
}

void Shadow::AddTo(const Throttle& live, std::map<AlertCode, Comparison>& codes) const {
  const std::vector<CodeTotals> live_now = live.TotalsByCode();
  const std::vector<CodeTotals> candidate = throttle_.TotalsByCode();
  for (uint32_t index = 0; index < AlertCode::kCount; ++index) {
    const Comparison code{.live = Since(live_before_[index], live_now[index]),
                          .candidate = candidate[index]};
    if (code.live != CodeTotals() || code.candidate != CodeTotals()) {
      codes[AlertCode::FromIndex(static_cast<uint16_t>(index))] += code;
    }
  }
}

}  // namespace weir
