// Goal: a synthetic fleet is the same on every machine and looks like the traffic it stands for.
// Method: hashes computed once; whole fleets of a few thousand devices, counted by code, device and
// window; every line and every GBCS message decoded again.

#include "deploy/weir/fleet.h"

#include <xxhash.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "gtest/gtest.h"

#include "connectors/formats/arena.h"
#include "connectors/formats/gbcs.h"
#include "connectors/formats/json.h"
#include "connectors/formats/json_writer.h"
#include "engine/alert/alert_code.h"
#include "engine/alert/event.h"
#include "engine/throttle/policy.h"
#include "tests/deploy/weir/fleets.h"

namespace weir {
namespace {

uint64_t Hash(absl::string_view bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

// The devices that send `code`, each with when it does.
std::multimap<Eui64, TimeMs> Senders(const std::vector<KeptAlert>& alerts, absl::string_view code) {
  std::multimap<Eui64, TimeMs> senders;
  for (const KeptAlert& alert : alerts) {
    if (alert.code == Code(code)) {
      senders.emplace(*alert.device, *alert.received);
    }
  }
  return senders;
}

std::set<Eui64> Distinct(const std::multimap<Eui64, TimeMs>& senders) {
  std::set<Eui64> devices;
  for (const auto& [device, time] : senders) {
    devices.insert(device);
  }
  return devices;
}

DurationMs Span(const std::multimap<Eui64, TimeMs>& senders) {
  std::set<TimeMs> times;
  for (const auto& [device, time] : senders) {
    times.insert(time);
  }
  return *times.rbegin() - *times.begin();
}

// ---- What must not change

// A change of these is a change of what every user gets for the same options: say so in the notes
// of the release.
TEST(Fleet, GivesTheSameBytesOnEveryMachine) {
  EXPECT_EQ(Hash(Lines({.devices = 1000, .storms = 5})), 0xA0584D694AF17E4Au);
  EXPECT_EQ(Hash(Lines({.devices = 1000, .storms = 5, .payloads = true})), 0xD69BD91ADC100499u);
  EXPECT_EQ(Hash(Lines({.devices = 1000,
                        .storms = 5,
                        .payloads = true,
                        .flapping = 5,
                        .unknown_codes = 0.05,
                        .wrong_clocks = 50,
                        .far_ahead = 2,
                        .duplicates = 0.02,
                        .late = 0.03})),
            0x5FDE539272FEF435u);
}

TEST(Fleet, SeedGivesOtherAlertsOfTheSameDevices) {
  const std::vector<KeptAlert> one = All({.devices = 60, .storms = 1, .outages = 0, .seed = 1});
  const std::vector<KeptAlert> two = All({.devices = 60, .storms = 1, .outages = 0, .seed = 2});
  std::set<Eui64> devices_of_one;
  std::set<Eui64> devices_of_two;
  for (const KeptAlert& alert : one) {
    devices_of_one.insert(*alert.device);
  }
  for (const KeptAlert& alert : two) {
    devices_of_two.insert(*alert.device);
  }
  devices_of_one.insert(devices_of_two.begin(), devices_of_two.end());
  EXPECT_LE(devices_of_one.size(), 60u);
  EXPECT_NE(Lines({.devices = 60, .seed = 1}), Lines({.devices = 60, .seed = 2}));
}

TEST(Fleet, StormsAndOutagesLeaveTheBackgroundAsItIs) {
  const FleetCounts calm = Counts({.devices = 1000, .storms = 0, .outages = 0});
  const FleetCounts wild = Counts({.devices = 1000, .storms = 7, .outages = 2});
  EXPECT_EQ(calm.of(FleetKind::kStorm), 0u);
  EXPECT_EQ(calm.of(FleetKind::kOutage), 0u);
  EXPECT_EQ(calm.of(FleetKind::kBackground), wild.of(FleetKind::kBackground));
  EXPECT_GT(wild.of(FleetKind::kStorm), 0u);
  EXPECT_GT(wild.of(FleetKind::kOutage), 0u);
}

// ---- Order, times and counters

class FleetTimes : public testing::TestWithParam<DurationMs> {};

TEST_P(FleetTimes, AlertsAreInOrderAndWithinTheDuration) {
  FleetOptions options{.devices = 300, .duration = GetParam(), .storms = 10, .outages = 2};
  options.alerts_per_device_day =
      std::min(4.0 * kDay.value / static_cast<double>(GetParam().value), kMaxFleetRate);
  TimeMs last = options.start;
  const std::vector<KeptAlert> alerts = All(options);
  EXPECT_GE(alerts.size(), options.storms);
  for (const KeptAlert& alert : alerts) {
    ASSERT_GE(*alert.received, last);
    last = *alert.received;
    if (alert.device_time) {
      ASSERT_LE(*alert.device_time, *alert.received);
      ASSERT_GT(*alert.device_time + DurationMs{6000}, *alert.received);
    }
  }
  EXPECT_LT(last, options.start + options.duration);
}

INSTANTIATE_TEST_SUITE_P(Durations, FleetTimes,
                         testing::Values(DurationMs{1}, DurationMs{9}, kSecond, kMinute,
                                         DurationMs{7 * kMinute.value}, kHour, kDay,
                                         DurationMs{3 * kDay.value}),
                         [](const auto& duration) { return FormatDuration(duration.param); });

TEST(Fleet, CountersRiseByOneAndClocksNeverRunBack) {
  std::map<Eui64, uint64_t> counters;
  std::map<Eui64, TimeMs> times;
  for (const KeptAlert& alert : All({.devices = 900, .storms = 5})) {
    ASSERT_EQ(alert.counter.has_value(), alert.code.is_device());
    if (!alert.counter) {
      continue;
    }
    const auto [counter, first] = counters.emplace(*alert.device, *alert.counter);
    if (!first) {
      ASSERT_EQ(*alert.counter, ++counter->second);
      ASSERT_LE(times[*alert.device], *alert.device_time);
    }
    times[*alert.device] = *alert.device_time;
  }
  EXPECT_GT(counters.size(), 800u);
}

TEST(Fleet, EarliestStartHasNoTimeBefore1970) {
  const FleetOptions options{
      .devices = 300, .duration = kMinute, .start = {0}, .alerts_per_device_day = 10000};
  for (const KeptAlert& alert : All(options)) {
    ASSERT_GE(alert.device_time.value_or(TimeMs{0}), TimeMs{0});
  }
}

// ---- Traffic

TEST(Fleet, BackgroundHasTheRateAskedFor) {
  for (const double rate : {0.05, 1.0, 4.0, 50.0}) {
    const FleetCounts counts =
        Counts({.devices = 20000, .storms = 0, .outages = 0, .alerts_per_device_day = rate});
    const double expected = 20000 * rate;
    EXPECT_NEAR(static_cast<double>(counts.of(FleetKind::kBackground)), expected, expected / 10)
        << rate;
  }
  EXPECT_EQ(Counts({.storms = 0, .outages = 0, .alerts_per_device_day = 0}).all(), 0u);
}

TEST(Fleet, ADeviceReportsToOneSupplierAndOneNetworkOperator) {
  std::map<Eui64, std::set<Eui64>> suppliers_of;
  std::map<Eui64, std::set<Eui64>> operators_of;
  std::set<Eui64> suppliers;
  std::set<Eui64> operators;
  for (const KeptAlert& alert : All({.devices = 3000, .storms = 50})) {
    const bool voltage = FormatAlertCode(alert.code).substr(0, 2) == "80";
    if (voltage || alert.code == Code("8F36") || alert.code == Code("AD1")) {
      operators_of[*alert.device].insert(*alert.recipient);
      operators.insert(*alert.recipient);
    } else {
      suppliers_of[*alert.device].insert(*alert.recipient);
      suppliers.insert(*alert.recipient);
    }
  }
  for (const auto& [device, parties] : suppliers_of) {
    ASSERT_EQ(parties.size(), 1u) << FormatEui64(device);
  }
  for (const auto& [device, parties] : operators_of) {
    ASSERT_EQ(parties.size(), 1u) << FormatEui64(device);
  }
  EXPECT_EQ(suppliers.size(), 20u);
  EXPECT_EQ(operators.size(), 14u);
  for (const Eui64 party : operators) {
    EXPECT_EQ(suppliers.count(party), 0u);
  }
}

TEST(Fleet, EachStormIsOneKeyAboveTheDefaultThreshold) {
  const std::vector<KeptAlert> alerts = All({.devices = 9000, .storms = 100});
  const std::map<FleetKey, uint64_t> stormy = Stormy(alerts);
  std::set<Eui64> devices;
  uint64_t excluded = 0;
  for (const auto& [key, beyond] : stormy) {
    devices.insert(key.first);
    excluded += DefaultExclusions()[key.second.index()] ? 1u : 0u;
  }
  EXPECT_EQ(stormy.size(), 100u);
  EXPECT_EQ(devices.size(), 100u);
  EXPECT_LT(excluded, 10u);
}

TEST(Fleet, AStormRepeatsEveryOneToTenSeconds) {
  const std::vector<KeptAlert> alerts =
      All({.devices = 1, .storms = 1, .alerts_per_device_day = 0});
  ASSERT_GT(alerts.size(), 60u);
  for (size_t i = 1; i < alerts.size(); ++i) {
    ASSERT_EQ(alerts[i].code, alerts[0].code);
    const DurationMs gap = *alerts[i].received - *alerts[i - 1].received;
    ASSERT_GE(gap, kSecond);
    ASSERT_LE(gap.value, 10 * kSecond.value);
  }
}

// The parameters that the quickstart and `weir generate --help` name, at a tenth of their size.
TEST(Fleet, QuickstartHoldsBackAGoodPart) {
  const std::vector<KeptAlert> alerts = All({.devices = 10'000, .storms = 15});
  uint64_t beyond_all = 0;
  for (const auto& [key, beyond] : Stormy(alerts)) {
    beyond_all += beyond;
  }
  EXPECT_GT(alerts.size(), 80'000u);
  EXPECT_LT(alerts.size(), 120'000u);
  EXPECT_GT(beyond_all, alerts.size() * 3 / 10);
  EXPECT_LT(beyond_all, alerts.size() * 7 / 10);
}

TEST(Fleet, AnOutageIsABurstOfHubsAndABurstOfTheirMeters) {
  const std::vector<KeptAlert> alerts =
      All({.devices = 30'000, .storms = 0, .outages = 1, .alerts_per_device_day = 0});
  const auto hubs = Senders(alerts, "AD1");
  const auto meters = Senders(alerts, "8F36");
  const auto low = Senders(alerts, "8028");
  EXPECT_EQ(hubs.size(), 500u);
  EXPECT_EQ(meters.size(), 500u);
  EXPECT_LE(Span(hubs), DurationMs{3 * kMinute.value});
  EXPECT_LE(Span(meters), DurationMs{3 * kMinute.value});
  EXPECT_EQ(Distinct(hubs).size(), 500u);
  EXPECT_EQ(Distinct(meters).size(), 500u);
  EXPECT_EQ(Distinct(low), Distinct(meters));
  EXPECT_EQ(low.size(), 500u);
  EXPECT_NEAR(static_cast<double>(Senders(alerts, "8095").size()), 250, 50);
  // A home's devices differ in the last byte only.
  std::set<uint64_t> homes;
  for (const Eui64 hub : Distinct(hubs)) {
    homes.insert(hub.value >> 8);
  }
  for (const Eui64 meter : Distinct(meters)) {
    EXPECT_EQ(homes.count(meter.value >> 8), 1u);
    EXPECT_EQ(Distinct(hubs).count(meter), 0u);
  }
}

TEST(Fleet, SmallestFleets) {
  for (uint64_t devices = 1; devices <= 7; ++devices) {
    const FleetCounts counts = Counts({.devices = devices, .storms = devices, .outages = 3});
    EXPECT_GT(counts.of(FleetKind::kStorm), 0u);
    EXPECT_EQ(counts.of(FleetKind::kOutage) > 0, devices >= 3);
  }
}

// ---- What is written can be read

TEST(Fleet, EveryLineDecodesToItsAlert) {
  JsonParser parser;
  Arena arena;
  for (const KeptAlert& alert : All({.devices = 600, .storms = 2, .payloads = true})) {
    std::string line;
    AppendForwarded(View(alert), line);
    const size_t size = line.size() - 1;
    line.append(kJsonPadding, ' ');
    const Event event =
        DecodeJson(absl::string_view(line).substr(0, size), parser, arena, std::nullopt);
    ASSERT_TRUE(std::holds_alternative<Alert>(event)) << line;
    ExpectSame(std::get<Alert>(event), alert);
    arena.Clear();
  }
}

TEST(Fleet, EveryPayloadIsTheMessageOfItsAlert) {
  std::map<AlertCode, std::set<size_t>> sizes;
  for (const KeptAlert& alert : All({.devices = 3000, .storms = 3, .payloads = true})) {
    if (!alert.code.is_device()) {
      EXPECT_TRUE(alert.payload.empty());
      continue;
    }
    const Event event = GbcsToEvent(alert.payload, alert.received);
    ASSERT_TRUE(std::holds_alternative<Alert>(event)) << FormatAlertCode(alert.code);
    ExpectSame(std::get<Alert>(event), alert);
    sizes[alert.code].insert(alert.payload.size());
  }
  // As measured on alerts of real devices; the smaller ones are of gas meters.
  EXPECT_EQ(sizes[Code("8020")], std::set<size_t>({85}));
  EXPECT_EQ(sizes[Code("810E")], std::set<size_t>({69, 85}));
  EXPECT_EQ(sizes[Code("8F3F")], std::set<size_t>({108, 124}));
  EXPECT_EQ(sizes[Code("8F36")], std::set<size_t>({152}));
  EXPECT_EQ(sizes[Code("8F66")], std::set<size_t>({123, 145}));
  EXPECT_EQ(sizes[Code("8F0A")], std::set<size_t>({209, 557}));
}

TEST(Fleet, SupplyRestoredTellsWhenItWasLost) {
  for (const KeptAlert& alert : All({.devices = 300, .payloads = true})) {
    if (alert.code != Code("8F36")) {
      continue;
    }
    const GbcsMessage message = std::get<GbcsMessage>(DecodeGbcs(alert.payload));
    EXPECT_EQ(message.message_code, 0x0067);
    ASSERT_EQ(message.body.size(), 28u);
    EXPECT_EQ(message.body.substr(0, 6), absl::string_view("\x09\x0C\x07\xE3\x0C\x02", 6));
    EXPECT_LT(message.body.substr(0, 14), message.body.substr(14));
  }
}

// ---- Options

TEST(Fleet, RefusesOptionsThatMakeNoFleet) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const FleetOptions wrong[] = {
      {.devices = 0, .storms = 0},
      {.devices = kMaxFleetDevices + 1},
      {.duration = {0}},
      {.duration = {kMaxFleetDuration.value + 1}},
      {.devices = 10, .storms = 11},
      {.devices = kMaxFleetDevices, .storms = kMaxFleetStorms + 1},
      {.outages = kMaxFleetOutages + 1},
      {.start = {-1}},
      {.start = {kLatestTime.value - 5}},
      {.start = {std::numeric_limits<int64_t>::max()}},
      {.alerts_per_device_day = -1},
      {.alerts_per_device_day = nan},
      {.alerts_per_device_day = kMaxFleetRate * 2},
      {.devices = 10, .storms = 0, .flapping = 11},
      {.devices = 10, .storms = 0, .wrong_clocks = 11},
      {.devices = 10, .storms = 0, .far_ahead = 11},
      {.far_ahead = kMaxFleetFarAhead + 1},
      {.unknown_codes = -0.1},
      {.unknown_codes = nan},
      {.duplicates = 1.1},
      {.late = -1},
      {.start = {kLatestTime.value - 30 * kDay.value}, .far_ahead = 1},
  };
  for (const FleetOptions& options : wrong) {
    EXPECT_FALSE(CheckFleetOptions(options).ok()) << &options - &wrong[0];
  }
  EXPECT_TRUE(CheckFleetOptions({}).ok());
  EXPECT_TRUE(CheckFleetOptions({.devices = 1, .storms = 1}).ok());
  EXPECT_TRUE(CheckFleetOptions({.start = {kLatestTime.value - 30 * kDay.value}}).ok());
  EXPECT_TRUE(CheckFleetOptions({.unknown_codes = 1, .duplicates = 1, .late = 1}).ok());
}

}  // namespace
}  // namespace weir
