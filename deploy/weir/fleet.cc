#include "deploy/weir/fleet.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <functional>
#include <optional>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

#include "connectors/formats/gbcs_encode.h"
#include "engine/base/check.h"

namespace weir {

namespace {

using Random = FleetRandom;
using Shuffle = FleetShuffle;

// ---- What devices report

enum class Kind : uint8_t { kElectricity, kGas, kHub };

constexpr uint64_t kDevicesPerHome = 3;

constexpr AlertCode Device(uint32_t gbcs) {
  return *AlertCode::FromDevice(gbcs);
}

// AD1 for 0, N1 for 1 and so on.
constexpr AlertCode Dcc(uint16_t number) {
  return AlertCode::FromIndex(static_cast<uint16_t>(0x1000 + number));
}

constexpr AlertCode kHubOff = Dcc(0);
constexpr AlertCode kSupplyRestored = Device(0x8F36);
constexpr AlertCode kVoltageTooLow = Device(0x8028);
constexpr AlertCode kVoltageBack = Device(0x8095);

struct Habit {
  AlertCode code;
  uint32_t weight = 1;
  std::optional<AlertCode> end = std::nullopt;  // follows within minutes
};

constexpr Habit kElectricityHabits[] = {
    {Device(0x8002), 8, Device(0x8085)},   // average voltage too high
    {Device(0x8006), 5, Device(0x8089)},   // average voltage too low
    {Device(0x8020), 6, Device(0x808D)},   // extreme over-voltage
    {Device(0x8024), 10, Device(0x8091)},  // swell
    {kVoltageTooLow, 6, kVoltageBack},     // extreme under-voltage
    {Device(0x802C), 10, Device(0x8099)},  // sag
    {Device(0x810D), 4},                   // low credit
    {Device(0x810E), 8},                   // credit added
    {Device(0x8119), 2},                   // emergency credit
    {Device(0x811A), 1},                   // load switch failed
    {Device(0x8131), 4},                   // load switch changed
    {Device(0x8145), 3},                   // clock adjusted
    {Device(0x8154), 8},                   // command actioned
    {Device(0x81A3), 2, Device(0x81A2)},   // hub disconnected
    {Device(0x8F0A), 20},                  // billing
    {Device(0x8F1E), 1},                   // command malformed
    {Device(0x8F3F), 1},                   // tamper
    {Device(0x8F66), 6},                   // future-dated command actioned
    {Device(0x8F74), 1, Device(0x81B9)},   // meter cover open
};

constexpr Habit kGasHabits[] = {
    {Device(0x810D), 4},   // low credit
    {Device(0x810E), 8},   // credit added
    {Device(0x8161), 6},   // user interface command
    {Device(0x8184), 1},   // valve tested
    {Device(0x819D), 8},   // command not retrieved
    {Device(0x81BF), 1},   // uncontrolled gas flow
    {Device(0x8F0A), 20},  // billing
    {Device(0x8F1F), 3},   // battery low
    {Device(0x8F3F), 1},   // tamper
    {Device(0x8F66), 6},   // future-dated command actioned
};

constexpr Habit kHubHabits[] = {
    {Dcc(54), 3},                         // dual-band hub
    {Device(0x8F12), 6},                  // device log changed
    {Device(0x8F20), 5, Device(0x8F21)},  // duty cycle limited
    {Device(0x8F26), 3},                  // channel changed
    {Device(0x8F2C), 2},                  // message discarded
};

constexpr Habit kElectricityStorms[] = {
    {Device(0x8002), 2}, {Device(0x8020), 5}, {Device(0x8024), 5}, {Device(0x802C), 5},
    {Device(0x8154), 1}, {Device(0x81A3), 3}, {Device(0x81A5), 2}, {Device(0x8F1E), 3},
    {Device(0x8F3F), 2}, {Device(0x8F75), 2},  // strong magnetic field: never throttled by default
};

constexpr Habit kGasStorms[] = {
    {Device(0x819D), 5}, {Device(0x81B4), 1}, {Device(0x8F1F), 3}, {Device(0x8F3F), 1}};

constexpr Habit kHubStorms[] = {{Dcc(54), 1}, {Device(0x8F20), 3}, {Device(0x8F24), 1}};

using Habits = absl::Span<const Habit>;

// By Kind.
constexpr Habits kBackground[] = {kElectricityHabits, kGasHabits, kHubHabits};
constexpr Habits kStorms[] = {kElectricityStorms, kGasStorms, kHubStorms};

uint64_t Weight(Habits habits) {
  uint64_t weight = 0;
  for (const Habit& habit : habits) {
    weight += habit.weight;
  }
  return weight;
}

const Habit& Choose(Habits habits, Random& random) {
  uint64_t place = random.Below(Weight(habits));
  for (const Habit& habit : habits) {
    if (place < habit.weight) {
      return habit;
    }
    place -= habit.weight;
  }
  WEIR_CHECK(false);
}

// How many alerts an incident of the background makes on average, in thousandths.
int64_t AlertsPerIncident() {
  uint64_t sum = 0;
  for (const Habits habits : kBackground) {
    uint64_t ends = 0;
    for (const Habit& habit : habits) {
      ends += habit.end ? habit.weight : 0;
    }
    sum += 1000 + 1000 * ends / Weight(habits);
  }
  return static_cast<int64_t>(sum / 3);
}

// ---- Who reports to whom

constexpr uint64_t kSuppliers = 20;
constexpr uint64_t kNetworkOperators = 14;

constexpr Kind KindOf(uint64_t device) {
  return static_cast<Kind>(device % kDevicesPerHome);
}

// Identifiers that no maker has: locally administered. Scattered, as those of a real fleet are.
Eui64 DeviceId(uint64_t device) {
  constexpr uint64_t kMask = (uint64_t{1} << 40) - 1;
  constexpr uint64_t kPrefix = 0x02DB;
  constexpr uint64_t kFactor = 0x9E3779B97F;  // odd, so that no two homes get the same
  uint64_t home = device / kDevicesPerHome * kFactor & kMask;
  home = (home ^ home >> 20) * kFactor & kMask;
  return {kPrefix << 48 | home << 8 | (0xA0 + device % kDevicesPerHome)};
}

// The lower of two numbers: the first suppliers are larger than the last ones.
Eui64 SupplierOf(uint64_t device) {
  Random random(0, Random::Purpose::kDevice, device / kDevicesPerHome);
  const uint64_t supplier = std::min(random.Below(kSuppliers), random.Below(kSuppliers));
  return {0x90B3D51F30010000 + (supplier << 8)};
}

// Homes next to one another have the same.
Eui64 NetworkOperatorOf(uint64_t device, uint64_t devices) {
  const uint64_t first_of_home = device - device % kDevicesPerHome;
  return {0x90B3D51F30020000 + (first_of_home * kNetworkOperators / devices << 8)};
}

bool GoesToNetworkOperator(AlertCode code) {
  return code == kHubOff || (code >= Device(0x8000) && code <= Device(0x80FF)) ||
         (code >= Device(0x8F35) && code <= Device(0x8F3C));
}

// The time a device has seen something, `received` at the other end: always as long before, in
// whole seconds, as the clocks of devices tell.
TimeMs DeviceTime(uint64_t device, TimeMs received) {
  Random random(1, Random::Purpose::kDevice, device);
  const int64_t seen = received.value - random.Between(300, 5000);
  return {std::max(seen - seen % kSecond.value, int64_t{0})};
}

uint64_t FirstCounter(uint64_t device) {
  return 1000 + Random(2, Random::Purpose::kDevice, device).Below(1'000'000);
}

// ---- GBCS messages

void PutBig(uint64_t value, size_t size, std::string& out) {
  for (size_t i = size; i > 0; --i) {
    out.push_back(static_cast<char>(value >> (8 * (i - 1)) & 0xFF));
  }
}

// An octet string with a DLMS date-time, to the second.
void PutDlmsTime(TimeMs time, std::string& out) {
  const std::chrono::sys_seconds point{std::chrono::seconds(time.value / kSecond.value)};
  const auto midnight = std::chrono::floor<std::chrono::days>(point);
  const std::chrono::year_month_day date(midnight);
  const auto of_day = static_cast<uint64_t>((point - midnight).count());
  PutBig(0x090C, 2, out);
  PutBig(static_cast<uint64_t>(static_cast<int>(date.year())), 2, out);
  PutBig(static_cast<unsigned>(date.month()), 1, out);
  PutBig(static_cast<unsigned>(date.day()), 1, out);
  PutBig(0xFF, 1, out);
  PutBig(of_day / 3600, 1, out);
  PutBig(of_day / 60 % 60, 1, out);
  PutBig(of_day % 60, 1, out);
  PutBig(0x008000FF, 4, out);
}

// Stands for what a device would have encrypted.
void PutFiller(uint64_t key, size_t size, std::string& out) {
  Random random(3, Random::Purpose::kDevice, key);
  for (size_t i = 0; i < size; ++i) {
    PutBig(random.Next(), 1, out);
  }
}

// What a device encrypts when it reports its billing data.
void AddBilling(bool gas, GbcsFields& fields, std::string& body) {
  fields.message_code = gas ? 0x008B : 0x0061;
  if (!gas) {
    fields.elements = 1;
    PutBig(0x098201AB, 4, body);
  }
  PutFiller(fields.counter, gas ? 101 : 0x01AB, body);
}

// The command that was actioned: its message code and counter, and what it changed.
void AddOutcome(bool gas, GbcsFields& fields, std::string& body) {
  fields.message_code = gas ? 0x00CD : 0x00CC;
  fields.elements = gas ? 0 : 1;
  PutBig(gas ? 0x0E00A3 : 0x09130043, gas ? 3 : 4, body);
  PutBig(fields.counter, 8, body);
  if (gas) {
    PutBig(0x07000905, 4, body);
  } else {
    PutBig(0x232800005E2C, 6, body);
    PutBig(0x800606, 3, body);
  }
}

// Fills in the use case: the message code and, by way of `body`, what belongs to it.
void AddUseCase(Kind kind, std::optional<TimeMs> lost, GbcsFields& fields, std::string& body) {
  if (fields.code == Device(0x8F0A)) {
    AddBilling(kind == Kind::kGas, fields, body);
  } else if (fields.code == Device(0x8F66)) {
    AddOutcome(kind == Kind::kGas, fields, body);
  } else if (fields.code == kSupplyRestored && lost) {
    fields.message_code = 0x0067;
    fields.elements = 2;
    PutDlmsTime(*lost, body);
    PutDlmsTime(*fields.device_time, body);
  }
  fields.body = body;
}

std::string Payload(const KeptAlert& alert, Kind kind, std::optional<TimeMs> lost) {
  const bool critical = alert.code >= Device(0x8F00);
  GbcsFields fields;
  fields.mac = !critical;
  fields.counter = *alert.counter;
  fields.originator = *alert.device;
  fields.target = *alert.recipient;
  fields.message_code = critical ? 0x1000 : 0x1001;
  fields.encoding = kind == Kind::kGas ? GbcsEncoding::kGbz : GbcsEncoding::kDlms;
  fields.code = alert.code;
  fields.device_time = alert.device_time;
  std::string body;
  AddUseCase(kind, lost, fields, body);
  return EncodeGbcs(fields);
}

// ---- Generators. Times are milliseconds since the start of the fleet.

struct Storm {
  Random random;
  uint64_t device;
  AlertCode code;
  int64_t interval;
  int64_t end;
};

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

enum class Step : uint8_t {
  kIncident,   // the next of the background
  kEnd,        // of an incident
  kStorm,      // the next alert of a storm
  kHub,        // the next hub of an outage
  kMeter,      // the next meter of an outage
  kAftermath,  // a voltage alert after an outage
};

struct Due {
  int64_t at;
  uint64_t ticket;   // first come, first served among those of a millisecond
  uint64_t subject;  // the device, or the index of the storm or the outage
  AlertCode code;    // if it is known by then
  Step step;

