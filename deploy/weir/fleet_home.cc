#include "deploy/weir/fleet_home.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "connectors/formats/gbcs_encode.h"
#include "deploy/weir/fleet_devices.h"
#include "deploy/weir/fleet_mpxn.h"
#include "deploy/weir/fleet_parties.h"
#include "deploy/weir/fleet_random.h"

namespace weir {

namespace {

constexpr int64_t kMs = 1;
constexpr int64_t kSeconds = 1000 * kMs;
constexpr int64_t kMinutes = 60 * kSeconds;
constexpr int64_t kHours = 60 * kMinutes;

// The id of the DCC itself, to which requests about hubs go.
constexpr Eui64 kDcc{0x90B3D51F30000002};

enum Place : uint64_t { kEsmePlace, kGsmePlace, kChfPlace, kGpfPlace, kHcalcsPlace, kPpmidPlace };

void PutBig(uint64_t value, size_t size, std::string& out) {
  for (size_t i = size; i > 0; --i) {
    out.push_back(static_cast<char>(value >> (8 * (i - 1)) & 0xFF));
  }
}

// A request of load switching: how it is asked for and how it ends.
struct Switching {
  absl::string_view srv;
  uint16_t command = 0;  // its message code
  uint32_t instructions = 1;
  bool later = false;  // future-dated, and its outcomes come from the device
};

constexpr Switching kDescriptions = {"6.14.1", 0x0053};
constexpr Switching kScheduler = {"6.14.2", 0x0054, 2};
constexpr Switching kLaterScheduler = {"6.14.2", 0x0054, 2, true};
constexpr Switching kLaterController = {"6.14.3", 0x011A, 1, true};

SystemRequest RequestOf(const RequestId& id, absl::string_view srv) {
  SystemRequest asked;
  asked.request.id = id;
  asked.request.srv = srv;
  return asked;
}

SystemResponse ResponseOf(const RequestId& id, absl::string_view srv, absl::string_view code,
                          std::string payload = {}) {
  SystemResponse answer;
  answer.response.id = id;
  answer.response.srv = srv;
  answer.response.code = code;
  answer.payload = std::move(payload);
  return answer;
}

class Home {
 public:
  Home(const FleetOptions& options, uint64_t home, int64_t begin)
      : options_(options),
        home_(home),
        begin_(begin),
        random_(options.seed, FleetRandom::Purpose::kSystem, home),
        supplier_(PartyId(FleetParty::kSupplier, SupplierNumber(home * kDevicesPerHome))),
        gas_supplier_(PartyId(FleetParty::kGasSupplier, SupplierNumber(home * kDevicesPerHome))),
        operator_number_(OperatorNumber(home * kDevicesPerHome, options.devices)),
        operator_(PartyId(FleetParty::kNetworkOperator, operator_number_)) {}

  std::vector<SystemRecord> Plan() {
    AnnounceMeter();
    AnnounceOthers();
    PlanSwitching();
    if (Chance(60)) {
      PlanRead();
    }
    if (Chance(40)) {
      PlanHubReturn();
    }
    if (Chance(50)) {
      PlanGasFlow();
    }
    if (Chance(40)) {
      PlanPending();
    }
    return std::move(records_);
  }

 private:
  bool Chance(uint64_t percent) { return random_.Below(100) < percent; }

  TimeMs TimeOf(int64_t at) const { return options_.start + DurationMs{at}; }

  Eui64 Id(uint64_t place) const { return IdInHome(home_, place); }

  template <typename T, size_t N>
  const T& OneOf(const T (&choices)[N]) {
    return choices[random_.Below(N)];
  }

  template <typename What>
  SystemRecord& Add(int64_t at, Eui64 device, What what) {
    records_.push_back({.received = TimeOf(at), .device = device, .what = std::move(what)});
    return records_.back();
  }

  // Once more, within minutes: a duplicate.
  void Repeat(SystemRecord& record) {
    record.comes_again = true;
    SystemRecord again = record;
    again.received = record.received + DurationMs{random_.Between(1 * kMinutes, 5 * kMinutes)};
    records_.push_back(std::move(again));
  }

