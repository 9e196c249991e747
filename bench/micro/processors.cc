#include "bench/micro/processors.h"

#include <sched.h>

#include "engine/base/check.h"

namespace weir {

void Processors::Pin(size_t thread) const {
  if (list_.empty()) {
    return;
  }
  cpu_set_t only;
  CPU_ZERO(&only);
  CPU_SET(static_cast<size_t>(list_[thread % list_.size()]), &only);
  WEIR_CHECK(sched_setaffinity(0, sizeof(only), &only) == 0);
}

}  // namespace weir
