// Puts another policy in force while the workers of a process work: in all partitions that it owns,
// or in none.
//
// The workers meet between two commits; the last to come compares how far stream time has got with
// what the new policy says, and all go on under it, or all under the one before. So no partition of
// this process misses a version that another one has taken up. Partitions that are being restored
// go by it when they join.
//
// Threads: one caller at a time.
//
// Layer: connectors/kafka (engine/throttle).
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"

#include "connectors/kafka/errands.h"
#include "connectors/kafka/live_policies.h"
#include "engine/throttle/policy.h"

namespace weir {

// FailedPrecondition if it would change the past, with everything that would, a line each;
// DeadlineExceeded if not all workers came: then it may be tried again. `remarks` becomes what
// partitions set aside of it, a text each: see AdoptSchedule.
absl::Status ChangePolicy(Errands& errands, LivePolicies& policies,
                          std::shared_ptr<const PolicySchedule> next,
                          std::chrono::milliseconds within, std::vector<std::string>& remarks);

// Begins a shadow of the candidate in all partitions, or ends it if null. DeadlineExceeded as
// above: the workers that did not come are not behind for long, and asking again changes nothing
// else.
absl::Status ChangeCandidate(Errands& errands, LivePolicies& policies,
                             std::shared_ptr<const PolicyVersion> next,
                             std::chrono::milliseconds within);

// Has a partition, with no batch open, go by these. Gives remarks, as AdoptSchedule does.
std::string GoBy(const Policies& policies, ReadyPartition& partition);

}  // namespace weir
