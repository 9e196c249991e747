#include "engine/tune/sweep.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "engine/base/check.h"
#include "engine/base/status_macros.h"
#include "engine/pipeline/event_time.h"
#include "engine/throttle/dealing.h"

namespace weir {

namespace {

BothWays<GroupsByCode> BothWaysOf(const SweepPlan& plan) {
  SweepPlan otherwise = plan;
  otherwise.base.pairs_together = !plan.base.pairs_together;
  return {GroupsByCode(plan), GroupsByCode(otherwise)};
}

}  // namespace

Sweep::Sweep(const SweepPlan& plan, Source& source, Team& team)
    : plan_(plan), groups_(BothWaysOf(plan)), source_(source), team_(team) {
  WEIR_CHECK(!plan.settings.empty());
  for (size_t i = 0; i < team.size(); ++i) {
    shares_.push_back(std::make_unique<Share>(plan.settings.size()));
  }
}

absl::StatusOr<size_t> Sweep::Step(size_t limit) {
  WEIR_RETURN_IF_ERROR(source_.Read(limit, records_));
  for (const Record& record : records_) {
    Deal(record);
  }
  team_.Run(shares_.size(), [this](size_t share) { Take(*shares_[share]); });
  return records_.size();
}

void Sweep::Deal(const Record& record) {
  ++counts_.read;
  while (record.partition >= clocks_.size()) {
    clocks_.emplace_back(plan_.max_ahead);
  }
  StreamClock& clock = clocks_[record.partition];
  if (const auto* alert = std::get_if<Alert>(&record.event)) {
    WEIR_CHECK(Observe(*alert, clock));  // without any time it is a dead letter
    counts_.first = std::min(counts_.first.value_or(*clock.now()), *clock.now());
    counts_.last = std::max(counts_.last.value_or(*clock.now()), *clock.now());
    DealTo(ShardOf(alert->device.value_or(Eui64{}), shares_.size()), record.partition,
           {.alert = alert, .now = *clock.now()});
  } else if (const auto* other = std::get_if<OtherEvent>(&record.event)) {
    ++counts_.other;
    static_cast<void>(Observe(*other, clock));
    DealTo(ShardOf(other->device.value_or(Eui64{}), shares_.size()), record.partition,
           {.other = other, .now = clock.now().value_or(TimeMs{})});
  } else {
    ++counts_.dead;
  }
}

void Sweep::DealTo(size_t share, uint32_t partition, const SweptRecord& record) {
  std::vector<std::vector<SweptRecord>>& dealt = shares_[share]->dealt;
  while (partition >= dealt.size()) {
    dealt.emplace_back();
  }
  dealt[partition].push_back(record);
}

void Sweep::Take(Share& share) {
  for (size_t partition = 0; partition < share.dealt.size(); ++partition) {
    while (partition >= share.keys.size()) {
      share.keys.push_back(
          std::make_unique<SweptKeys>(groups_, plan_.duplicate_window, share.books));
    }
    share.keys[partition]->Take(share.dealt[partition]);
    share.dealt[partition].clear();
  }
}

void Sweep::Finish(Share& share) {
  for (size_t partition = 0; partition < share.keys.size(); ++partition) {
    SweptKeys& keys = *share.keys[partition];
    keys.Finish(clocks_[partition].now().value_or(TimeMs{}));
    share.duplicate_alerts += keys.duplicate_alerts();
    share.duplicate_others += keys.duplicate_others();
  }
  share.keys.clear();
}

SweepResult Sweep::Finish() {
  team_.Run(shares_.size(), [this](size_t share) { Finish(*shares_[share]); });
  BothWays<SweepBook> books = std::move(shares_.front()->books);
  for (const std::unique_ptr<Share>& share : shares_) {
    counts_.duplicates += share->duplicate_alerts + share->duplicate_others;
    counts_.other -= share->duplicate_others;
    if (share != shares_.front()) {
      books.planned.Add(share->books.planned);
      books.otherwise.Add(share->books.otherwise);
    }
  }
  shares_.clear();
  books.planned.Settle(groups_.planned);
  books.otherwise.Settle(groups_.otherwise);
  return SweepResult(plan_, counts_, std::move(books));
}

}  // namespace weir
