// Targets on the command line: `held_back>=0.9, devices<=0.1 %, delay_p99<=1h`.
//
// Layer: deploy/weir (engine/tune).
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

#include "engine/tune/measures.h"

namespace weir {

// Appends the targets of a list with commas; an empty one has none. A share is a number with a
// point or in percent, and else, where a measure can also be counted, it is a count.
void ReadTargets(absl::string_view list, std::vector<Target>& targets,
                 std::vector<std::string>& problems);

// What a target's measure has come to, for people: `0.93`, `12`, `1h`; `never`.
std::string ReachedText(const Target& target, double reached);

}  // namespace weir
