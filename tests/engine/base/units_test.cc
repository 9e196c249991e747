// Goal: times and durations are read and written exactly, and nothing else is taken for one.
// Method: known values, every day of four centuries there and back, and texts that are no times.

#include "engine/base/units.h"

#include <ctime>
#include <optional>
#include <string>

#include "gtest/gtest.h"

namespace weir {
namespace {

TEST(Time, ReadsAndWritesKnownValues) {
  EXPECT_EQ(FormatTime(TimeMs{0}), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(FormatTime(TimeMs{1574985600123}), "2019-11-29T00:00:00.123Z");
  EXPECT_EQ(FormatTime(kLatestTime), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(ParseTime("2019-11-29T00:00:00Z"), TimeMs{1574985600000});
  EXPECT_EQ(ParseTime("2019-11-29T00:00:00.5Z"), TimeMs{1574985600500});
  EXPECT_EQ(ParseTime("2019-11-29T00:00:00.1239999Z"), TimeMs{1574985600123});
  EXPECT_EQ(ParseTime("2019-11-29T01:00:00+01:00"), TimeMs{1574985600000});
  EXPECT_EQ(ParseTime("2016-12-31T23:59:60Z"), ParseTime("2017-01-01T00:00:00Z"));
}

TEST(Time, EveryDayComesBack) {
  for (int64_t day = 0; day * kDay.value < kLatestTime.value; day += 1) {
    const TimeMs time{day * kDay.value + 12345678};
    const std::string text = FormatTime(time);
    ASSERT_EQ(ParseTime(text), time) << text;
  }
}

TEST(Time, AgreesWithTheCLibrary) {
  for (int64_t seconds = 0; seconds < 253402300799; seconds += 98765432) {
    const std::time_t raw = seconds;
    std::tm parts{};
    ASSERT_NE(gmtime_r(&raw, &parts), nullptr);
    char text[32];
    ASSERT_GT(std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S.000Z", &parts), 0U);
    ASSERT_EQ(FormatTime(TimeMs{seconds * 1000}), text);
  }
}

// A character that is another than the usual form's is read only where ISO 8601 allows it.
TEST(Time, EveryCharacterInEveryPlaceIsReadOrRefused) {
  const std::string text = "2019-11-28T10:21:12.345Z";
  for (size_t place = 0; place < text.size(); ++place) {
    for (int c = 0; c < 256; ++c) {
      std::string changed = text;
      changed[place] = static_cast<char>(c);
      const std::optional<TimeMs> time = ParseTime(changed);
      const bool is_digit = c >= '0' && c <= '9';
      if (text[place] < '0' || text[place] > '9') {
        const bool same = c == text[place] || ((c == 't' || c == 'z') && c - 0x20 == text[place]);
        ASSERT_EQ(time.has_value(), same) << place << " " << c;
      } else if (!is_digit) {
        ASSERT_EQ(time, std::nullopt) << place << " " << c;
      } else if (time) {
        ASSERT_EQ(FormatTime(*time), changed);
      } else {
        // No such year, month, day, hour, minute or second.
        ASSERT_TRUE(place <= 11 || place == 14 || place == 17) << place << " " << c;
      }
    }
  }
}

TEST(Time, RefusesWhatIsNone) {
  for (const char* text : {"",
                           "Z",
                           "2019-11-29",
                           "2019-11-29T00:00:00",
                           "2019-11-29 00:00:00Z",
                           "2019-13-01T00:00:00Z",
                           "2019-02-29T00:00:00Z",
                           "2019-11-29T24:00:00Z",
                           "2019-11-29T00:60:00Z",
                           "2019-11-29T00:00:61Z",
                           "2019-11-29T00:00:00.Z",
                           "2019-11-29T00:00:00ZZ",
                           "1969-12-31T23:59:59Z",
                           "1970-01-01T00:00:00+00:01",
                           "9999-12-31T23:59:59-00:01",
                           "2019-11-29T00:00:00+1:00",
                           "2019-11-29T00:00:00+24:00",
                           "-019-11-29T00:00:00Z",
                           "2019-1a-29T00:00:00Z",
                           "20191129T000000Z",
                           "2019-11-29T00:00:00.000000000000000000"}) {
    EXPECT_EQ(ParseTime(text), std::nullopt) << text;
  }
}

TEST(Duration, ReadsUnitsAndWritesTheLargest) {
  EXPECT_EQ(ParseDuration("500ms"), DurationMs{500});
  EXPECT_EQ(ParseDuration("90s"), DurationMs{90000});
  EXPECT_EQ(ParseDuration("10m"), DurationMs{600000});
  EXPECT_EQ(ParseDuration("1h"), kHour);
  EXPECT_EQ(ParseDuration("7d"), DurationMs{7 * kDay.value});
  EXPECT_EQ(ParseDuration("0s"), DurationMs{0});
  EXPECT_EQ(FormatDuration(DurationMs{90000}), "90s");
  EXPECT_EQ(FormatDuration(kHour), "1h");
  EXPECT_EQ(FormatDuration(DurationMs{7 * kDay.value}), "7d");
  EXPECT_EQ(FormatDuration(DurationMs{1}), "1ms");
  EXPECT_EQ(FormatDuration(DurationMs{0}), "0ms");
  for (const char* text : {"", "s", "10", "10 m", "-1s", "+1s", "1.5h", "1w", "ms", "1hh",
                           "99999999999999999999s", "9223372036854775807d"}) {
    EXPECT_EQ(ParseDuration(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace weir
