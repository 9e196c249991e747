#include "deploy/weir/fleet_traffic.h"

#include <algorithm>
#include <utility>

#include "deploy/weir/fleet_devices.h"
#include "deploy/weir/fleet_habits.h"
#include "deploy/weir/fleet_random.h"

namespace weir {

namespace {

using Random = FleetRandom;
using Shuffle = FleetShuffle;

// ---- Incidents that have nothing to do with one another

// Their times: exponentially distributed gaps, in nanoseconds.
class Arrivals {
 public:
  // Alerts a day and alerts an incident, both in thousandths. With none a day, none ever comes.
  explicit Arrivals(int64_t per_day, int64_t per_incident = 1000)
      : gap_(per_day > 0 ? kDay.value * kNanoseconds * per_incident / per_day : 0) {}

  int64_t Next(Random& random) {
    if (gap_ == 0) {
      return FleetAgenda::kNever;
    }
    time_ += random.Exponential(gap_);
    return time_ / kNanoseconds;
  }

 private:
  static constexpr int64_t kNanoseconds = 1'000'000;  // of a millisecond

  int64_t gap_;
  int64_t time_ = 0;
};

// Every device now and then has something to report, and mostly that it is over minutes later.
class Background : public FleetTraffic {
 public:
  Background(const FleetOptions& options, FleetAgenda& agenda)
      : FleetTraffic(FleetKind::kBackground, agenda),
        devices_(options.devices),
        random_(options.seed, Random::Purpose::kBackground, 0),
        arrivals_(BackgroundPerDay(options), AlertsPerIncident()) {
    Plan(arrivals_.Next(random_), 0);
  }

  FleetReport Take(const FleetDue& due) override {
    if (due.step == kEnd) {
      return {.at = due.at, .device = due.subject, .code = due.code};
    }
    const uint64_t device = random_.Below(devices_);
    const FleetHabit& habit = Choose(BackgroundHabits(KindOf(device)), random_);
    if (habit.end) {
      const int64_t lasts = random_.Between(5 * kSecond.value, 10 * kMinute.value);
      Plan(due.at + lasts, device, kEnd, *habit.end);
    }
    Plan(arrivals_.Next(random_), 0);
    return {.at = due.at, .device = device, .code = habit.code};
  }

 private:
  static constexpr uint8_t kEnd = 1;

  uint64_t devices_;
  Random random_;
  Arrivals arrivals_;
};

// Codes that the catalogue does not know, from any device.
class Unknown : public FleetTraffic {
 public:
  Unknown(const FleetOptions& options, FleetAgenda& agenda)
      : FleetTraffic(FleetKind::kUnknown, agenda),
        devices_(options.devices),
        random_(options.seed, Random::Purpose::kUnknown, 0),
        arrivals_(PerDay(options)),
        codes_(UnknownCodes()) {
    Plan(arrivals_.Next(random_), 0);
  }

  FleetReport Take(const FleetDue& due) override {
    const uint64_t device = random_.Below(devices_);
    const AlertCode code = codes_[random_.Below(codes_.size())];
    Plan(arrivals_.Next(random_), 0);
    return {.at = due.at, .device = device, .code = code};
  }

 private:
  // In two parts, as the product may be too large.
  static int64_t PerDay(const FleetOptions& options) {
    constexpr auto kAll = static_cast<int64_t>(kMillion);
    const auto share = static_cast<int64_t>(Millionths(options.unknown_codes));
    const int64_t per_day = BackgroundPerDay(options);
    return per_day / kAll * share + per_day % kAll * share / kAll;
  }

