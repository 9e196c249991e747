#include "deploy/weir/report_file.h"

#include <chrono>
#include <fstream>
#include <iterator>

#include "connectors/capture/output_file.h"
#include "deploy/report/report_page.h"
#include "deploy/weir/report_json.h"

namespace weir {

namespace {

// The text of a file that has been read before.
std::string TextOf(const std::string& file) {
  if (file.empty()) {
    return "";
  }
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

TimeMs Today() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return TimeMs{std::chrono::duration_cast<std::chrono::milliseconds>(since).count()};
}

}  // namespace

absl::Status WriteReport(const std::string& file, const ReplayReport& report,
                         const std::string& tune) {
  const ReportedReplay replay = {.captures = report.captures,
                                 .summary = report.summary,
                                 .activity = report.activity,
                                 .version = report.schedule.versions.back(),
                                 .policy = TextOf(report.policy),
                                 .made = Today()};
  return WriteFileAtomically(file, ReportWith(ReportJson(replay, tune)));
}

}  // namespace weir
