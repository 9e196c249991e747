// Goal: counts roll, measure and pack as the rule says.
// Method: worked examples; every count that fits comes back from its compact form, others are
// refused; what is counted by arithmetic on words is compared with the rule.

#include "engine/throttle/window_count.h"

#include <algorithm>
#include <optional>

#include "gtest/gtest.h"

#include "tests/support/random.h"

namespace weir {
namespace {

TEST(WindowCount, RollsOneWindowOrForgetsTheRest) {
  WindowCount count{.window = 5, .current = 3, .previous = 2};
  RollTo(5, count);
  EXPECT_EQ(count, (WindowCount{5, 3, 2}));
  RollTo(6, count);
  EXPECT_EQ(count, (WindowCount{6, 0, 3}));
  count.current = 4;
  RollTo(8, count);
  EXPECT_EQ(count, (WindowCount{8, 0, 0}));
}

TEST(WindowCount, SlidingMeasureTakesTheOverlapRoundedDown) {
  const CodePolicy policy{.window = kMinute, .window_kind = WindowKind::kSliding};
  const WindowCount count{.window = 10, .current = 2, .previous = 7};
  const auto at = [](int64_t into) { return TimeMs{10 * kMinute.value + into}; };
  EXPECT_EQ(Measure(count, policy, at(0)), 9U);
  EXPECT_EQ(Measure(count, policy, at(1)), 2U + 6U);      // 7 * 59999 / 60000
  EXPECT_EQ(Measure(count, policy, at(30000)), 2U + 3U);  // 3.5
  EXPECT_EQ(Measure(count, policy, at(59999)), 2U);
}

TEST(CountCodec, GivesBackEveryCountThatFits) {
  Random random = Random::FromEnvironment(3);
  SCOPED_TRACE(random.seed_text());
  for (int i = 0; i < 200000; ++i) {
    const bool sliding = random.OneIn(2);
    const CodePolicy policy{
        .window = DurationMs{1000 + static_cast<int64_t>(random.Below(7 * kDay.value))},
        .window_kind = sliding ? WindowKind::kSliding : WindowKind::kTumbling};
    const CountCodec codec(policy);
    const TimeMs now{static_cast<int64_t>(random.Below(6000000000000))};
    const WindowCount count{
        .window = WindowOf(now, policy.window),
        .current = 1 + random.Below(uint64_t{1} << random.Below(20)),
        .previous = sliding ? random.Below(uint64_t{1} << random.Below(20)) : 0};
    if (const std::optional<uint64_t> word = codec.Pack(count)) {
      ASSERT_GT(*word, 0U);
      ASSERT_LT(*word, (uint64_t{1} << CountCodec::kBits) - 1);
      ASSERT_EQ(codec.Unpack(*word), count);
      const TimeMs last{(count.window + (sliding ? 2 : 1)) * policy.window.value - 1};
      EXPECT_FALSE(codec.IsOver(*word, last));
      EXPECT_TRUE(codec.IsOver(*word, TimeMs{last.value + 1}));
    } else {
      // Small counts of this century always fit.
      EXPECT_TRUE(count.current > 15 || count.previous > 15 || now.value > int64_t{4000000000000});
    }
  }
}

TEST(PassingWords, CountAsTheRuleDoes) {
  Random random = Random::FromEnvironment(5);
  SCOPED_TRACE(random.seed_text());
  for (int i = 0; i < 200000; ++i) {
    const CodePolicy policy{
        .threshold = 1 + random.Below(uint64_t{1} << random.Below(16)),
        .window = DurationMs{1000 + static_cast<int64_t>(random.Below(7 * kDay.value))},
        .window_kind = random.OneIn(4) ? WindowKind::kSliding : WindowKind::kTumbling};
    const CountCodec codec(policy);
    const TimeMs now{static_cast<int64_t>(random.Below(6000000000000))};
    const int64_t window = WindowOf(now, policy.window);
    // A count of this window, of the one before, or a key that is new.
    WindowCount count{.window = std::max<int64_t>(window - (random.OneIn(3) ? 1 : 0), 0),
                      .current = random.Below(policy.threshold + 3)};
    const std::optional<uint64_t> word = count.current == 0 ? 0 : codec.Pack(count);
    const PassingWords passing = codec.PassingIn(window, policy.threshold);
    if (word && passing.Follow(*word)) {
      RollTo(window, count);
      ++count.current;
      ASSERT_LE(count.current, policy.threshold);
      ASSERT_EQ(passing.After(*word), codec.Pack(count));
    } else if (policy.window_kind == WindowKind::kTumbling && now < TimeMs{4000000000000} &&
               policy.threshold < 1000) {
      // Nothing else is left to the general case.
      ASSERT_TRUE(count.window == window && count.current >= policy.threshold);
    }
    EXPECT_FALSE(passing.Follow((uint64_t{1} << CountCodec::kBits) - 1));
  }
}

}  // namespace
}  // namespace weir
