// Goal: what goes wrong in a synthetic fleet is as bad as it is said to be, and no worse; nothing
// of it changes the alerts that are there without it. Method: whole fleets with one fault each,
// compared with the same fleet without; times, codes and counters of every alert.

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "gtest/gtest.h"

#include "connectors/formats/gbcs.h"
#include "deploy/weir/fleet.h"
#include "deploy/weir/fleet_clocks.h"
#include "deploy/weir/fleet_delivery.h"
#include "deploy/weir/fleet_habits.h"
#include "deploy/weir/fleet_options.h"
#include "engine/alert/alert_code.h"
#include "engine/alert/catalogue.h"
#include "engine/alert/event.h"
#include "engine/base/units.h"
#include "engine/pipeline/stream_clock.h"
#include "engine/throttle/policy.h"
#include "tests/deploy/weir/fleets.h"

namespace weir {
namespace {

constexpr FleetDevice kKindsOfDevice[] = {FleetDevice::kElectricity, FleetDevice::kGas,
                                          FleetDevice::kHub};

// A fleet that has everything, for one more to be added.
FleetOptions Base() {
  return {.devices = 1200, .storms = 3, .outages = 1};
}

double Share(uint64_t part, uint64_t whole) {
  return static_cast<double>(part) / static_cast<double>(whole);
}

// ---- Nothing changes the rest

using Trace = std::multiset<std::tuple<Eui64, AlertCode, TimeMs>>;

Trace TraceOf(const FleetOptions& options) {
  Trace trace;
  for (const KeptAlert& alert : All(options)) {
    trace.emplace(*alert.device, alert.code, *alert.received);
  }
  return trace;
}

class FleetAdditions : public testing::TestWithParam<FleetOptions> {};

TEST_P(FleetAdditions, LeaveTheOthersAsTheyAre) {
  const Trace before = TraceOf(Base());
  const Trace after = TraceOf(GetParam());
  EXPECT_TRUE(std::includes(after.begin(), after.end(), before.begin(), before.end()));
  Fleet fleet(GetParam());
  KeptAlert alert;
  while (fleet.Next(alert)) {
  }
  const FleetCounts counts = fleet.counts();
  EXPECT_EQ(after.size(), counts.all());
  const FleetCounts base = Counts(Base());
  for (const FleetKind kind : {FleetKind::kBackground, FleetKind::kOutage}) {
    EXPECT_EQ(counts.of(kind), base.of(kind));
  }
  EXPECT_TRUE(after.size() > before.size() || counts.late + counts.wrong_clock > 0);
}

INSTANTIATE_TEST_SUITE_P(
    Each, FleetAdditions,
    testing::Values(FleetOptions{.devices = 1200, .storms = 4, .outages = 1},
                    FleetOptions{.devices = 1200, .storms = 3, .outages = 1, .flapping = 3},
                    FleetOptions{.devices = 1200, .storms = 3, .unknown_codes = 0.1},
                    FleetOptions{.devices = 1200, .storms = 3, .wrong_clocks = 100},
                    FleetOptions{.devices = 1200, .storms = 3, .far_ahead = 3},
                    FleetOptions{.devices = 1200, .storms = 3, .duplicates = 0.1},
                    FleetOptions{.devices = 1200, .storms = 3, .late = 0.1}));

// What happens to a message does not depend on the rest of the log.
TEST(FleetFaults, MessagesKeepTheirFate) {
  const FleetOptions calm{
      .devices = 900, .storms = 0, .outages = 0, .duplicates = 0.1, .late = 0.1};
  FleetOptions wild = calm;
  wild.storms = 5;
  wild.unknown_codes = 0.5;
  const Trace before = TraceOf(calm);
  const Trace after = TraceOf(wild);
  EXPECT_TRUE(std::includes(after.begin(), after.end(), before.begin(), before.end()));
}

// ---- Flapping

TEST(FleetHabits, EndsArePairsOfTheCatalogue) {
  for (const FleetDevice kind : kKindsOfDevice) {
    for (const FleetHabits habits : {BackgroundHabits(kind), FlappingHabits(kind)}) {
      for (const FleetHabit& habit : habits) {
        EXPECT_TRUE(!habit.end || habit.end == PairedCode(habit.code))
            << FormatAlertCode(habit.code);
      }
    }
    for (const FleetHabit& habit : FlappingHabits(kind)) {
      ASSERT_TRUE(habit.end.has_value());
      EXPECT_FALSE(DefaultExclusions()[habit.code.index()]) << FormatAlertCode(habit.code);
      EXPECT_FALSE(DefaultExclusions()[habit.end->index()]) << FormatAlertCode(*habit.end);
    }
  }
}

TEST(FleetFaults, FlappingDevicesAlternateTwoCodesThatClearEachOther) {
  std::map<Eui64, KeptAlert> last;
  for (const KeptAlert& alert : All({.devices = 600,
                                .storms = 0,
                                .outages = 0,
                                .alerts_per_device_day = 0,
                                .flapping = 100})) {
    const auto [before, first] = last.emplace(*alert.device, alert);
    if (!first) {
      ASSERT_EQ(alert.code, PairedCode(before->second.code));
      const DurationMs gap = *alert.received - *before->second.received;
      ASSERT_GE(gap.value, 5 * kSecond.value);
      ASSERT_LE(gap.value, 60 * kSecond.value);
      before->second = alert;
    }
  }
  EXPECT_EQ(last.size(), 100u);
}

TEST(FleetFaults, FlappingPassesTheDefaultThresholdWithBothCodes) {
  const std::vector<KeptAlert> alerts =
      All({.devices = 600, .storms = 0, .outages = 0, .alerts_per_device_day = 0, .flapping = 100});
  EXPECT_EQ(Stormy(alerts).size(), 200u);
}

// ---- Delivered again, delivered late

// All that a device has sent: the alert but for its received time.
std::string Message(KeptAlert alert) {
  alert.received.reset();
  std::string message;
  AppendForwarded(View(alert), message);
  return message;
}

TEST(FleetFaults, DuplicatesAreTheSameMessageWithinMinutes) {
  const FleetOptions options{.devices = 3000, .storms = 5, .payloads = true, .duplicates = 0.05};
  const FleetCounts counts = Counts(options);
  std::map<std::string, TimeMs> seen;
  uint64_t again = 0;
  for (const KeptAlert& alert : All(options)) {
    if (!alert.counter) {
      continue;
    }
    const auto [first, is_new] = seen.emplace(Message(alert), *alert.received);
    if (!is_new) {
      ++again;
      ASSERT_GE(*alert.received - first->second, kSecond);
      ASSERT_LE(*alert.received - first->second, kLongestRedelivery);
    }
  }
  EXPECT_EQ(again, counts.duplicates);
  EXPECT_EQ(counts.late, 0u);
  EXPECT_NEAR(Share(again, seen.size()), 0.05, 0.005);
}

TEST(FleetFaults, EveryMessageMayComeTwice) {
  const FleetCounts counts = Counts({.devices = 300, .storms = 0, .outages = 0, .duplicates = 1});
  // But for DCC alerts, and for those of the last minutes.
  EXPECT_GT(counts.duplicates, counts.all() * 45 / 100);
  EXPECT_LE(counts.duplicates, counts.all() / 2);
}

TEST(FleetFaults, LateAlertsStandBehindOthersForMinutesAtMost) {
  const FleetOptions options{.devices = 3000, .storms = 5, .late = 0.05};
  const std::vector<KeptAlert> alerts = All(options);
  uint64_t late = 0;
  TimeMs newest = options.start;
  for (const KeptAlert& alert : alerts) {
    late += *alert.received < newest ? 1U : 0U;
    newest = std::max(newest, *alert.received);
    ASSERT_LE(newest - *alert.received, kLongestLateness);
    ASSERT_LT(*alert.received, options.start + options.duration);
  }
  EXPECT_EQ(late, Counts(options).late);
  EXPECT_NEAR(Share(late, alerts.size()), 0.05, 0.005);
}

TEST(FleetFaults, LateAlertsAreTheAlertsThatThereAreWithoutThem) {
  EXPECT_EQ(TraceOf({.devices = 600, .storms = 3, .late = 1}),
            TraceOf({.devices = 600, .storms = 3}));
}

// ---- Unknown codes

TEST(FleetFaults, UnknownCodesHaveNoNameAndLieInTheRangesOfDevices) {
  std::set<std::string> ranges;
  uint64_t unknown = 0;
  const FleetOptions options{.devices = 5000, .storms = 0, .outages = 0, .unknown_codes = 0.1};
  const FleetCounts counts = Counts(options);
  for (const KeptAlert& alert : All(options)) {
    if (AlertCodeName(alert.code).empty()) {
      ++unknown;
      ranges.insert(FormatAlertCode(alert.code).substr(0, 2));
    }
  }
  EXPECT_EQ(unknown, counts.of(FleetKind::kUnknown));
  EXPECT_EQ(ranges, (std::set<std::string>{"80", "81", "8F"}));
  EXPECT_NEAR(Share(unknown, counts.of(FleetKind::kBackground)), 0.1, 0.01);
}

// ---- Clocks

TEST(FleetFaults, WrongClocksAreWrongByTheSameForEver) {
  const FleetOptions options{
      .devices = 900, .storms = 0, .alerts_per_device_day = 40, .wrong_clocks = 100};
  std::map<Eui64, std::set<int64_t>> errors;
  uint64_t stamped = 0;
  uint64_t behind = 0;
  for (const KeptAlert& alert : All(options)) {
    if (!alert.device_time) {
      continue;
    }
    // A right clock is at most seconds behind.
    const DurationMs error = *alert.device_time - *alert.received;
    if (error > DurationMs{0} || error < DurationMs{-kMinute.value}) {
      ++stamped;
      behind += error.value < 0 ? 1U : 0U;
      ASSERT_TRUE(error > DurationMs{kDay.value - kMinute.value} || error.value < -30 * kDay.value);
      ASSERT_GE(*alert.device_time, *ParseTime("2000-01-01T00:00:00Z"));
      errors[*alert.device].insert((error.value + 6000) / (10 * kSecond.value));
    }
  }
  EXPECT_EQ(errors.size(), 100u);
  EXPECT_EQ(stamped, Counts(options).wrong_clock);
  EXPECT_NEAR(Share(behind, stamped), 0.5, 0.1);
  for (const auto& [device, of_device] : errors) {
    EXPECT_LE(of_device.size(), 2u) << FormatEui64(device);
  }
}

TEST(FleetFaults, MessagesSayWhatWrongClocksTell) {
  uint64_t open = 0;
  for (const int64_t start : {int64_t{0}, int64_t{1575244800000}, kLatestTime.value - kDay.value}) {
    for (const KeptAlert& alert : All({.devices = 300,
                                  .storms = 0,
                                  .start = {start},
                                  .payloads = true,
                                  .wrong_clocks = 300})) {
      if (!alert.code.is_device()) {
        continue;
      }
      const Event event = GbcsToEvent(alert.payload, alert.received);
      ASSERT_TRUE(std::holds_alternative<Alert>(event)) << FormatAlertCode(alert.code);
      ExpectSame(std::get<Alert>(event), alert);
      ASSERT_TRUE(IsTime(alert.device_time.value_or(TimeMs{0})));
      open += alert.device_time ? 0U : 1U;
    }
  }
  EXPECT_GT(open, 0u) << "gas meters know no time before 2000";
}

TEST(FleetFaults, FarAheadIsFurtherThanADayAndRare) {
  FleetOptions options = Base();
  options.far_ahead = 7;
  std::map<Eui64, int> devices;
  for (const KeptAlert& alert : All(options)) {
    if (*alert.received >= options.start + options.duration) {
      ++devices[*alert.device];
      ASSERT_LE(*alert.received, options.start + options.duration + kMostFleetAhead);
    }
  }
  EXPECT_EQ(devices.size(), 7u);
  for (const auto& [device, alerts] : devices) {
    EXPECT_EQ(alerts, 3) << FormatEui64(device);
  }
}

// The end of the stream time of a partition that reads it all.
TimeMs EndOf(const FleetOptions& options) {
  StreamClock clock(PolicySchedule().max_ahead);
  for (const KeptAlert& alert : All(options)) {
    clock.Observe(*alert.received, alert.device);
  }
  return *clock.now();
}

TEST(FleetFaults, OneDeviceFarAheadDoesNotMoveStreamTimeAndTwoDo) {
  for (uint64_t seed = 1; seed < 10; ++seed) {
    FleetOptions options{.devices = 600, .storms = 1, .seed = seed};
    const TimeMs end = EndOf(options);
    options.far_ahead = 1;
    EXPECT_EQ(EndOf(options), end);
    options.far_ahead = 2;
    EXPECT_GT(EndOf(options), end + kDay);
  }
}

}  // namespace
}  // namespace weir
