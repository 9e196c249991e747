// The page that `weir replay --report` and `weir tune --report` write.
//
// One HTML document, which needs nothing else: no other file, no network. It is of the build, the
// same for as long as the process lasts and for all threads. README.md says what its data are.
//
// Layer: deploy/report (nothing).
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace weir {

// What stands in the page where the data go, once.
inline constexpr absl::string_view kReportDataPlace = "@WEIR_DATA@";

// The page without its data, in ASCII.
absl::string_view ReportPage();

// The page with these data, which are a JSON text in UTF-8. Each < in it, which JSON has in strings
// alone, becomes \u003c: so nothing in the data can be taken for markup.
std::string ReportWith(absl::string_view json);

}  // namespace weir
