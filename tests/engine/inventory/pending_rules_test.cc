#include "engine/inventory/pending_rules.h"

#include <optional>
#include <string>

#include "gtest/gtest.h"

namespace weir {
namespace {

TimeMs At(absl::string_view text) {
  return *ParseTime(text);
}

std::string Text(std::optional<TimeMs> time) {
  return time ? FormatTime(*time) : "never";
}

TEST(AddMonths, KeepsTheDayOrTakesTheMonthsLast) {
  const struct {
    const char* added;
    uint32_t months;
    const char* later;
  } cases[] = {
      {"2019-01-15T10:11:12.345Z", 36, "2022-01-15T10:11:12.345Z"},
      {"2019-01-31T00:00:00.000Z", 1, "2019-02-28T00:00:00.000Z"},
      {"2020-01-31T00:00:00.000Z", 1, "2020-02-29T00:00:00.000Z"},
      {"2019-03-31T23:59:59.999Z", 1, "2019-04-30T23:59:59.999Z"},
      {"2019-12-31T12:00:00.000Z", 2, "2020-02-29T12:00:00.000Z"},
      {"2020-02-29T00:00:00.000Z", 12, "2021-02-28T00:00:00.000Z"},
      {"2020-02-29T00:00:00.000Z", 36, "2023-02-28T00:00:00.000Z"},
      {"2020-02-29T00:00:00.000Z", 48, "2024-02-29T00:00:00.000Z"},
      {"2017-02-28T00:00:00.000Z", 36, "2020-02-28T00:00:00.000Z"},
      {"2099-02-28T00:00:00.000Z", 12, "2100-02-28T00:00:00.000Z"},
      {"2096-02-29T00:00:00.000Z", 48, "2100-02-28T00:00:00.000Z"},  // 2100 is no leap year
      {"1996-02-29T00:00:00.000Z", 48, "2000-02-29T00:00:00.000Z"},  // 2000 is one
      {"1970-01-01T00:00:00.000Z", 12, "1971-01-01T00:00:00.000Z"},
      {"9998-06-01T00:00:00.000Z", 36, "9999-12-31T23:59:59.999Z"},  // there is no later time
  };

  for (const auto& each : cases) {
    EXPECT_EQ(FormatTime(AddMonths(At(each.added), each.months)), each.later) << each.added;
  }
}

TEST(RemovalTime, IsTwelveMonthsBeforeTheReleaseAndThirtySixSince) {
  const PendingRules rules;

  const struct {
    const char* added;
    const char* now;
    const char* removed;
  } cases[] = {
      // Over before the release.
      {"2018-05-31T00:00:00.000Z", "2018-06-01T00:00:00.000Z", "2019-05-31T00:00:00.000Z"},
      {"2018-11-28T23:59:59.999Z", "2019-11-01T00:00:00.000Z", "2019-11-28T23:59:59.999Z"},
      // Over at the release, or later: the rule of the release holds by then.
      {"2018-11-29T00:00:00.000Z", "2019-11-01T00:00:00.000Z", "2021-11-29T00:00:00.000Z"},
      {"2018-11-30T00:00:00.000Z", "2019-11-01T00:00:00.000Z", "2021-11-30T00:00:00.000Z"},
      {"2019-11-28T00:00:00.000Z", "2019-11-28T00:00:00.000Z", "2022-11-28T00:00:00.000Z"},
      {"2019-11-29T00:00:00.000Z", "2019-11-29T00:00:00.000Z", "2022-11-29T00:00:00.000Z"},
      // Told of since the release only: the same addition, the other rule.
      {"2018-05-31T00:00:00.000Z", "2019-11-29T00:00:00.000Z", "2021-05-31T00:00:00.000Z"},
      // Its time is over already.
      {"2016-01-01T00:00:00.000Z", "2019-06-01T00:00:00.000Z", "2017-01-01T00:00:00.000Z"},
      {"2016-01-01T00:00:00.000Z", "2020-06-01T00:00:00.000Z", "2019-11-29T00:00:00.000Z"},
      // A leap day, and a month's end.
      {"2020-02-29T12:00:00.000Z", "2020-03-01T00:00:00.000Z", "2023-02-28T12:00:00.000Z"},
      {"2021-03-31T00:00:00.000Z", "2021-04-01T00:00:00.000Z", "2024-03-31T00:00:00.000Z"},
  };

  for (const auto& each : cases) {
    EXPECT_EQ(Text(RemovalTime(rules, At(each.added), At(each.now))), each.removed)
        << each.added << " at " << each.now;
  }
}

TEST(RemovalTime, FollowsThePeriodsThatAreConfigured) {
  PendingRules rules;
  rules.periods = {{.from = At("2020-01-01T00:00:00Z"), .months = 6},
                   {.from = At("2021-01-01T00:00:00Z"), .months = 1}};
  const TimeMs early = At("2019-01-01T00:00:00Z");
  // Nothing is due before the first period begins.
  EXPECT_EQ(Text(RemovalTime(rules, early, early)), "2020-01-01T00:00:00.000Z");
  // A shorter period takes effect: what it says is over is due when it begins.
  EXPECT_EQ(Text(RemovalTime(rules, At("2020-10-10T00:00:00Z"), At("2020-10-10T00:00:00Z"))),
            "2021-01-01T00:00:00.000Z");
  rules.remove = false;
  EXPECT_EQ(Text(RemovalTime(rules, early, early)), "never");
}

}  // namespace
}  // namespace weir
