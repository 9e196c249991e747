// Points in time and lengths of time, in whole milliseconds.
//
// Weir counts in integers so that the same input gives the same result on every machine. A time is
// always UTC; nothing in the engine reads a clock, times arrive with the records.
//
// Layer: engine/base.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace weir {

// A length of time. Never negative where a policy or a limit is meant.
struct DurationMs {
  int64_t value = 0;

  friend constexpr auto operator<=>(DurationMs, DurationMs) = default;
};

// A point in time: milliseconds since 1970-01-01T00:00:00Z.
struct TimeMs {
  int64_t value = 0;

  friend constexpr auto operator<=>(TimeMs, TimeMs) = default;

  friend constexpr DurationMs operator-(TimeMs a, TimeMs b) { return {a.value - b.value}; }

  friend constexpr TimeMs operator+(TimeMs a, DurationMs b) { return {a.value + b.value}; }
};

constexpr DurationMs kSecond{1000};
constexpr DurationMs kMinute{60 * kSecond.value};
constexpr DurationMs kHour{60 * kMinute.value};
constexpr DurationMs kDay{24 * kHour.value};

// The largest time that Weir reads and writes: the end of the year 9999.
constexpr TimeMs kLatestTime{253402300799999};

constexpr bool IsTime(TimeMs time) {
  return time >= TimeMs{0} && time <= kLatestTime;
}

// Milliseconds since the epoch of a UTC calendar time; nothing if the fields are no such time or
// lie outside 1970..9999. A leap second (60) is read as the first instant of the next minute.
struct CalendarTime {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, millisecond = 0;
};

std::optional<TimeMs> FromCalendar(const CalendarTime& calendar);

// Reads ISO 8601: `2019-11-29T00:00:00Z`, with an optional fraction of the second (what lies
// beyond milliseconds is cut) and `Z` or an offset `+01:00`. Nothing if it is anything else.
std::optional<TimeMs> ParseTime(absl::string_view text);

// Length of the text that AppendTime writes.
constexpr size_t kTimeTextSize = 24;

// Appends `2019-11-29T00:00:00.000Z`. `time` is within 1970..9999.
void AppendTime(TimeMs time, std::string& out);

// Writes the same at `out` and returns its end.
char* PutTime(TimeMs time, char* out);

std::string FormatTime(TimeMs time);

// Reads `500ms`, `90s`, `10m`, `1h`, `7d`: a whole number and a unit, without blanks.
std::optional<DurationMs> ParseDuration(absl::string_view text);

// The largest unit that divides the duration, as ParseDuration reads it: `90m`, `1h`.
std::string FormatDuration(DurationMs duration);

}  // namespace weir