  // Once more, when nobody takes it for a duplicate any longer.
  void RepeatLater(SystemRecord& record) {
    record.comes_again = true;
    SystemRecord again = record;
    again.received = record.received + DurationMs{random_.Between(3 * kHours, 5 * kHours)};
    records_.push_back(std::move(again));
  }

  void PerhapsRepeat(uint64_t percent) {
    if (Chance(percent)) {
      Repeat(records_.back());
    } else if (Chance(percent)) {
      RepeatLater(records_.back());
    }
  }

  // A time after the devices have been told of.
  int64_t Later() { return begin_ + random_.Between(15 * kMinutes, 3 * kHours); }

  // No two requests of a home have the same.
  RequestId NewRequest(Eui64 party, Eui64 device, int64_t at) {
    constexpr uint64_t kStories = 64;
    const auto time = static_cast<uint64_t>(TimeOf(at).value);
    return {.party = party, .device = device, .counter = time * kStories + ++requests_};
  }

  // ---- The inventory

  SystemDevice Device(DeviceType type) {
    static constexpr absl::string_view kVersions[] = {"1.0", "2.1", "3.2", "4.0", "4.1"};
    SystemDevice device = {.type = type, .added_by = supplier_, .supplier = supplier_};
    device.added = TimeOf(begin_ - random_.Between(1, 900) * kDay.value);
    device.added = std::max(*device.added, TimeMs{0});
    device.gbcs_version = OneOf(kVersions);
    return device;
  }

  // In some homes nobody tells of the meter, or nobody who is known supplies its network.
  void AnnounceMeter() {
    static constexpr absl::string_view kVariants[] = {"A", "AD", "ADE", "BDEF", "C", ""};
    constexpr uint64_t kNoDistributor = 99;
    const uint64_t fate = random_.Below(16);
    SystemDevice meter = Device(DeviceType::kEsme);
    meter.variant = OneOf(kVariants);
    meter.mpxns = {FleetMpan(fate == 1 ? kNoDistributor : kFirstDistributor + operator_number_,
                             random_.Next())};
    if (fate == 2) {
      meter.network_operator =
          PartyId(FleetParty::kNetworkOperator, ConfiguredParties(FleetParty::kNetworkOperator));
    } else if (fate > 6) {
      meter.network_operator = operator_;
    }
    if (fate == 3) {
      meter.mpxns.push_back(FleetMpan(kFirstDistributor, random_.Next()));
    }
    if (fate == 0) {
      return;
    }
    const int64_t at = begin_ + random_.Between(0, 10 * kMinutes);
    Add(at, Id(kEsmePlace), meter);
    ChangeMeter(at, meter);
  }

  // Later on: another variant, another operator, or it is gone.
  void ChangeMeter(int64_t at, SystemDevice meter) {
    if (Chance(15)) {
      meter.variant = "ADEF";
      if (Chance(50)) {
        const uint64_t next =
            (operator_number_ + 1) % ConfiguredParties(FleetParty::kNetworkOperator);
        meter.network_operator = PartyId(FleetParty::kNetworkOperator, next);
      }
      Add(at + random_.Between(1 * kHours, 20 * kHours), Id(kEsmePlace), meter);
    } else if (Chance(5)) {
      meter.removed = true;
      Add(at + random_.Between(4 * kHours, 30 * kHours), Id(kEsmePlace), meter);
    }
  }

  void AnnounceOthers() {
    SystemDevice gas = Device(DeviceType::kGsme);
    gas.added_by = gas_supplier_;
    gas.supplier = gas_supplier_;
    gas.mpxns = {FleetMprn(random_.Next())};
    Add(begin_ + random_.Between(0, 10 * kMinutes), Id(kGsmePlace), gas);
    Add(begin_ + random_.Between(0, 10 * kMinutes), Id(kGpfPlace), Device(DeviceType::kGpf));
    if (Chance(95)) {
      SystemDevice hub = Device(DeviceType::kChf);
      if (Chance(75)) {
        agent_ = PartyId(FleetParty::kAgent, random_.Below(ConfiguredParties(FleetParty::kAgent)));
        hub.supplier_agent = agent_;
      }
      Add(begin_ + random_.Between(0, 10 * kMinutes), Id(kChfPlace), hub);
    }
    if (Chance(30)) {
      Add(begin_ + random_.Between(0, 10 * kMinutes), Id(kHcalcsPlace),
          Device(DeviceType::kHcalcs));
    }
  }

