// Goal: stream time follows the log, and no single device moves it far.
// Method: worked examples of the rule.

#include "engine/pipeline/stream_clock.h"

#include "gtest/gtest.h"

namespace weir {
namespace {

constexpr Eui64 kA{1};
constexpr Eui64 kB{2};

TimeMs Day(int64_t days) {
  return TimeMs{days * kDay.value};
}

TEST(StreamClock, IsTheLargestTimeSoFar) {
  StreamClock clock(kDay);
  EXPECT_EQ(clock.now(), std::nullopt);
  clock.Observe(Day(10), kA);
  clock.Observe(Day(9), kA);
  EXPECT_EQ(clock.now(), Day(10));
  clock.Observe(Day(11), std::nullopt);  // exactly max_ahead is not ahead
  EXPECT_EQ(clock.now(), Day(11));
}

TEST(StreamClock, OneDeviceFarAheadDoesNotMoveIt) {
  StreamClock clock(kDay);
  clock.Observe(Day(0), kA);
  for (int64_t day = 2; day < 10; ++day) {
    clock.Observe(Day(day), kA);
    EXPECT_EQ(clock.now(), Day(0));
  }
}

TEST(StreamClock, TwoDevicesThatAgreeMoveItToTheSmallerOfTheLatest) {
  StreamClock clock(kDay);
  clock.Observe(Day(0), kA);
  clock.Observe(Day(5), kA);
  clock.Observe(Day(3), kA);
  clock.Observe(Day(9), kB);
  EXPECT_EQ(clock.now(), Day(3));
  clock.Observe(Day(9), kA);  // nothing was remembered
  EXPECT_EQ(clock.now(), Day(3));
  clock.Observe(Day(8), kB);
  EXPECT_EQ(clock.now(), Day(8));
}

TEST(StreamClock, NeverMovesBack) {
  StreamClock clock(kDay);
  clock.Observe(Day(0), kA);
  clock.Observe(Day(2), kA);
  for (int64_t day = 1; day < 6; ++day) {
    clock.Observe(Day(day), kB);
  }
  EXPECT_EQ(clock.now(), Day(5));
  clock.Observe(Day(30), kB);  // agrees with what was remembered on day 2, long past
  EXPECT_EQ(clock.now(), Day(5));
}

TEST(StreamClock, RecordsWithoutADeviceNeverMoveItAhead) {
  StreamClock clock(kDay);
  clock.Observe(Day(0), kA);
  clock.Observe(Day(5), std::nullopt);
  clock.Observe(Day(5), kA);
  clock.Observe(Day(5), std::nullopt);
  EXPECT_EQ(clock.now(), Day(0));
}

TEST(StreamClock, SurvivesTheStore) {
  StreamClock clock(kDay);
  clock.Observe(Day(0), kA);
  clock.Observe(Day(5), kA);
  std::string bytes;
  clock.Encode(bytes);
  StreamClock back(kDay);
  WireReader in(bytes);
  back.Decode(in);
  EXPECT_TRUE(in.done());
  back.Observe(Day(4), kB);
  EXPECT_EQ(back.now(), Day(4));
}

}  // namespace
}  // namespace weir
