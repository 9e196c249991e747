#include "connectors/http/process_memory.h"

#include <unistd.h>

#include <fstream>

namespace weir {

uint64_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  uint64_t all = 0;
  uint64_t resident = 0;
  const int64_t page = sysconf(_SC_PAGESIZE);
  return statm >> all >> resident && page > 0 ? resident * static_cast<uint64_t>(page) : 0;
}

}  // namespace weir
