// The console: the page that `weir serve` answers with at /.
//
// One HTML document, which needs nothing else but the answers of /api/* where it comes from. It is
// of the build, the same for as long as the process lasts and for all threads. README.md says what
// it shows and what it asks.
//
// Layer: deploy/console (nothing).
#pragma once

#include "absl/strings/string_view.h"

namespace weir {

// The page, in ASCII.
absl::string_view ConsolePage();

}  // namespace weir
