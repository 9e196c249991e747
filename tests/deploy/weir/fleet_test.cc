// Goal: a synthetic fleet is the same on every machine and looks like the traffic it stands for,
// and `weir generate` writes all of it or says why not. Method: hashes computed once; whole fleets
// of a few thousand devices, counted by code, device and window; every line and every GBCS message
// decoded again; outputs that are full or closed.

#include "deploy/weir/fleet.h"

#include <fcntl.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"

#include "connectors/formats/arena.h"
#include "connectors/formats/gbcs.h"
#include "connectors/formats/json.h"
#include "connectors/formats/json_writer.h"
#include "deploy/weir/generate_command.h"
#include "engine/alert/alert_code.h"
#include "engine/alert/event.h"
#include "engine/throttle/policy.h"

namespace weir {
namespace {

std::vector<KeptAlert> All(const FleetOptions& options) {
  Fleet fleet(options);
  std::vector<KeptAlert> alerts;
  KeptAlert alert;
  while (fleet.Next(alert)) {
    alerts.push_back(alert);
  }
  EXPECT_EQ(fleet.counts().all(), alerts.size());
  return alerts;
}

std::string Lines(const FleetOptions& options) {
  std::string lines;
  for (const KeptAlert& alert : All(options)) {
    AppendForwarded(View(alert), lines);
  }
  return lines;
}

uint64_t Hash(absl::string_view bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

FleetCounts Counts(const FleetOptions& options) {
  Fleet fleet(options);
  KeptAlert alert;
  while (fleet.Next(alert)) {
  }
  return fleet.counts();
}

AlertCode Code(absl::string_view text) {
  return *ParseAlertCode(text);
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

// ---- Random numbers

TEST(FleetRandom, ExponentialHasItsMeanAndItsMedian) {
  for (const int64_t mean : {int64_t{1000}, int64_t{1} << 40, int64_t{1} << 56}) {
    FleetRandom random(1, FleetRandom::Purpose::kBackground, 0);
    constexpr int kDraws = 100'000;
    double sum = 0;
    int below = 0;
    for (int i = 0; i < kDraws; ++i) {
      const int64_t draw = random.Exponential(mean);
      ASSERT_GE(draw, 0);
      sum += static_cast<double>(draw) / static_cast<double>(mean);
      below += static_cast<double>(draw) < 0.693147 * static_cast<double>(mean) ? 1 : 0;
    }
    EXPECT_NEAR(sum / kDraws, 1, 0.02) << mean;
    EXPECT_NEAR(below, kDraws / 2.0, kDraws / 50.0) << mean;
  }
}

TEST(FleetRandom, ShuffleGivesEachNumberOnce) {
  for (uint64_t n = 1; n < 200; ++n) {
    FleetRandom random(n, FleetRandom::Purpose::kOutage, 0);
    const FleetShuffle shuffle(n, random);
    std::set<uint64_t> numbers;
    for (uint64_t i = 0; i < n; ++i) {
      numbers.insert(shuffle[i]);
    }
    EXPECT_EQ(numbers.size(), n);
    EXPECT_EQ(*numbers.rbegin(), n - 1);
  }
}

// ---- What must not change

// A change of these is a change of what every user gets for the same options: say so in the notes
// of the release.
TEST(Fleet, GivesTheSameBytesOnEveryMachine) {
  EXPECT_EQ(Hash(Lines({.devices = 1000, .storms = 5})), 0xA0584D694AF17E4Au);
  EXPECT_EQ(Hash(Lines({.devices = 1000, .storms = 5, .payloads = true})), 0xD69BD91ADC100499u);
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
  EXPECT_EQ(calm.storm, 0u);
  EXPECT_EQ(calm.outage, 0u);
  EXPECT_EQ(calm.background, wild.background);
  EXPECT_GT(wild.storm, 0u);
  EXPECT_GT(wild.outage, 0u);
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
    EXPECT_NEAR(static_cast<double>(counts.background), expected, expected / 10) << rate;
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

using Key = std::pair<Eui64, AlertCode>;

// The keys that pass the default threshold in some window, each with the alerts beyond it.
std::map<Key, uint64_t> Stormy(const std::vector<KeptAlert>& alerts) {
  const CodePolicy policy;
  std::map<std::pair<Key, int64_t>, uint64_t> windows;
  for (const KeptAlert& alert : alerts) {
    ++windows[{{*alert.device, alert.code}, WindowOf(*alert.received, policy.window)}];
  }
  std::map<Key, uint64_t> stormy;
  for (const auto& [window, count] : windows) {
    if (count > policy.threshold) {
      stormy[window.first] += count - policy.threshold;
    }
  }
  return stormy;
}

TEST(Fleet, EachStormIsOneKeyAboveTheDefaultThreshold) {
  const std::vector<KeptAlert> alerts = All({.devices = 9000, .storms = 100});
  const std::map<Key, uint64_t> stormy = Stormy(alerts);
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
    EXPECT_GT(counts.storm, 0u);
    EXPECT_EQ(counts.outage > 0, devices >= 3);
  }
}

// ---- What is written can be read

void ExpectSame(const Alert& read, const KeptAlert& written) {
  EXPECT_EQ(read.device, written.device);
  EXPECT_EQ(read.code, written.code);
  EXPECT_EQ(read.recipient, written.recipient);
  EXPECT_EQ(read.counter, written.counter);
  EXPECT_EQ(read.received, written.received);
  EXPECT_EQ(read.device_time, written.device_time);
  EXPECT_EQ(read.payload, absl::string_view(written.payload));
}

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
  };
  for (const FleetOptions& options : wrong) {
    EXPECT_FALSE(CheckFleetOptions(options).ok()) << &options - &wrong[0];
  }
  EXPECT_TRUE(CheckFleetOptions({}).ok());
  EXPECT_TRUE(CheckFleetOptions({.devices = 1, .storms = 1}).ok());
}

// ---- The command

GenerateArguments Parse(const std::string& line) {
  CLI::App root;
  GenerateArguments arguments;
  const CLI::App* command = AddGenerate(root, arguments);
  root.parse(line);
  EXPECT_TRUE(command->parsed());
  return arguments;
}

TEST(GenerateCommand, ReadsItsOptions) {
  const FleetOptions fleet =
      Parse(
          "generate --devices 7 --duration 90m --storms 3 --outages 0 --seed 9 --rate 0.5 "
          "--start 2020-02-29T00:00:00+01:00 --payloads --format json")
          .fleet;
  EXPECT_EQ(fleet.devices, 7u);
  EXPECT_EQ(fleet.duration, DurationMs{90 * kMinute.value});
  EXPECT_EQ(fleet.storms, 3u);
  EXPECT_EQ(fleet.outages, 0u);
  EXPECT_EQ(fleet.seed, 9u);
  EXPECT_EQ(fleet.alerts_per_device_day, 0.5);
  EXPECT_EQ(fleet.start, *ParseTime("2020-02-28T23:00:00Z"));
  EXPECT_TRUE(fleet.payloads);
  EXPECT_EQ(Parse("generate").fleet.duration, kDay);
  EXPECT_EQ(Parse("generate").fleet.start, *ParseTime("2019-12-02T00:00:00Z"));
  EXPECT_FALSE(Parse("generate").fleet.payloads);
}

TEST(GenerateCommand, RefusesWhatItCannotRead) {
  for (const char* line :
       {"generate --devices 0", "generate --devices -1", "generate --devices x",
        "generate --duration 10", "generate --duration 0s", "generate --duration 4000d",
        "generate --storms -1", "generate --outages 1001", "generate --start yesterday",
        "generate --rate -1", "generate --format gbcs", "generate --format kcat",
        "generate extra"}) {
    EXPECT_THROW(Parse(line), CLI::ParseError) << line;
  }
}

TEST(GenerateCommand, WritesALineForEachAlert) {
  const FleetOptions options{.devices = 300, .storms = 4};
  const FleetCounts counts = Counts(options);
  std::FILE* file = std::tmpfile();
  ASSERT_NE(file, nullptr);
  testing::internal::CaptureStderr();
  EXPECT_EQ(RunGenerate(options, file), 0);
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_EQ(said.substr(0, said.find(" in ")),
            absl::StrCat("weir generate: ", counts.all(), " alerts: ", counts.background,
                         " background, ", counts.storm));
  const std::string expected = Lines(options);
  EXPECT_GT(expected.size(), size_t{1} << 20) << "more than a block";
  std::string written(expected.size() + 1, '\0');
  std::rewind(file);
  written.resize(std::fread(written.data(), 1, written.size(), file));
  static_cast<void>(std::fclose(file));
  EXPECT_TRUE(written == expected);
}

TEST(GenerateCommand, FailsWhereItCannotWrite) {
  for (const uint64_t devices : {uint64_t{3}, uint64_t{100'000}}) {
    std::FILE* full = std::fopen("/dev/full", "w");
    ASSERT_NE(full, nullptr);
    testing::internal::CaptureStderr();
    EXPECT_EQ(RunGenerate({.devices = devices, .storms = 0}, full), 1);
    EXPECT_EQ(testing::internal::GetCapturedStderr(),
              "weir generate: cannot write the alerts: No space left on device\n");
    static_cast<void>(std::fclose(full));
  }
}

TEST(GenerateCommand, EndsQuietlyWhenItsReaderDoes) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
  close(ends[0]);
  std::FILE* out = fdopen(ends[1], "w");
  ASSERT_NE(out, nullptr);
  testing::internal::CaptureStderr();
  EXPECT_EQ(RunGenerate({.devices = 300}, out), 1);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  static_cast<void>(std::fclose(out));
}

TEST(GenerateCommand, TellsWhyItRefuses) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(RunGenerate({.devices = 10, .storms = 11}, stdout), 2);
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find("weir generate: there may be one storm a device"), std::string::npos) << said;
}

}  // namespace
}  // namespace weir
