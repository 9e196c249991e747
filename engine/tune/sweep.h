// A sweep: every setting of a plan over the same records, in one pass.
//
// What a setting comes to is what a replay under ScheduleOf(plan, {setting}) gives, alert for
// alert.
//
// Threads: one owner; a team works for it. The results do not depend on the team.
//
// Layer: engine/tune (engine/alert, engine/base, engine/pipeline, engine/throttle).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"

#include "engine/base/team.h"
#include "engine/pipeline/record.h"
#include "engine/pipeline/source.h"
#include "engine/pipeline/stream_clock.h"
#include "engine/tune/setting_groups.h"
#include "engine/tune/sweep_book.h"
#include "engine/tune/sweep_plan.h"
#include "engine/tune/sweep_result.h"
#include "engine/tune/swept_keys.h"

namespace weir {

class Sweep {
 public:
  // All outlive the sweep.
  Sweep(const SweepPlan& plan, Source& source, Team& team);

  // Takes in the next records, at most `limit`; how many there were, zero at the end.
  absl::StatusOr<size_t> Step(size_t limit);

  // At the end, and the last thing called.
  SweepResult Finish();

 private:
  // The devices of all partitions that one task works on. Each has a book, and books are large: no
  // more than there are threads.
  struct Share {
    explicit Share(size_t settings) : books{SweepBook(settings), SweepBook(settings)} {}

    BothWays<SweepBook> books;
    std::vector<std::unique_ptr<SweptKeys>> keys;  // by partition
    std::vector<std::vector<SweptRecord>> dealt;   // of the round under way, by partition
    // In the end:
    uint64_t duplicate_alerts = 0;
    uint64_t duplicate_others = 0;
  };

  void Deal(const Record& record);
  void DealTo(size_t share, uint32_t partition, const SweptRecord& record);
  void Take(Share& share);
  void Finish(Share& share);

  const SweepPlan& plan_;
  BothWays<GroupsByCode> groups_;
  Source& source_;
  Team& team_;
  SweepCounts counts_;
  std::vector<StreamClock> clocks_;  // by partition
  std::vector<std::unique_ptr<Share>> shares_;
  std::vector<Record> records_;
};

}  // namespace weir
