// Goal: the variable arms what it names, and nothing else; what it cannot mean is refused.

#include "connectors/kafka/failpoints.h"

#include <csignal>
#include <cstdlib>
#include <string>

#include "gtest/gtest.h"

namespace weir {
namespace {

absl::Status Read(const char* text) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): the test has one thread
  setenv("WEIR_FAILPOINTS", text, 1);
  return ReadFailpoints();
}

TEST(Failpoints, RefusesWhatIsNone) {
  for (const char* text : {"nowhere=kill", "begun", "begun=explode", "begun:0=kill", "begun:x=kill",
                           "begun@5=kill", "record@-1=abort", "record=kill", "record:2=kill"}) {
    const absl::Status status = Read(text);
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << text;
    EXPECT_NE(std::string(status.message()).find(text), std::string::npos) << status;
  }
}

TEST(Failpoints, SaysItAtTheTimeThatWasNamed) {
  ASSERT_TRUE(Read("begun:2=error,committed=error").ok());
  EXPECT_FALSE(Failpoint("begun"));
  EXPECT_TRUE(Failpoint("begun"));
  EXPECT_FALSE(Failpoint("begun"));
  EXPECT_TRUE(Failpoint("committed"));
  EXPECT_FALSE(Failpoint("polled"));
}

// Reads the variable and goes past the point.
void Pass(const char* armed, const std::string& point, int64_t record) {
  EXPECT_TRUE(Read(armed).ok());
  static_cast<void>(Failpoint(point));
  FailpointAtRecord(record);
}

TEST(Failpoints, EndsTheProcess) {
  EXPECT_EXIT(Pass("polled=kill", "polled", 0), testing::KilledBySignal(SIGKILL), "");
  EXPECT_EXIT(Pass("record@7=abort", "begun", 7), testing::KilledBySignal(SIGABRT), "");
}

}  // namespace
}  // namespace weir