  // ---- Load switching

  void PlanSwitching() {
    for (uint64_t left = 1 + random_.Below(3); left > 0; --left) {
      const uint64_t kind = random_.Below(16);
      if (kind < 4) {
        PlanNow(kDescriptions, kEsmePlace);
      } else if (kind < 6) {
        PlanNow(kScheduler, kEsmePlace);
      } else if (kind < 12) {
        PlanOutcomes(kLaterScheduler);
      } else if (kind < 13) {
        PlanOutcomes(kLaterController);
      } else if (kind < 14) {
        PlanScheduled();
      } else {
        // A meter is joined, which is no change, or a switch is.
        PlanNow({"8.7.1"}, Chance(70) ? kHcalcsPlace : kEsmePlace);
      }
    }
  }

  void Ask(int64_t at, const RequestId& id, absl::string_view srv,
           std::optional<TimeMs> execute_at = std::nullopt,
           std::optional<uint32_t> instructions = std::nullopt) {
    SystemRequest asked = RequestOf(id, srv);
    asked.request.execute_at = execute_at;
    asked.request.instructions = instructions;
    Add(at, id.device, asked);
    PerhapsRepeat(5);
  }

  void Answer(int64_t at, const RequestId& id, absl::string_view srv, absl::string_view code) {
    Add(at, id.device, ResponseOf(id, srv, code));
    PerhapsRepeat(10);
  }

  // Done at once; some fail, some are never answered, some were never seen.
  void PlanNow(const Switching& what, Place place) {
    const int64_t at = Later();
    const RequestId id = NewRequest(supplier_, Id(place), at);
    if (Chance(90)) {
      Ask(at, id, what.srv);
    }
    if (Chance(92)) {
      Answer(at + random_.Between(5 * kSeconds, 60 * kSeconds), id, what.srv,
             Chance(88) ? Response::kDone : "E20");
    }
  }

  // Held by the DCC until its time, and answered when it was done.
  void PlanScheduled() {
    const int64_t at = Later();
    const int64_t when = at + random_.Between(10 * kMinutes, 24 * kHours);
    const RequestId id = NewRequest(supplier_, Id(kEsmePlace), at);
    Ask(at, id, "7.9", TimeOf(when));
    if (Chance(80)) {
      Answer(at + random_.Between(1 * kSeconds, 20 * kSeconds), id, "7.9", Response::kDone);
    }
    if (Chance(80)) {
      // Other content than the first: the message that the device gave.
      Add(when + random_.Between(1 * kMinutes, 9 * kMinutes), id.device,
          ResponseOf(id, "7.9", Response::kDone, "done"));
    }
  }

  // Future-dated: a request, its acknowledgement, and what became of each instruction.
  void PlanOutcomes(const Switching& what) {
    const int64_t at = Later();
    const int64_t when = at + random_.Between(10 * kMinutes, 30 * kHours);
    const RequestId id = NewRequest(supplier_, Id(kEsmePlace), at);
    const bool seen = Chance(85);
    if (seen) {
      const int64_t asked = Chance(95) ? at : when + random_.Between(0, 1 * kHours);
      Ask(asked, id, what.srv, TimeOf(when),
          Chance(30) ? std::make_optional(what.instructions) : std::nullopt);
    }
    if (Chance(seen ? 95 : 30)) {
      Answer(at + random_.Between(10 * kSeconds, 90 * kSeconds), id, what.srv, Response::kDone);
    }
    for (uint32_t number = 1; number <= what.instructions; ++number) {
      if (Chance(90)) {
        AddOutcome(what, id, number,
                   when + random_.Between(1 * kSeconds, Chance(80) ? 10 * kMinutes : 20 * kHours));
        PerhapsRepeat(8);
      }
    }
  }

