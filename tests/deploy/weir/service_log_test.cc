// Goal: a line of the log is one JSON object, whatever bytes its message holds.
// Method: lines as they must be.

#include "deploy/weir/service_log.h"

#include "gtest/gtest.h"

namespace weir {
namespace {

constexpr TimeMs kTime{1575028800123};

TEST(ServiceLog, LeavesOutWhatDoesNotApply) {
  EXPECT_EQ(LogLineJson(kTime, "info", {}, "stopped"),
            "{\"time\":\"2019-11-29T12:00:00.123Z\",\"level\":\"info\",\"message\":\"stopped\"}\n");
  EXPECT_EQ(LogLineJson(kTime, "error", {.worker = 1, .partition = 7}, "x"),
            "{\"time\":\"2019-11-29T12:00:00.123Z\",\"level\":\"error\",\"worker\":1,"
            "\"partition\":7,\"message\":\"x\"}\n");
}

TEST(ServiceLog, EscapesAnyBytes) {
  const std::string message("a\"b\\c\nd\0e\xff\xc3\xa9", 12);
  const std::string line = LogLineJson(kTime, "warning", {}, message);
  EXPECT_NE(line.find("\"message\":\"a\\\"b\\\\c\\nd\\u0000e\xEF\xBF\xBD\xc3\xa9\"}\n"),
            std::string::npos)
      << line;
  EXPECT_EQ(line.find('\n'), line.size() - 1);
}

}  // namespace
}  // namespace weir