  friend bool operator>(const Due& a, const Due& b) {
    return a.at != b.at ? a.at > b.at : a.ticket > b.ticket;
  }
};

// An alert before it has its fields.
struct Report {
  uint64_t device = 0;
  AlertCode code;
  std::optional<TimeMs> lost = std::nullopt;  // when an outage began that is over
};

constexpr DurationMs kLongestBurst{3 * kMinute.value};

// Each report of a burst has a slice of its own and comes anywhere in it.
int64_t TimeInBurst(uint64_t i, uint64_t count, int64_t burst, Random& random) {
  const auto n = static_cast<int64_t>(count);
  const auto first = static_cast<int64_t>(i);
  return burst * first / n + random.Between(0, burst / n);
}

}  // namespace

absl::Status CheckFleetOptions(const FleetOptions& options) {
  const auto invalid = [](absl::string_view text) { return absl::InvalidArgumentError(text); };
  if (options.devices < 1 || options.devices > kMaxFleetDevices) {
    return invalid(absl::StrCat("the number of devices must be 1 to ", kMaxFleetDevices));
  }
  if (options.duration.value < 1 || options.duration > kMaxFleetDuration) {
    return invalid(absl::StrCat("the duration must be 1ms to ", FormatDuration(kMaxFleetDuration)));
  }
  if (options.storms > std::min(options.devices, kMaxFleetStorms)) {
    return invalid(absl::StrCat("there may be one storm a device and ", kMaxFleetStorms,
                                " in all; ask for fewer storms or more devices"));
  }
  if (options.outages > kMaxFleetOutages) {
    return invalid(absl::StrCat("the number of outages must be 0 to ", kMaxFleetOutages));
  }
  // Written so that what is not a number fails as well.
  if (!(options.alerts_per_device_day >= 0 && options.alerts_per_device_day <= kMaxFleetRate)) {
    return invalid(
        absl::StrCat("the rate must be 0 to ", kMaxFleetRate, " alerts per device and day"));
  }
  if (options.start.value < 0 || options.start > kLatestTime ||
      options.start + options.duration > kLatestTime) {
    return invalid("the times must lie between 1970 and the end of 9999");
  }
  return absl::OkStatus();
}

class Fleet::Schedule {
 public:
  explicit Schedule(const FleetOptions& options);

