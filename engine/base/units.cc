#include "engine/base/units.h"

#include <array>
#include <cstring>
#include <limits>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "engine/base/check.h"
#include "engine/base/swar.h"

namespace weir {

namespace {

constexpr int64_t kMsPerDay = kDay.value;

// Of the years 0 to 9999. A multiple of 4 is one of 400 as well if it is one of 16 and of 25.
constexpr bool IsLeap(uint32_t year) {
  return (year & 3) == 0 && ((year & 15) == 0 || year % 25 != 0);
}

// Days of a year before each month, and in all of it: of a common year and of a leap year.
constexpr std::array<std::array<uint16_t, 13>, 2> kDaysBefore = {
    {{0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365},
     {0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335, 366}}};

// Leap days before a year, counted from the year 0.
constexpr uint32_t LeapDaysBefore(uint32_t year) {
  const uint32_t last = year - 1;
  const uint32_t centuries = last / 100;
  return last / 4 - centuries + centuries / 4;
}

// Days from 1970-01-01 to the first of January.
constexpr uint32_t DaysBeforeYear(uint32_t year) {
  return (year - 1970) * 365 + LeapDaysBefore(year) - LeapDaysBefore(1970);
}

struct Date {
  uint32_t year, month, day;
};

// Of days since 1970, up to the year 9999. Years are counted from March, so that a leap day is the
// last one; each division is by a number that is known.
//
// Source: C. Neri and L. Schneider, Euclidean affine functions and their application to calendar
// algorithms, 2023, figure 12.
constexpr Date CivilFromDays(uint32_t days) {
  constexpr uint32_t kDaysOfCentury4 = 146097;  // of four centuries
  constexpr uint32_t kBeforeEpoch = 719468;     // days from the first of March of the year 0
  constexpr uint32_t kYearFactor = 2939745;     // 2^32 / 1461, rounded up
  const uint32_t quarters = 4 * (days + kBeforeEpoch) + 3;
  const uint32_t century = quarters / kDaysOfCentury4;
  const uint32_t of_century = quarters % kDaysOfCentury4 / 4;
  const uint64_t years = uint64_t{kYearFactor} * (4 * of_century + 3);
  const auto of_year = static_cast<uint32_t>(years) / kYearFactor / 4;
  const uint32_t months = 2141 * of_year + 197913;
  const uint32_t next_year = of_year >= 306 ? 1 : 0;  // January and February
  return {.year = 100 * century + static_cast<uint32_t>(years >> 32) + next_year,
          .month = (months >> 16) - 12 * next_year,
          .day = (months & 0xFFFF) / 2141 + 1};
}

// Reads N decimal digits at `text`; negative if they are not all digits.
template <size_t N>
int Digits(const char* text) {
  int value = 0;
  int bad = 0;
  for (size_t i = 0; i < N; ++i) {
    const int digit = text[i] - '0';
    bad |= digit | (9 - digit);
    value = value * 10 + digit;
  }
  return bad < 0 ? -1 : value;
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
  const int hours = Digits<2>(zone.data() + 1);
  const int minutes = Digits<2>(zone.data() + 4);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) {
    return std::nullopt;
  }
  return (zone[0] == '-' ? -1 : 1) * (hours * 60 + minutes);
}

using Pairs = std::array<std::array<char, 2>, 100>;

constexpr Pairs MakePairs() {
  Pairs pairs{};
  for (size_t i = 0; i < pairs.size(); ++i) {
    pairs[i] = {static_cast<char>('0' + i / 10), static_cast<char>('0' + i % 10)};
  }
  return pairs;
}

constexpr Pairs kPairs = MakePairs();

// Writes a number below 100 in two digits.
void PutPair(uint32_t number, char* out) {
  std::memcpy(out, kPairs[number].data(), 2);
}

}  // namespace

std::optional<TimeMs> FromCalendar(const CalendarTime& c) {
  if (c.year < 1970 || c.year > 9999 || c.month < 1 || c.month > 12) {
    return std::nullopt;
  }
  const auto year = static_cast<uint32_t>(c.year);
  const auto month = static_cast<size_t>(c.month);
  const std::array<uint16_t, 13>& days_before = kDaysBefore[IsLeap(year) ? 1 : 0];
  const bool valid = c.day >= 1 && c.day <= days_before[month] - days_before[month - 1] &&
                     c.hour >= 0 && c.hour <= 23 && c.minute >= 0 && c.minute <= 59 &&
                     c.second >= 0 && c.second <= 60 && c.millisecond >= 0 && c.millisecond <= 999;
  if (!valid) {
    return std::nullopt;
  }
  const int64_t days = int64_t{DaysBeforeYear(year)} + days_before[month - 1] + c.day - 1;
  const TimeMs time{days * kMsPerDay + c.hour * kHour.value + c.minute * kMinute.value +
                    c.second * kSecond.value + c.millisecond};
  return time > kLatestTime ? std::nullopt : std::make_optional(time);
}