  uint64_t devices_;
  Random random_;
  Arrivals arrivals_;
  std::vector<AlertCode> codes_;
};

// ---- Devices that repeat themselves

// Anything from `middle` - 20 % to `middle` + 20 %.
int64_t Vary(int64_t middle, Random& random) {
  const int64_t fifth = middle / 5;
  return random.Between(middle - fifth, middle + fifth);
}

// One device that repeats a code, or several in turn.
struct Repetition {
  Random random;
  uint64_t device;
  AlertCode next;   // code
  AlertCode after;  // that one
  int64_t interval;
  int64_t end;
};

// How devices of a kind repeat themselves.
struct Pattern {
  Random::Purpose choice{};
  Random::Purpose course{};
  FleetHabits (*habits)(FleetDevice kind) = nullptr;
  DurationMs shortest;
  DurationMs longest;
  int64_t fastest = 0;  // interval, on average
  int64_t slowest = 0;
};

// 1 to 10 s apart.
constexpr Pattern kStormPattern = {.choice = Random::Purpose::kStormDevices,
                                   .course = Random::Purpose::kStorm,
                                   .habits = StormHabits,
                                   .shortest = {10 * kMinute.value},
                                   .longest = {450 * kMinute.value},
                                   .fastest = 1250,
                                   .slowest = 8333};

// 5 to 60 s apart: in an hour at least 30 times each code, and in one window half of that.
constexpr Pattern kFlappingPattern = {.choice = Random::Purpose::kFlappingDevices,
                                      .course = Random::Purpose::kFlapping,
                                      .habits = FlappingHabits,
                                      .shortest = kHour,
                                      .longest = {6 * kHour.value},
                                      .fastest = 6250,
                                      .slowest = 50'000};

class Repeating : public FleetTraffic {
 public:
  Repeating(FleetKind kind, const Pattern& pattern, uint64_t count, const FleetOptions& options,
            FleetAgenda& agenda)
      : FleetTraffic(kind, agenda) {
    Random choice(options.seed, pattern.choice, 0);
    const Shuffle shuffle(options.devices, choice);
    for (uint64_t i = 0; i < count; ++i) {
      Random random(options.seed, pattern.course, i);
      const uint64_t device = shuffle[i];
      const FleetHabit& habit = Choose(pattern.habits(KindOf(device)), random);
      const int64_t length = std::min(random.Between(pattern.shortest.value, pattern.longest.value),
                                      options.duration.value);
      const int64_t from = random.Between(0, options.duration.value - length);
      const int64_t interval = random.Between(pattern.fastest, pattern.slowest);
      repetitions_.push_back(
          {random, device, habit.code, habit.end.value_or(habit.code), interval, from + length});
      Plan(from, i);
    }
  }

  FleetReport Take(const FleetDue& due) override {
    Repetition& repetition = repetitions_[due.subject];
    const AlertCode code = repetition.next;
    std::swap(repetition.next, repetition.after);
    const int64_t next = due.at + Vary(repetition.interval, repetition.random);
    if (next < repetition.end) {
      Plan(next, due.subject);
    }
    return {.at = due.at, .device = repetition.device, .code = code};
  }

 private:
  std::vector<Repetition> repetitions_;
};

// ---- Outages

struct Outage {
  Random random;
  Shuffle order;
  uint64_t first_home;
  int64_t lost;       // when the power went off
  int64_t hubs_from;  // when the first hub says so
  int64_t restored;   // when the first meter says that it is back
  uint64_t hubs = 0;  // how many have reported
  uint64_t meters = 0;
};

// Homes next to one another lose power: their hubs say so, and so do the meters once it is back.
class Outages : public FleetTraffic {
 public:
  Outages(const FleetOptions& options, FleetAgenda& agenda);
  FleetReport Take(const FleetDue& due) override;

 private:
  enum Step : uint8_t { kHub, kMeter, kAftermath };

  static constexpr DurationMs kLongestBurst{3 * kMinute.value};

  FleetReport TakeHub(const FleetDue& due);
  FleetReport TakeMeter(const FleetDue& due);

  // Each report of a burst has a slice of its own and comes anywhere in it.
  int64_t TimeInBurst(uint64_t i, Random& random) const {
    const auto n = static_cast<int64_t>(homes_hit_);
    return burst_ * static_cast<int64_t>(i) / n + random.Between(0, burst_ / n);
  }

  uint64_t homes_hit_;  // by one outage
  int64_t burst_;       // how long its reports take
  std::vector<Outage> outages_;
};

// The parts of an outage follow one another within the duration, however short that is: half of it
// to begin, an eighth until hubs report, an eighth for their reports, and until 7/8 for the meters.
Outages::Outages(const FleetOptions& options, FleetAgenda& agenda)
    : FleetTraffic(FleetKind::kOutage, agenda),
      homes_hit_(std::max(options.devices / kDevicesPerHome / 20, uint64_t{1})),
      burst_(std::min(kLongestBurst.value, options.duration.value / 8)) {
  const uint64_t homes = options.devices / kDevicesPerHome;  // with all their devices
  if (homes == 0) {
    return;
  }
  const int64_t longest_dark = std::min(90 * kMinute.value, options.duration.value * 3 / 8);
  for (uint64_t i = 0; i < options.outages; ++i) {
    Random random(options.seed, Random::Purpose::kOutage, i);
    const int64_t lost = random.Between(0, options.duration.value / 2);
    const int64_t restored = lost + random.Between(2 * burst_, std::max(longest_dark, 2 * burst_));
    const uint64_t first_home = random.Below(homes - homes_hit_ + 1);
    const Shuffle order(homes_hit_, random);
    outages_.push_back({random, order, first_home, lost, lost + burst_, restored});
    Plan(lost + burst_, i, kHub);
    Plan(restored, i, kMeter);
  }
}

FleetReport Outages::Take(const FleetDue& due) {
  switch (due.step) {
    case kHub:
      return TakeHub(due);
    case kMeter:
      return TakeMeter(due);
    default:
      return {.at = due.at, .device = due.subject, .code = due.code};
  }
}

FleetReport Outages::TakeHub(const FleetDue& due) {
  Outage& outage = outages_[due.subject];
  const uint64_t home = outage.first_home + outage.order[outage.hubs];
  if (++outage.hubs < homes_hit_) {
    Plan(outage.hubs_from + TimeInBurst(outage.hubs, outage.random), due.subject, kHub);
  }
  return {.at = due.at,
          .device = home * kDevicesPerHome + static_cast<uint64_t>(FleetDevice::kHub),
          .code = kHubOff};
}

FleetReport Outages::TakeMeter(const FleetDue& due) {
  Outage& outage = outages_[due.subject];
  const uint64_t home = outage.first_home + outage.order[outage.meters];
  const uint64_t meter = home * kDevicesPerHome;
  if (++outage.meters < homes_hit_) {
    Plan(outage.restored + TimeInBurst(outage.meters, outage.random), due.subject, kMeter);
  }
  // The voltage climbs: each meter tells that it was too low, and half of them that it is no more.
  const int64_t low = due.at + outage.random.Between(0, 20 * kSecond.value);
  Plan(low, meter, kAftermath, kVoltageTooLow);
  if (outage.random.Below(2) == 0) {
    Plan(low + outage.random.Between(kSecond.value, 40 * kSecond.value), meter, kAftermath,
         kVoltageBack);
  }
  return {.at = due.at, .device = meter, .code = kSupplyRestored, .lost = outage.lost};
}

// ---- Received times gone wrong

// Each device gives three alerts that whoever receives them stamps with a clock of days to come.
class FarAhead : public FleetTraffic {
 public:
  FarAhead(const FleetOptions& options, FleetAgenda& agenda)
      : FleetTraffic(FleetKind::kFarAhead, agenda) {
    constexpr int kAlerts = 3;
    Random choice(options.seed, Random::Purpose::kFarAheadDevices, 0);
    const Shuffle shuffle(options.devices, choice);
    for (uint64_t i = 0; i < options.far_ahead; ++i) {
      Random random(options.seed, Random::Purpose::kFarAhead, i);
      const int64_t ahead = random.Between(kLeastFleetAhead.value, kMostFleetAhead.value);
      const AlertCode code = Choose(BackgroundHabits(KindOf(shuffle[i])), random).code;
      devices_.push_back({shuffle[i], ahead});
      for (int alert = 0; alert < kAlerts; ++alert) {
        Plan(random.Between(0, options.duration.value - 1), i, 0, code);
      }
    }
  }

  FleetReport Take(const FleetDue& due) override {
    const auto& [device, ahead] = devices_[due.subject];
    return {.at = due.at, .device = device, .code = due.code, .ahead = ahead};
  }

 private:
  struct Stamped {
    uint64_t device;
    int64_t ahead;
  };

  std::vector<Stamped> devices_;
};

}  // namespace

std::vector<std::unique_ptr<FleetTraffic>> PlanTraffic(const FleetOptions& options,
                                                       FleetAgenda& agenda) {
  std::vector<std::unique_ptr<FleetTraffic>> traffic;
  traffic.push_back(std::make_unique<Background>(options, agenda));
  traffic.push_back(std::make_unique<Repeating>(FleetKind::kStorm, kStormPattern, options.storms,
                                                options, agenda));
  traffic.push_back(std::make_unique<Outages>(options, agenda));
  traffic.push_back(std::make_unique<Repeating>(FleetKind::kFlapping, kFlappingPattern,
                                                options.flapping, options, agenda));
  traffic.push_back(std::make_unique<Unknown>(options, agenda));
  traffic.push_back(std::make_unique<FarAhead>(options, agenda));
  return traffic;
}

}  // namespace weir
