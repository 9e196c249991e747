#include "engine/pipeline/decider.h"

namespace weir {

Results Decider::Decide(Partition& partition, absl::Span<const Record> records) {
  while (all_.size() < records.size()) {
    all_.push_back(static_cast<uint32_t>(all_.size()));
  }
  verdicts_.resize(records.size());
  partition.Begin(records, absl::MakeConstSpan(all_).first(records.size()),
                  absl::MakeSpan(verdicts_));
  return RunToTheEnd(partition, records);
}

Results Decider::DecideIdle(Partition& partition, TimeMs until) {
  verdicts_.clear();
  partition.BeginIdle(until);
  return RunToTheEnd(partition, {});
}

Results Decider::RunToTheEnd(Partition& partition, absl::Span<const Record> records) {
  while (partition.DealOut()) {
    partition.Decide(0);
  }
  Results results = Collect(partition);
  results.records = records;
  results.verdicts = verdicts_;
  return results;
}

Results Decider::Collect(Partition& partition) {
  ledger_.clear();
  notices_.clear();
  partition.MoveLedgerTo(ledger_);
  partition.MoveNoticesTo(notices_);
  PutInOrder(ledger_);
  return {.records = {}, .verdicts = {}, .ledger = ledger_, .notices = notices_};
}

}  // namespace weir
