// Goal: a worker that is not ready says why, for how long and how far it has come, and one without
// partitions is ready.
// Method: what workers tell, in order, with a clock that stands where the test puts it.

#include "deploy/weir/serve_watch.h"

#include "gtest/gtest.h"

namespace weir {
namespace {

class ServeWatchTest : public ::testing::Test {
 protected:
  void Pass(int64_t seconds) { now_ms_ += seconds * 1000; }

  int64_t now_ms_ = 1000;
  Metrics metrics_{2, "v"};
  ServeWatch watch_{1, metrics_, [this] { return now_ms_; }};
};

TEST_F(ServeWatchTest, WaitsForTheGroupAndIsReadyWithoutPartitions) {
  Pass(3);
  EXPECT_EQ(watch_.NotReady(), "worker 1 has waited for the group's answer for 3 s");
  watch_.OnPartitions(0, 0);
  watch_.OnRebalance();
  EXPECT_EQ(watch_.NotReady(), "");
}

TEST_F(ServeWatchTest, SaysHowOftenItHasFailedAndWhyAtLast) {
  watch_.OnFailed(absl::UnavailableError("no broker"));
  Pass(20);
  EXPECT_EQ(watch_.NotReady(),
            "worker 1 has failed 1 time, first 20 s ago, and begins anew: no broker");
  watch_.OnFailed(absl::FailedPreconditionError("fenced"));
  Pass(10);
  EXPECT_EQ(watch_.NotReady(),
            "worker 1 has failed 2 times, first 30 s ago, and begins anew: fenced");
  watch_.OnRebalance();
  EXPECT_EQ(watch_.NotReady(), "");
  watch_.OnFailed(absl::UnavailableError("again"));
  EXPECT_EQ(watch_.NotReady(), "worker 1 has failed 1 time, first 0 s ago, and begins anew: again");
}

TEST_F(ServeWatchTest, SaysHowFarARestorationHasCome) {
  watch_.OnPartitions(3, 2);
  watch_.OnRebalance();
  EXPECT_EQ(watch_.NotReady(), "worker 1 restores 2 partitions");
  watch_.OnRestoring(4, 2.75, 120, 500);
  EXPECT_EQ(watch_.NotReady(),
            "worker 1 restores 2 partitions; partition 4 has read 120 of about 500 records in 2 s");
  watch_.OnRestoreFailed(4, absl::DataLossError("a gap"));
  Pass(9);
  watch_.OnRestoreFailed(4, absl::DataLossError("a gap"));
  EXPECT_EQ(watch_.NotReady(),
            "worker 1 restores 2 partitions; partition 4 has failed for 9 s: a gap");
  watch_.OnRestored(4, 3, 500);
  watch_.OnPartitions(3, 1);
  EXPECT_EQ(watch_.NotReady(), "worker 1 restores 1 partition");
  watch_.OnPartitions(3, 0);
  EXPECT_EQ(watch_.NotReady(), "");
}

TEST_F(ServeWatchTest, SaysWhatItCannotReachAndSinceWhen) {
  watch_.OnRebalance();
  watch_.OnTrouble(absl::OkStatus());
  EXPECT_EQ(watch_.NotReady(), "");
  watch_.OnTrouble(absl::UnavailableError("asking b:9092"));
  Pass(5);
  watch_.OnTrouble(absl::FailedPreconditionError("no such topic"));
  EXPECT_EQ(watch_.NotReady(), "worker 1 cannot work, for 5 s: no such topic");
  watch_.OnTrouble(absl::OkStatus());
  EXPECT_EQ(watch_.NotReady(), "");
}

}  // namespace
}  // namespace weir
