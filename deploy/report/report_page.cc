#include "deploy/report/report_page.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace weir {

std::string ReportWith(absl::string_view json) {
  const absl::string_view page = ReportPage();
  const size_t place = page.find(kReportDataPlace);
  return absl::StrCat(page.substr(0, place), absl::StrReplaceAll(json, {{"<", "\\u003c"}}),
                      page.substr(place + kReportDataPlace.size()));
}

}  // namespace weir
