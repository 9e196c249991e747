// Goal: what has taken effect stays, what lies ahead is taken from the policy given, and every
// difference that is set aside is told.
// Method: worked examples.

#include "engine/throttle/adopted_schedule.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

#include "tests/support/schedules.h"

namespace weir {
namespace {

struct Adopted {
  std::vector<std::pair<int64_t, uint64_t>> versions;  // as above; -1 without a date
  std::string remarks;
};

Adopted Adopt(const PolicySchedule& past, const PolicySchedule& given, std::optional<TimeMs> now) {
  Adopted adopted{.versions = {}, .remarks = "from before\n"};
  const PolicySchedule schedule = AdoptSchedule(past, given, now, adopted.remarks);
  EXPECT_EQ(schedule.duplicate_window, past.duplicate_window);
  EXPECT_EQ(schedule.max_ahead, past.max_ahead);
  for (const PolicyVersion& version : schedule.versions) {
    adopted.versions.emplace_back(version.effective_from().value_or(TimeMs{-1}).value,
                                  version.policies()[0].threshold);
  }
  return adopted;
}

using Expected = std::vector<std::pair<int64_t, uint64_t>>;

TEST(AdoptSchedule, OfTheSamePolicyThereIsNothingToRemark) {
  const PolicySchedule given = ScheduleOf({{1000, 3}, {2000, 4}, {3000, 5}});
  const Adopted adopted = Adopt(ScheduleOf({{1000, 3}, {2000, 4}}), given, TimeMs{2500});
  EXPECT_EQ(adopted.versions, (Expected{{1000, 3}, {2000, 4}, {3000, 5}}));
  EXPECT_EQ(adopted.remarks, "");
  const PolicySchedule defaults = PolicySchedule::Default();
  EXPECT_EQ(Adopt(defaults, defaults, TimeMs{5}).versions, (Expected{{-1, 10}}));
  EXPECT_EQ(Adopt(defaults, defaults, TimeMs{5}).remarks, "");
}

TEST(AdoptSchedule, WhatHasTakenEffectStaysAndWhatLiesAheadIsTaken) {
  const PolicySchedule given = ScheduleOf({{1000, 7}, {1500, 8}, {3000, 5}});
  const Adopted adopted = Adopt(ScheduleOf({{1000, 3}, {2000, 4}}), given, TimeMs{2500});
  EXPECT_EQ(adopted.versions, (Expected{{1000, 3}, {2000, 4}, {3000, 5}}));
  EXPECT_EQ(adopted.remarks,
            "the policy version effective from 1970-01-01T00:00:01.000Z stays as it took effect; "
            "what the policy given says otherwise about it is set aside\n"
            "the policy version effective from 1970-01-01T00:00:02.000Z has taken effect and "
            "stays, though the policy given does not have it\n"
            "the policy version effective from 1970-01-01T00:00:01.500Z of the policy given is "
            "set aside: its date has passed, and what happened since was decided without it\n");
}

TEST(AdoptSchedule, AVersionOfThisVeryInstantHasPassed) {
  const Adopted adopted =
      Adopt(ScheduleOf({{1000, 3}}), ScheduleOf({{1000, 3}, {2000, 4}, {2001, 5}}), TimeMs{2000});
  EXPECT_EQ(adopted.versions, (Expected{{1000, 3}, {2001, 5}}));
  EXPECT_NE(adopted.remarks.find("00:00:02.000Z of the policy given"), std::string::npos);
}

TEST(AdoptSchedule, TheBuiltInDefaultsStayLikeAnyVersion) {
  const Adopted adopted =
      Adopt(PolicySchedule::Default(), ScheduleOf({{1000, 3}, {3000, 5}}), TimeMs{2000});
  EXPECT_EQ(adopted.versions, (Expected{{-1, 10}, {3000, 5}}));
  EXPECT_EQ(adopted.remarks,
            "the policy version effective from the built-in defaults has taken effect and stays, "
            "though the policy given does not have it\n"
            "the policy version effective from 1970-01-01T00:00:01.000Z of the policy given is "
            "set aside: its date has passed, and what happened since was decided without it\n");
}

TEST(AdoptSchedule, WithoutAStreamTimeNothingHasPassed) {
  const Adopted adopted = Adopt(PolicySchedule{}, ScheduleOf({{1000, 3}, {3000, 5}}), std::nullopt);
  EXPECT_EQ(adopted.versions, (Expected{{1000, 3}, {3000, 5}}));
  EXPECT_EQ(adopted.remarks, "");
}

TEST(AdoptSchedule, KeepsTheSettingsOfThePast) {
  PolicySchedule given = ScheduleOf({{1000, 3}});
  given.duplicate_window = DurationMs{2 * kHour.value};
  given.max_ahead = DurationMs{2 * kDay.value};
  const Adopted adopted = Adopt(ScheduleOf({{1000, 3}}), given, TimeMs{2000});
  EXPECT_EQ(adopted.remarks,
            "duplicate_window stays 1h; the 2h of the policy given is set aside\n"
            "max_ahead stays 1d; the 2d of the policy given is set aside\n");
}

std::string Problems(const PolicySchedule& current, const PolicySchedule& next,
                     std::optional<TimeMs> now) {
  return std::string(CheckGoesOn(current, next, now).message());
}

TEST(CheckGoesOn, WhatLiesAheadMayChange) {
  const PolicySchedule current = ScheduleOf({{1000, 3}, {2000, 4}});
  EXPECT_EQ(Problems(current, current, TimeMs{5000}), "");
  EXPECT_EQ(Problems(current, ScheduleOf({{1000, 3}, {2000, 4}, {5001, 9}}), TimeMs{5000}), "");
  EXPECT_EQ(Problems(current, ScheduleOf({{1000, 3}}), TimeMs{1999}), "");
  EXPECT_EQ(Problems(current, ScheduleOf({{1000, 3}, {1999, 7}}), TimeMs{1998}), "");
  EXPECT_EQ(Problems(current, ScheduleOf({{1, 9}}), std::nullopt), "");
}

TEST(CheckGoesOn, AllThatWouldChangeThePastIsListed) {
  PolicySchedule next = ScheduleOf({{500, 1}, {1000, 9}, {2001, 2}});
  next.duplicate_window = kMinute;
  next.max_ahead = kMinute;
  const absl::Status refused = CheckGoesOn(ScheduleOf({{1000, 3}, {2000, 4}}), next, TimeMs{2000});
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(refused.message(),
            "the version effective from 1970-01-01T00:00:01.000Z has taken effect and cannot be "
            "changed: leave it as it was, and add a version with a later date\n"
            "the version effective from 1970-01-01T00:00:02.000Z has taken effect and cannot be "
            "removed: leave it as it was, and add a version with a later date\n"
            "the version effective from 1970-01-01T00:00:00.500Z comes too late: stream time has "
            "reached 1970-01-01T00:00:02.000Z; give it a date after that\n"
            "duplicate_window cannot be changed from 1h to 1m: what is remembered was remembered "
            "under it\n"
            "max_ahead cannot be changed from 1d to 1m: what is remembered was remembered under "
            "it\n");
}

// So that a partition which has fallen out of step with the file does not block what lies ahead.
TEST(CheckGoesOn, WhatBothLackIsNoChange) {
  EXPECT_EQ(Problems(ScheduleOf({{1000, 3}}), ScheduleOf({{1000, 3}, {9000, 4}}), TimeMs{5000}),
            "");
}

}  // namespace
}  // namespace weir
