// What the process uses of the machine's memory.
//
// Threads: any.
//
// Layer: connectors/http.
#pragma once

#include <cstdint>

namespace weir {

// Bytes that are resident; 0 where the system does not tell.
uint64_t ResidentBytes();

}  // namespace weir