  void AddOutcome(const Switching& what, const RequestId& id, uint32_t number, int64_t at) {
    SystemOutcome outcome;
    outcome.outcome = {.id = id,
                       .succeeded = Chance(85),
                       .srv = what.srv,
                       .instruction = number,
                       .instructions = what.instructions};
    outcome.bare = Chance(40);
    outcome.counter = static_cast<uint64_t>(TimeOf(at).value);
    outcome.device_time = TimeOf(at - at % kSeconds - 2 * kSeconds);
    outcome.message = OutcomeMessage(what.command, outcome);
    Add(at, id.device, std::move(outcome));
  }

  // What the device signs: the request's command and counter, and what was to be changed.
  static std::string OutcomeMessage(uint16_t command, const SystemOutcome& said) {
    const Outcome& outcome = said.outcome;
    std::string body;
    PutBig(0x0913, 2, body);
    PutBig(command, 2, body);
    PutBig(outcome.id.counter, 8, body);
    PutBig(0x232800005E2C, 6, body);
    PutBig(0x800006 | (uint64_t{0x1A} + *outcome.instruction) << 8, 3, body);
    GbcsFields fields;
    fields.counter = said.counter;
    fields.originator = outcome.id.device;
    fields.target = outcome.id.party;
    fields.message_code = 0x00CC;
    fields.code = OutcomeCode(outcome.succeeded);
    fields.device_time = said.device_time;
    fields.elements = 1;
    fields.body = body;
    return EncodeGbcs(fields);
  }

  // ---- Reads

  // Mostly by the operator of the meter; by another, or by one that is not configured.
  void PlanRead() {
    static constexpr absl::string_view kReads[] = {"6.13", "7.7"};
    const absl::string_view srv = OneOf(kReads);
    const int64_t at = Later();
    const uint64_t who = random_.Below(20);
    std::optional<Role> role;
    Eui64 party = operator_;
    if (who >= 17) {
      party = PartyId(FleetParty::kNetworkOperator,
                      ConfiguredParties(FleetParty::kNetworkOperator) + random_.Below(2));
      if (Chance(70)) {
        role = Role::kEd;
      }
    } else if (who >= 13) {
      party = PartyId(FleetParty::kNetworkOperator,
                      random_.Below(ConfiguredParties(FleetParty::kNetworkOperator)));
    } else if (who >= 11) {
      party = supplier_;
    } else if (who >= 9) {
      party =
          PartyId(FleetParty::kOtherUser, random_.Below(ConfiguredParties(FleetParty::kOtherUser)));
    }
    const RequestId id = NewRequest(party, Id(kEsmePlace), at);
    if (Chance(90)) {
      SystemRequest asked = RequestOf(id, srv);
      asked.request.role = role;
      Add(at, id.device, asked);
      PerhapsRepeat(8);
    }
    if (Chance(90)) {
      const bool done = Chance(85);
      Add(at + random_.Between(5 * kSeconds, 60 * kSeconds), id.device,
          ResponseOf(id, srv, done ? Response::kDone : "E21", done ? Filler() : std::string()));
      PerhapsRepeat(10);
    }
  }

  // Stands for what the device gave.
  std::string Filler() {
    std::string bytes;
    for (uint64_t left = 12 + random_.Below(20); left > 0; --left) {
      PutBig(random_.Next(), 8, bytes);
    }
    return bytes;
  }

  // ---- Returns of hubs

  void PlanHubReturn() {
    static constexpr absl::string_view kReturns[] = {"8.14.3", "8.14.4"};
    const int64_t at = Later();
    const uint64_t agents = ConfiguredParties(FleetParty::kAgent);
    Request request = RequestOf({}, OneOf(kReturns)).request;
    Eui64 party = agent_.value_or(PartyId(FleetParty::kAgent, random_.Below(agents)));
    const uint64_t who = random_.Below(10);
    if (who == 0) {
      party = supplier_;
    } else if (who == 1) {
      party = PartyId(FleetParty::kAgent, agents);
      request.role = Chance(70) ? std::make_optional(Role::kRsa) : std::nullopt;
    } else if (who == 2) {
      party = PartyId(FleetParty::kAgent, random_.Below(agents));
    } else if (who == 3) {
      party = operator_;
    }
    const uint64_t named = random_.Below(10);
    if (named < 3) {
      request.supplier = supplier_;
    } else if (named < 4) {
      request.supplier = gas_supplier_;
    }
    // All of them go to one device, so that the home has to tell them apart.
    request.id = {.party = party, .device = kDcc, .counter = (home_ + 1) << 32 | ++requests_};
    Add(at, Id(kChfPlace), SystemRequest{request});
    PerhapsRepeat(10);
  }

