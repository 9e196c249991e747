#include "engine/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace weir {

void CheckFailed(const char* file, int line, const char* text) {
  // The process ends here: a failed write to standard error changes nothing.
  static_cast<void>(std::fprintf(stderr, "%s:%d: invariant broken: %s\n", file, line, text));
  std::abort();
}

}  // namespace weir
