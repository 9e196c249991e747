// One round of one partition, decided by one thread: what the records brought, in order.
//
// Threads: one owner.
//
// Layer: engine/pipeline (engine/throttle).
#pragma once

#include <cstdint>
#include <vector>

#include "absl/types/span.h"

#include "engine/base/units.h"
#include "engine/pipeline/notice.h"
#include "engine/pipeline/partition.h"
#include "engine/pipeline/record.h"
#include "engine/pipeline/results.h"
#include "engine/throttle/ledger.h"

namespace weir {

class Decider {
 public:
  // The results view `records` and this decider, until the next call.
  Results Decide(Partition& partition, absl::Span<const Record> records);

  // Lets time pass to `until` without records.
  Results DecideIdle(Partition& partition, TimeMs until);

  // What the partition's ledgers and notices hold of what happened outside of rounds.
  Results Collect(Partition& partition);

 private:
  Results RunToTheEnd(Partition& partition, absl::Span<const Record> records);

  std::vector<uint32_t> all_;  // 0, 1, 2 and so on
  std::vector<Verdict> verdicts_;
  std::vector<LedgerEntry> ledger_;
  std::vector<Notice> notices_;
};

}  // namespace weir
