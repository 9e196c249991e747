// The policy under which a state goes on that was decided under another one, as when a partition
// gets a new owner whose policy file differs, or a running owner is given another file.
//
// What has taken effect stays as it was; of the policy given, what lies ahead holds. So nothing
// that was decided is called into question, and the state is taken up without force.
//
// Layer: engine/throttle (engine/base).
#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"

#include "engine/base/units.h"
#include "engine/throttle/policy.h"

namespace weir {

// The versions of `past`, which have taken effect by `now`, and those of `given` whose dates lie
// after that. `now` is stream time, or up to where timers have fired ahead of it; without a stream
// time nothing lies in the past. `duplicate_window` and
// `max_ahead` are those of `past`. `remarks` becomes what `given` says in vain, one line for each
// difference, for people to read; empty if there is none.
PolicySchedule AdoptSchedule(const PolicySchedule& past, const PolicySchedule& given,
                             std::optional<TimeMs> now, std::string& remarks);

// Whether `next` may take the place of `current` while partitions go on: they differ in nothing
// that has happened by `now`, the latest time of any of them. FailedPrecondition lists all that
// does, a line each, and what to do. Without a time nothing has happened.
absl::Status CheckGoesOn(const PolicySchedule& current, const PolicySchedule& next,
                         std::optional<TimeMs> now);

}  // namespace weir