namespace {

// What a byte may be added to without reaching 0x80, where a template has a digit or another
// character, which is then no more than zero.
constexpr uint64_t Slack(uint64_t pattern) {
  uint64_t slack = 0;
  for (int i = 0; i < 8; ++i) {
    const uint64_t most = ByteOf(pattern, i) == '0' ? 9 : 0;
    slack |= (uint64_t{0x7F} - most) << (8 * i);
  }
  return slack;
}

// Compares eight characters with a pattern that has '0' for any digit. Gives the digits' values,
// two by two: byte i is the number that the digits i and i + 1 make. `bad` gets a high bit set if
// the characters do not fit.
template <uint64_t Pattern>
uint64_t PairsIn(const char* text, uint64_t& bad) {
  constexpr uint64_t kSlack = Slack(Pattern);
  const uint64_t values = LoadWord(text) ^ Pattern;
  bad |= values | (values + kSlack);
  return values * 10 + (values >> 8);
}

// The form that nearly all times have: `2019-11-29T00:00:00.000Z`. Nothing for any other.
std::optional<CalendarTime> ReadUsualForm(absl::string_view text) {
  if (text.size() != 24) {
    return std::nullopt;
  }
  uint64_t bad = 0;
  const uint64_t date = PairsIn<WordOf("0000-00-")>(text.data(), bad);
  const uint64_t middle = PairsIn<WordOf("00T00:00")>(text.data() + 8, bad);
  const uint64_t rest = PairsIn<WordOf(":00.000Z")>(text.data() + 16, bad);
  if ((bad & kHighBits) != 0) {
    return std::nullopt;
  }
  const auto pair = [](uint64_t word, int index) { return static_cast<int>(ByteOf(word, index)); };
  return CalendarTime{.year = pair(date, 0) * 100 + pair(date, 2),
                      .month = pair(date, 5),
                      .day = pair(middle, 0),
                      .hour = pair(middle, 3),
                      .minute = pair(middle, 6),
                      .second = pair(rest, 1),
                      .millisecond = pair(rest, 4) * 10 + (text[22] - '0')};
}

// Any form.
std::optional<TimeMs> ReadTime(absl::string_view text) {
  constexpr size_t kSecondsEnd = 19;
  if (text.size() <= kSecondsEnd || text[4] != '-' || text[7] != '-' ||
      (text[10] != 'T' && text[10] != 't') || text[13] != ':' || text[16] != ':') {
    return std::nullopt;
  }
  size_t position = kSecondsEnd;
  const char* const at = text.data();
  const CalendarTime calendar = {.year = Digits<4>(at),
                                 .month = Digits<2>(at + 5),
                                 .day = Digits<2>(at + 8),
                                 .hour = Digits<2>(at + 11),
                                 .minute = Digits<2>(at + 14),
                                 .second = Digits<2>(at + 17),
                                 .millisecond = Fraction(text, position)};
  const std::optional<TimeMs> local = FromCalendar(calendar);
  const std::optional<int> offset = OffsetMinutes(text.substr(position));
  if (!local || !offset) {
    return std::nullopt;
  }
  const TimeMs time{local->value - *offset * kMinute.value};
  return time < TimeMs{0} || time > kLatestTime ? std::nullopt : std::make_optional(time);
}

}  // namespace

std::optional<TimeMs> ParseTime(absl::string_view text) {
  const std::optional<CalendarTime> usual = ReadUsualForm(text);
  return usual ? FromCalendar(*usual) : ReadTime(text);
}

char* PutTime(TimeMs time, char* out) {
  WEIR_CHECK(time >= TimeMs{0} && time <= kLatestTime);
  const Date date = CivilFromDays(static_cast<uint32_t>(time.value / kMsPerDay));
  const auto of_day = static_cast<uint32_t>(time.value % kMsPerDay);
  const uint32_t seconds = of_day / 1000;
  const uint32_t milliseconds = of_day % 1000;
  std::memcpy(out, "0000-00-00T00:00:00.000Z", kTimeTextSize);
  PutPair(date.year / 100, out);
  PutPair(date.year % 100, out + 2);
  PutPair(date.month, out + 5);
  PutPair(date.day, out + 8);
  PutPair(seconds / 3600, out + 11);
  PutPair(seconds / 60 % 60, out + 14);
  PutPair(seconds % 60, out + 17);
  out[20] = static_cast<char>('0' + milliseconds / 100);
  PutPair(milliseconds % 100, out + 21);
  return out + kTimeTextSize;
}

void AppendTime(TimeMs time, std::string& out) {
  std::array<char, kTimeTextSize> text{};
  PutTime(time, text.data());
  out.append(text.data(), text.size());
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
