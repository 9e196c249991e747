#include "engine/inventory/pending_rules.h"

#include <algorithm>

#include "absl/time/civil_time.h"

#include "engine/alert/release.h"

namespace weir {

namespace {

constexpr uint32_t kMonthsBefore = 12;
constexpr uint32_t kMonthsSince = 36;

}  // namespace

std::vector<PendingPeriod> PendingRules::OfTheRelease() {
  return {{.from = {}, .months = kMonthsBefore}, {.from = kReleaseDate, .months = kMonthsSince}};
}

TimeMs AddMonths(TimeMs time, uint32_t months) {
  constexpr absl::CivilDay kEpoch(1970, 1, 1);
  const int64_t days = time.value / kDay.value;
  const absl::CivilDay day = kEpoch + days;
  const absl::CivilMonth month = absl::CivilMonth(day) + static_cast<int64_t>(months);
  const absl::CivilDay last = absl::CivilDay(month + 1) - 1;
  const absl::CivilDay same = absl::CivilDay(month) + (day.day() - 1);
  const TimeMs later{(std::min(same, last) - kEpoch) * kDay.value + time.value % kDay.value};
  return std::min(later, kLatestTime);
}

TimeMs RemovalTimeIn(const PendingPeriod& period, TimeMs added) {
  return std::max(AddMonths(added, period.months), period.from);
}

std::optional<TimeMs> RemovalTime(const PendingRules& rules, TimeMs added, TimeMs now) {
  if (!rules.remove) {
    return std::nullopt;
  }
  for (size_t i = 0; i < rules.periods.size(); ++i) {
    const bool is_last = i + 1 == rules.periods.size();
    const TimeMs end = is_last ? TimeMs{INT64_MAX} : rules.periods[i + 1].from;
    const TimeMs due = RemovalTimeIn(rules.periods[i], added);
    if (now < end && due < end) {
      return due;
    }
  }
  return std::nullopt;
}

}  // namespace weir