  // ---- Gas flow

  void PlanGasFlow() {
    static constexpr GasFlowRate kRates[] = {
        {"1.2500", true, 12500}, {"6.5535", true, 65535},        {"0.0000", true, 0},
        {"0.5", true, 5000},     {"6.5536", true, std::nullopt}, {"0.12345", true, std::nullopt},
        {"12500", false, 12500}, {"70000", false, std::nullopt}, {"3.9001", true, 39001},
    };
    const int64_t at = Later();
    const RequestId id = NewRequest(gas_supplier_, Id(kGsmePlace), at);
    SystemRequest asked = RequestOf(id, "6.7");
    asked.request.gas_flow_rate = OneOf(kRates);
    Add(at, id.device, asked);
    PerhapsRepeat(5);
    if (Chance(80)) {
      Answer(at + random_.Between(5 * kSeconds, 60 * kSeconds), id, "6.7",
             Chance(90) ? Response::kDone : "E20");
    }
  }

  // ---- Devices that stay pending

  // Its time comes while the log lasts, has come, comes later; or it is installed before.
  void PlanPending() {
    constexpr int kMonths = 36;
    SystemDevice device = Device(Chance(50) ? DeviceType::kPpmid : DeviceType::kIhd);
    device.status = DeviceStatus::kPending;
    const int64_t at = begin_ + random_.Between(0, 10 * kMinutes);
    const int64_t over = at + random_.Between(1 * kMinutes, 20 * kHours);
    const uint64_t fate = random_.Below(10);
    device.added = AddMonths(TimeOf(over), -kMonths);
    if (fate == 0) {
      device.added = std::nullopt;
    } else if (fate == 1) {
      device.added = TimeOf(at);
    } else if (fate < 4) {
      device.added = AddMonths(TimeOf(at), -kMonths - 1);
    }
    if (Chance(20)) {
      device.added_by = std::nullopt;
    }
    Add(at, Id(kPpmidPlace), device);
    if (fate == 9) {
      // Its time does not begin again.
      Add((at + over) / 2, Id(kPpmidPlace), device);
    } else if (fate > 6) {
      device.status = DeviceStatus::kInstalledNotCommissioned;
      Add((at + over) / 2, Id(kPpmidPlace), device);
    }
  }

  const FleetOptions& options_;
  const uint64_t home_;
  const int64_t begin_;
  FleetRandom random_;
  const Eui64 supplier_;
  const Eui64 gas_supplier_;
  const uint64_t operator_number_;
  const Eui64 operator_;
  std::optional<Eui64> agent_;  // of the hub's supplier
  uint64_t requests_ = 0;
  std::vector<SystemRecord> records_;
};

}  // namespace

std::vector<SystemRecord> PlanHome(const FleetOptions& options, uint64_t home, int64_t begin) {
  return Home(options, home, begin).Plan();
}

TimeMs AddMonths(TimeMs time, int months) {
  using std::chrono::days;
  using std::chrono::sys_days;
  const std::chrono::sys_time<std::chrono::milliseconds> point{
      std::chrono::milliseconds(time.value)};
  const auto midnight = std::chrono::floor<days>(point);
  const std::chrono::year_month_day date =
      std::chrono::year_month_day(midnight) + std::chrono::months(months);
  const sys_days day =
      date.ok() ? sys_days(date) : sys_days(date.year() / date.month() / std::chrono::last);
  const auto sum = std::chrono::sys_time<std::chrono::milliseconds>(day) + (point - midnight);
  return {sum.time_since_epoch().count()};
}

}  // namespace weir