  bool Next(KeptAlert& alert);

  const FleetCounts& counts() const { return counts_; }

 private:
  void AddStorms();
  void AddOutages();
  void Add(int64_t at, Step step, uint64_t subject, AlertCode code = AlertCode());
  void AddIncident();

  Report Take(const Due& due);
  Report TakeIncident(const Due& due);
  Report TakeStorm(const Due& due);
  Report TakeHub(const Due& due);
  Report TakeMeter(const Due& due);
  void Fill(const Report& report, TimeMs received, KeptAlert& alert);

  const FleetOptions options_;
  const uint64_t homes_;       // with all their devices
  const uint64_t homes_hit_;   // by an outage
  const int64_t burst_;        // how long the reports of an outage take
  int64_t incident_gap_ = 0;   // on average, in nanoseconds; 0: none
  int64_t incident_time_ = 0;  // of the last one, in nanoseconds
  Random random_;              // of the background
  std::vector<Storm> storms_;
  std::vector<Outage> outages_;
  std::vector<uint32_t> sent_;  // by device
  std::priority_queue<Due, std::vector<Due>, std::greater<>> queue_;
  uint64_t tickets_ = 0;
  FleetCounts counts_;
};

Fleet::Schedule::Schedule(const FleetOptions& options)
    : options_(options),
      homes_(options.devices / kDevicesPerHome),
      homes_hit_(std::max(homes_ / 20, uint64_t{1})),
      burst_(std::min(kLongestBurst.value, options.duration.value / 8)),
      random_(options.seed, Random::Purpose::kBackground, 0),
      sent_(options.devices, 0) {
  WEIR_CHECK(CheckFleetOptions(options).ok());
  const int64_t per_day = std::llround(options.alerts_per_device_day * 1000) *
                          static_cast<int64_t>(options.devices);  // in thousandths
  if (per_day > 0) {
    constexpr int64_t kNanosecondsPerDay = kDay.value * 1'000'000;
    incident_gap_ = kNanosecondsPerDay * AlertsPerIncident() / per_day;
    AddIncident();
  }
  AddStorms();
  if (homes_ > 0) {
    AddOutages();
  }
}

void Fleet::Schedule::AddStorms() {
  constexpr int64_t kShortest = 10 * kMinute.value;
  constexpr int64_t kLongest = 450 * kMinute.value;
  Random devices(options_.seed, Random::Purpose::kStormDevices, 0);
  const Shuffle shuffle(options_.devices, devices);
  for (uint64_t i = 0; i < options_.storms; ++i) {
    Random random(options_.seed, Random::Purpose::kStorm, i);
    const uint64_t device = shuffle[i];
    const AlertCode code = Choose(kStorms[device % kDevicesPerHome], random).code;
    const int64_t length = std::min(random.Between(kShortest, kLongest), options_.duration.value);
    const int64_t from = random.Between(0, options_.duration.value - length);
    // TakeStorm varies the interval by a fifth: 1 to 10 s.
    const int64_t interval = random.Between(1250, 8333);
    storms_.push_back({random, device, code, interval, from + length});
    Add(from, Step::kStorm, i);
  }
}

// The parts of an outage follow one another within the duration, however short that is: half of it
// to begin, an eighth until hubs report, an eighth for their reports, and until 7/8 for the meters.
void Fleet::Schedule::AddOutages() {
  const int64_t longest_dark = std::min(90 * kMinute.value, options_.duration.value * 3 / 8);
  for (uint64_t i = 0; i < options_.outages; ++i) {
    Random random(options_.seed, Random::Purpose::kOutage, i);
    const int64_t lost = random.Between(0, options_.duration.value / 2);
    const int64_t restored = lost + random.Between(2 * burst_, std::max(longest_dark, 2 * burst_));
    const uint64_t first_home = random.Below(homes_ - homes_hit_ + 1);
    const Shuffle order(homes_hit_, random);
    outages_.push_back({random, order, first_home, lost, lost + burst_, restored});
    Add(lost + burst_, Step::kHub, i);
    Add(restored, Step::kMeter, i);
  }
}

void Fleet::Schedule::Add(int64_t at, Step step, uint64_t subject, AlertCode code) {
  if (at < options_.duration.value) {
    queue_.push({at, tickets_++, subject, code, step});
  }
}

void Fleet::Schedule::AddIncident() {
  incident_time_ += random_.Exponential(incident_gap_);
  Add(incident_time_ / 1'000'000, Step::kIncident, 0);
}

Report Fleet::Schedule::TakeIncident(const Due& due) {
  const uint64_t device = random_.Below(options_.devices);
  const Habit& habit = Choose(kBackground[device % kDevicesPerHome], random_);
  if (habit.end) {
    const int64_t lasts = random_.Between(5 * kSecond.value, 10 * kMinute.value);
    Add(due.at + lasts, Step::kEnd, device, *habit.end);
  }
  AddIncident();
  return {device, habit.code};
}

Report Fleet::Schedule::TakeStorm(const Due& due) {
  Storm& storm = storms_[due.subject];
  const int64_t fifth = storm.interval / 5;
  const int64_t next =
      due.at + storm.random.Between(storm.interval - fifth, storm.interval + fifth);
  if (next < storm.end) {
    Add(next, Step::kStorm, due.subject);
  }
  return {storm.device, storm.code};
}

Report Fleet::Schedule::TakeHub(const Due& due) {
  Outage& outage = outages_[due.subject];
  const uint64_t home = outage.first_home + outage.order[outage.hubs];
  if (++outage.hubs < homes_hit_) {
    Add(outage.hubs_from + TimeInBurst(outage.hubs, homes_hit_, burst_, outage.random), Step::kHub,
        due.subject);
  }
  return {home * kDevicesPerHome + static_cast<uint64_t>(Kind::kHub), kHubOff};
}

Report Fleet::Schedule::TakeMeter(const Due& due) {
  Outage& outage = outages_[due.subject];
  const uint64_t home = outage.first_home + outage.order[outage.meters];
  const uint64_t meter = home * kDevicesPerHome;
  if (++outage.meters < homes_hit_) {
    Add(outage.restored + TimeInBurst(outage.meters, homes_hit_, burst_, outage.random),
        Step::kMeter, due.subject);
  }
  // The voltage climbs: each meter tells that it was too low, and half of them that it is no more.
  const int64_t low = due.at + outage.random.Between(0, 20 * kSecond.value);
  Add(low, Step::kAftermath, meter, kVoltageTooLow);
  if (outage.random.Below(2) == 0) {
    Add(low + outage.random.Between(kSecond.value, 40 * kSecond.value), Step::kAftermath, meter,
        kVoltageBack);
  }
  return {meter, kSupplyRestored, options_.start + DurationMs{outage.lost}};
}

Report Fleet::Schedule::Take(const Due& due) {
  switch (due.step) {
    case Step::kIncident:
      ++counts_.background;
      return TakeIncident(due);
    case Step::kEnd:
      ++counts_.background;
      break;
    case Step::kStorm:
      ++counts_.storm;
      return TakeStorm(due);
    case Step::kHub:
      ++counts_.outage;
      return TakeHub(due);
    case Step::kMeter:
      ++counts_.outage;
      return TakeMeter(due);
    case Step::kAftermath:
      ++counts_.outage;
      break;
  }
  return {due.subject, due.code};
}

void Fleet::Schedule::Fill(const Report& report, TimeMs received, KeptAlert& alert) {
  alert.device = DeviceId(report.device);
  alert.code = report.code;
  alert.recipient = GoesToNetworkOperator(report.code)
                        ? NetworkOperatorOf(report.device, options_.devices)
                        : SupplierOf(report.device);
  alert.received = received;
  alert.payload.clear();
  if (!report.code.is_device()) {
    // Made from what the network saw: no counter and no message of the device.
    alert.counter.reset();
    alert.device_time.reset();
    return;
  }
  alert.counter = FirstCounter(report.device) + sent_[report.device]++;
  alert.device_time = DeviceTime(report.device, received);
  if (options_.payloads) {
    alert.payload = Payload(alert, KindOf(report.device), report.lost);
  }
}

bool Fleet::Schedule::Next(KeptAlert& alert) {
  if (queue_.empty()) {
    return false;
  }
  const Due due = queue_.top();
  queue_.pop();
  Fill(Take(due), options_.start + DurationMs{due.at}, alert);
  return true;
}

Fleet::Fleet(const FleetOptions& options) : schedule_(std::make_unique<Schedule>(options)) {}

Fleet::~Fleet() = default;
Fleet::Fleet(Fleet&&) noexcept = default;
Fleet& Fleet::operator=(Fleet&&) noexcept = default;

bool Fleet::Next(KeptAlert& alert) {
  return schedule_->Next(alert);
}

const FleetCounts& Fleet::counts() const {
  return schedule_->counts();
}

}  // namespace weir
