#include "engine/base/units.h"

#include <array>
#include <limits>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "engine/base/check.h"

namespace weir {

namespace {

constexpr int64_t kMsPerDay = kDay.value;

constexpr bool IsLeap(int year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

constexpr int DaysInMonth(int year, int month) {
  constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && IsLeap(year) ? 29 : kDays.at(static_cast<size_t>(month) - 1);
}

// Days since 1970-01-01 of a proleptic Gregorian date. Years are counted from March, so that the
// leap day is the last day of its year and 153 days make five months.
constexpr int64_t DaysFromCivil(int year, int month, int day) {
  const int64_t y = month <= 2 ? year - 1 : year;
  const int64_t era = y / 400;
  const int64_t year_of_era = y - era * 400;
  const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

struct Date {
  int64_t year, month, day;
};

constexpr Date CivilFromDays(int64_t days) {
  const int64_t shifted = days + 719468;
  const int64_t era = shifted / 146097;
  const int64_t day_of_era = shifted - era * 146097;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t month_from_march = (5 * day_of_year + 2) / 153;
  const int64_t day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
  const int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

// Reads `digits` decimal digits at `position`; -1 if they are not all there.
int Digits(absl::string_view text, size_t position, size_t digits) {
  if (position + digits > text.size()) {
    return -1;
  }
  int value = 0;
  for (size_t i = position; i < position + digits; ++i) {
    if (text[i] < '0' || text[i] > '9') {
      return -1;
    }
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

// Reads an optional `.fraction` at `position` and moves it past; -1 if a dot has no digit.
int Fraction(absl::string_view text, size_t& position) {
  if (position >= text.size() || text[position] != '.') {
    return 0;
  }
  const size_t first = ++position;
  int milliseconds = 0;
  int scale = 100;
  while (position < text.size() && text[position] >= '0' && text[position] <= '9') {
    milliseconds += (text[position] - '0') * scale;
    scale /= 10;
    ++position;
  }
  return position == first ? -1 : milliseconds;
}

// Minutes east of UTC of what follows the seconds: `Z`, `+hh:mm` or `-hh:mm`.
std::optional<int> OffsetMinutes(absl::string_view zone) {
  if (zone == "Z" || zone == "z") {
    return 0;
  }
  if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':') {
    return std::nullopt;
  }
  const int hours = Digits(zone, 1, 2);
  const int minutes = Digits(zone, 4, 2);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) {
    return std::nullopt;
  }
  return (zone[0] == '-' ? -1 : 1) * (hours * 60 + minutes);
}

void AppendDigits(int64_t value, int digits, std::string& out) {
  std::array<char, 4> buffer{};
  for (int i = digits - 1; i >= 0; --i) {
    buffer.at(static_cast<size_t>(i)) = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  out.append(buffer.data(), static_cast<size_t>(digits));
}

}  // namespace

std::optional<TimeMs> FromCalendar(const CalendarTime& c) {
  const bool valid = c.year >= 1970 && c.year <= 9999 && c.month >= 1 && c.month <= 12 &&
                     c.day >= 1 && c.day <= DaysInMonth(c.year, c.month) && c.hour >= 0 &&
                     c.hour <= 23 && c.minute >= 0 && c.minute <= 59 && c.second >= 0 &&
                     c.second <= 60 && c.millisecond >= 0 && c.millisecond <= 999;
  if (!valid) {
    return std::nullopt;
  }
  const TimeMs time{DaysFromCivil(c.year, c.month, c.day) * kMsPerDay + c.hour * kHour.value +
                    c.minute * kMinute.value + c.second * kSecond.value + c.millisecond};
  return time > kLatestTime ? std::nullopt : std::make_optional(time);
}

std::optional<TimeMs> ParseTime(absl::string_view text) {
  constexpr size_t kSecondsEnd = 19;
  if (text.size() <= kSecondsEnd || text[4] != '-' || text[7] != '-' ||
      (text[10] != 'T' && text[10] != 't') || text[13] != ':' || text[16] != ':') {
    return std::nullopt;
  }
  size_t position = kSecondsEnd;
  const CalendarTime calendar = {.year = Digits(text, 0, 4),
                                 .month = Digits(text, 5, 2),
                                 .day = Digits(text, 8, 2),
                                 .hour = Digits(text, 11, 2),
                                 .minute = Digits(text, 14, 2),
                                 .second = Digits(text, 17, 2),
                                 .millisecond = Fraction(text, position)};
  const std::optional<TimeMs> local = FromCalendar(calendar);
  const std::optional<int> offset = OffsetMinutes(text.substr(position));
  if (!local || !offset) {
    return std::nullopt;
  }
  const TimeMs time{local->value - *offset * kMinute.value};
  return time < TimeMs{0} || time > kLatestTime ? std::nullopt : std::make_optional(time);
}

void AppendTime(TimeMs time, std::string& out) {
  WEIR_CHECK(time >= TimeMs{0} && time <= kLatestTime);
  const Date date = CivilFromDays(time.value / kMsPerDay);
  const int64_t of_day = time.value % kMsPerDay;
  AppendDigits(date.year, 4, out);
  out.push_back('-');
  AppendDigits(date.month, 2, out);
  out.push_back('-');
  AppendDigits(date.day, 2, out);
  out.push_back('T');
  AppendDigits(of_day / kHour.value, 2, out);
  out.push_back(':');
  AppendDigits(of_day / kMinute.value % 60, 2, out);
  out.push_back(':');
  AppendDigits(of_day / kSecond.value % 60, 2, out);
  out.push_back('.');
  AppendDigits(of_day % kSecond.value, 3, out);
  out.push_back('Z');
}

std::string FormatTime(TimeMs time) {
  std::string out;
  AppendTime(time, out);
  return out;
}

namespace {

struct Unit {
  absl::string_view name;
  int64_t ms = 0;
};

// Longest first: ParseDuration must not take the `s` of `ms`, FormatDuration wants the largest.
constexpr std::array<Unit, 5> kUnits = {
    {{"d", kDay.value}, {"h", kHour.value}, {"ms", 1}, {"m", kMinute.value}, {"s", kSecond.value}}};

}  // namespace

std::optional<DurationMs> ParseDuration(absl::string_view text) {
  for (const Unit& unit : kUnits) {
    const size_t digits = text.size() - unit.name.size();
    if (text.size() <= unit.name.size() || text.substr(digits) != unit.name) {
      continue;
    }
    int64_t count = 0;
    const absl::string_view number = text.substr(0, digits);
    if (number.find_first_not_of("0123456789") != absl::string_view::npos ||
        !absl::SimpleAtoi(number, &count) ||
        count > std::numeric_limits<int64_t>::max() / unit.ms) {
      return std::nullopt;
    }
    return DurationMs{count * unit.ms};
  }
  return std::nullopt;
}

std::string FormatDuration(DurationMs duration) {
  Unit best{"ms", 1};
  for (const Unit& unit : kUnits) {
    if (duration.value != 0 && duration.value % unit.ms == 0 && unit.ms > best.ms) {
      best = unit;
    }
  }
  return absl::StrCat(duration.value / best.ms, best.name);
}

}  // namespace weir
