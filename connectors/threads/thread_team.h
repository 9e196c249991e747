// A team of threads.
//
// Between rounds of work the threads wait a moment before they go to sleep: the parts of a round
// follow one another within microseconds, and waking a thread takes longer than most of them.
//
// Layer: connectors/threads (engine/base).
#pragma once

#include <cstddef>
#include <memory>

#include "engine/base/team.h"

namespace weir {

// `size` counts the owner too; of one, nothing is started. The threads end with the team.
std::unique_ptr<Team> MakeThreadTeam(size_t size);

}  // namespace weir
