// How much memory this process has in use.
//
// Layer: bench.
#pragma once

#include <cstddef>

namespace weir {

// Bytes resident, after what had been freed was given back to the system.
size_t ResidentBytes();

}  // namespace weir
