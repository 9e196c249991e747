// Goal: what is said of a device is what the partitions know of it, and looking it up in the store
// loads no other; what is damaged is refused.
// Method: replays over random logs leave states. What is looked up is compared with partitions that
// have loaded everything. What is said of single devices is compared with small logs that are
// known. Then entries are cut.

#include "engine/pipeline/inspected_devices.h"

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "gtest/gtest.h"

#include "engine/base/wire.h"
#include "engine/pipeline/stored_state.h"
#include "tests/support/logs.h"
#include "tests/support/memory_ports.h"
#include "tests/support/random.h"

namespace weir {
namespace {

constexpr uint64_t kLastDevice = 12;  // of those in random logs; most are never seen

std::string SectionPrefix(uint32_t partition, absl::string_view section) {
  std::string prefix = "partition/";
  PutOrderedU64(partition, prefix);
  return absl::StrCat(prefix, Partition::kRegistry, section);
}

bool IsOfDevices(absl::string_view key) {
  const size_t partition = SectionPrefix(0, "").size() - Partition::kRegistry.size();
  return absl::StartsWith(key, "partition/") && key.size() > partition &&
         key.substr(partition) >= absl::StrCat(Partition::kRegistry, Registry::kInventory);
}

// Counts what it gives of the entries that there are for every device and request.
class CountingStore : public MemoryStore {
 public:
  absl::Status Scan(absl::string_view prefix, Visitor visit) override {
    return MemoryStore::Scan(prefix, [&](absl::string_view rest, absl::string_view value) {
      given += IsOfDevices(absl::StrCat(prefix, rest)) ? 1U : 0U;
      return visit(rest, value);
    });
  }

  size_t given = 0;
};

// A state, as it is inspected.
class State {
 public:
  explicit State(const std::vector<Record>& log, const SystemRules& rules = DefaultRules(),
                 const PolicySchedule& schedule = PolicySchedule::Default())
      : schedule_(schedule) {
    MemorySink sink;
    RunToTheEnd(schedule_, log, sink, store);
    absl::StatusOr<std::unique_ptr<Inspection>> read = Inspection::Read(store);
    WEIR_CHECK(read.ok());
    inspection = *std::move(read);
    devices = std::make_unique<InspectedDevices>(*inspection, rules, store);
  }

  // The same state, loaded as a replay does.
  std::vector<std::unique_ptr<Partition>> Load() {
    std::vector<std::unique_ptr<Partition>> partitions;
    WEIR_CHECK(LoadPartitions(store, [&](uint32_t index) -> absl::StatusOr<Partition*> {
                 if (index == partitions.size()) {
                   partitions.push_back(std::make_unique<Partition>(schedule_, DefaultRules(), 1));
                 }
                 return partitions[index].get();
               }).ok());
    for (const auto& partition : partitions) {
      WEIR_CHECK(partition->FinishLoad(false).ok());
    }
    return partitions;
  }

  CountingStore store;
  std::unique_ptr<Inspection> inspection;
  std::unique_ptr<InspectedDevices> devices;

 private:
  PolicySchedule schedule_;
};

// ---- Random states

// What is looked up of a device is what `partitions` know.
void ExpectAsLoaded(const State& state, const std::vector<std::unique_ptr<Partition>>& partitions,
                    Eui64 id, std::vector<DeviceCounts>& counts) {
  const auto known = state.devices->InventoryOf(id);
  const auto gas_flows = state.devices->GasFlowOf(id);
  const auto requests = state.devices->RequestsOf(id);
  ASSERT_TRUE(known.ok() && gas_flows.ok() && requests.ok());
  size_t devices = 0;
  size_t settings = 0;
  for (uint32_t i = 0; i < partitions.size(); ++i) {
    const Registry& registry = partitions[i]->registry();
    if (const std::optional<Device> device = registry.inventory().Find(id)) {
      ASSERT_LT(devices, known->size());
      const InspectedDevice& found = (*known)[devices++];
      EXPECT_EQ(found.partition, i);
      EXPECT_EQ(found.id, id);
      EXPECT_EQ(found.device, *device);
      ++counts[i].devices;
      counts[i].pending += device->status == DeviceStatus::kPending ? 1U : 0U;
    }
    if (const std::optional<GasFlowSetting> setting = registry.gas_flow().Find(id)) {
      ASSERT_LT(settings, gas_flows->size());
      EXPECT_EQ((*gas_flows)[settings].partition, i);
      EXPECT_EQ((*gas_flows)[settings++].setting, *setting);
      ++counts[i].gas_flow_rates;
    }
  }
  EXPECT_EQ(known->size(), devices);
  EXPECT_EQ(gas_flows->size(), settings);
  for (const InspectedRequest& request : *requests) {
    EXPECT_EQ(request.id.device, id);
    ++(request.request.done_at ? counts[request.partition].done_requests
                               : counts[request.partition].open_requests);
  }
}

TEST(InspectedDevices, AreAsTheyAreLoaded) {
  Random random = Random::FromEnvironment(11);
  SCOPED_TRACE(random.seed_text());
  DeviceCounts all;
  for (int round = 0; round < 20; ++round) {
    State state(RandomLog(random, 1500), DefaultRules(), RandomSchedule(random));
    const std::vector<std::unique_ptr<Partition>> partitions = state.Load();
    std::vector<DeviceCounts> counts(partitions.size());
    for (uint64_t id = 0; id <= kLastDevice; ++id) {
      ExpectAsLoaded(state, partitions, Eui64{id}, counts);
    }
    for (uint32_t i = 0; i < partitions.size(); ++i) {
      const absl::StatusOr<DeviceCounts> counted = state.devices->Count(i);
      ASSERT_TRUE(counted.ok());
      EXPECT_TRUE(*counted == counts[i]) << "partition " << i;
      const Registry& registry = partitions[i]->registry();
      EXPECT_EQ(counted->devices, registry.inventory().size());
      EXPECT_EQ(counted->open_requests + counted->done_requests, registry.load_switch().size());
      EXPECT_EQ(counted->gas_flow_rates, registry.gas_flow().size());
      all += *counted;
    }
  }
  EXPECT_GT(all.devices, 50U);
  EXPECT_GT(all.pending, 10U);
  EXPECT_GT(all.open_requests, 50U);
  EXPECT_GT(all.done_requests, 50U);
  EXPECT_GT(all.gas_flow_rates, 10U);
}

TEST(InspectedDevices, ArePendingUntilTheirTimersAreDue) {
  Random random = Random::FromEnvironment(12);
  SCOPED_TRACE(random.seed_text());
  size_t pending = 0;
  for (int round = 0; round < 60; ++round) {
    State state(RandomLog(random, 400));
    const std::vector<std::unique_ptr<Partition>> partitions = state.Load();
    std::vector<std::optional<TimeMs>> earliest(partitions.size());
    for (uint64_t id = 0; id <= kLastDevice; ++id) {
      const std::vector<InspectedDevice> found = *state.devices->InventoryOf(Eui64{id});
      for (const InspectedDevice& known : found) {
        std::optional<TimeMs>& first = earliest[known.partition];
        if (known.pending_until) {
          first = first ? std::min(*first, *known.pending_until) : *known.pending_until;
          ++pending;
        }
      }
    }
    for (size_t i = 0; i < partitions.size(); ++i) {
      EXPECT_EQ(earliest[i], partitions[i]->registry().inventory().NextDue()) << i;
    }
  }
  EXPECT_GT(pending, 20U);
}

TEST(InspectedDevices, AreLookedUpOneByOne) {
  Random random = Random::FromEnvironment(13);
  SCOPED_TRACE(random.seed_text());
  State state(RandomLog(random, 2000));
  // Behind what is read one entry of each partition is seen.
  EXPECT_LE(state.store.given, state.inspection->partitions());
  for (uint64_t id = 0; id <= kLastDevice; ++id) {
    state.store.given = 0;
    const size_t found = state.devices->InventoryOf(Eui64{id})->size() +
                         state.devices->RequestsOf(Eui64{id})->size() +
                         state.devices->GasFlowOf(Eui64{id})->size();
    EXPECT_EQ(state.store.given, found);
  }
}

// ---- Devices that are known

constexpr Eui64 kMeter{0xA0};
constexpr Eui64 kOther{0xA1};
constexpr Eui64 kSupplier{0x151};

// Records at times after kStart.
class Log {
 public:
  void Add(DurationMs after, const DeviceRecord& record, Eui64 device = kMeter) {
    Add(after, device, &devices_.emplace_back(record));
  }

  void Add(DurationMs after, const Request& request) {
    Add(after, request.id.device, &requests_.emplace_back(request));
  }

  void Add(DurationMs after, const Response& response) {
    Add(after, response.id.device, &responses_.emplace_back(response));
  }

  void Add(DurationMs after, const Outcome& outcome) {
    Add(after, outcome.id.device, &outcomes_.emplace_back(outcome));
  }

  const std::vector<Record>& records() const { return records_; }

 private:
  template <typename What>
  void Add(DurationMs after, Eui64 device, What what) {
    OtherEvent event;
    event.device = device;
    event.received = kStart + after;
    event.what = what;
    Record record;
    record.event = event;
    record.origin.offset = static_cast<int64_t>(records_.size());
    records_.push_back(record);
  }

  std::deque<DeviceRecord> devices_;
  std::deque<Request> requests_;
  std::deque<Response> responses_;
  std::deque<Outcome> outcomes_;
  std::vector<Record> records_;
};

RequestId Id(uint64_t counter) {
  return {.party = kSupplier, .device = kMeter, .counter = counter};
}

constexpr absl::string_view kMpxns[] = {"1012345678901", "2012345678903", "G7"};

DeviceRecord ADevice(DeviceStatus status) {
  DeviceRecord record;
  record.status = status;
  record.mpxns = kMpxns;
  return record;
}

TEST(InspectedDevices, SayWhoseTheyAreAndUntilWhenTheyArePending) {
  Log log;
  log.Add({}, ADevice(DeviceStatus::kCommissioned));
  log.Add(kHour, ADevice(DeviceStatus::kPending));
  State state(log.records());
  const std::vector<InspectedDevice> known = *state.devices->InventoryOf(kMeter);
  ASSERT_EQ(known.size(), 1U);
  EXPECT_EQ(known[0].network_operator, Eui64{0xED1});  // by the first MPxN
  EXPECT_EQ(known[0].device.network_operator, std::nullopt);
  EXPECT_EQ(known[0].pending_until, AddMonths(kStart, 36));
  ASSERT_EQ(known[0].device.history.size(), 1U);
  EXPECT_EQ(known[0].device.history[0].status, DeviceStatus::kCommissioned);
  EXPECT_EQ(known[0].device.history[0].since, kStart);
  EXPECT_TRUE(state.devices->InventoryOf(kOther)->empty());

  SystemRules rules = DefaultRules();
  rules.parties = Parties();
  rules.pending.remove = false;
  const InspectedDevices by_other_rules(*state.inspection, rules, state.store);
  const std::vector<InspectedDevice> otherwise = *by_other_rules.InventoryOf(kMeter);
  ASSERT_EQ(otherwise.size(), 1U);
  EXPECT_EQ(otherwise[0].network_operator, std::nullopt);
  EXPECT_EQ(otherwise[0].pending_until, std::nullopt);
}

TEST(InspectedDevices, AreFoundByAnyMpxn) {
  Log log;
  log.Add({}, ADevice(DeviceStatus::kCommissioned), kOther);
  log.Add({}, ADevice(DeviceStatus::kPending), kMeter);
  DeviceRecord without = ADevice(DeviceStatus::kPending);
  without.mpxns = {};
  log.Add({}, without, Eui64{0xA2});
  State state(log.records());
  for (const absl::string_view mpxn : kMpxns) {
    const std::vector<InspectedDevice> found = *state.devices->WithMpxn(mpxn);
    ASSERT_EQ(found.size(), 2U) << mpxn;
    EXPECT_EQ(found[0].id, kMeter);
    EXPECT_EQ(found[1].id, kOther);
    EXPECT_EQ(found[0].network_operator, Eui64{0xED1});
    EXPECT_TRUE(found[0].pending_until.has_value());
  }
  for (const absl::string_view mpxn : {"101234567890", "10123456789012", "", "g7"}) {
    EXPECT_TRUE(state.devices->WithMpxn(mpxn)->empty()) << mpxn;
  }
}

TEST(InspectedDevices, HaveOpenRequestsAndThoseThatAreDone) {
  Log log;
  const TimeMs soon = kStart + kHour;
  log.Add({}, Request{.id = Id(7), .srv = "6.14.2", .execute_at = soon, .instructions = 3});
  log.Add({}, Response{.id = Id(8), .srv = "6.14.1", .code = "I0"});
  Outcome outcome{.id = Id(7), .succeeded = true};
  outcome.instruction = 1;
  log.Add(kHour, outcome);
  outcome.id = Id(9);
  outcome.srv = "6.14.2";
  log.Add(kHour, outcome);
  State state(log.records());
  const std::vector<InspectedRequest> requests = *state.devices->RequestsOf(kMeter);
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_EQ(requests[0].id, Id(7));
  EXPECT_EQ(requests[0].counter_of, CounterOf::kRequest);
  EXPECT_FALSE(requests[0].request.done_at);
  EXPECT_EQ(requests[0].instructions, 3U);
  EXPECT_EQ(requests[0].request.outcomes.size(), 1U);
  EXPECT_EQ(requests[0].request.due(), soon + SwitchRequest::kSettleAfter);
  EXPECT_EQ(requests[1].id, Id(8));
  EXPECT_EQ(requests[1].request.srv, "6.14.1");
  EXPECT_EQ(requests[1].request.changed_at, kStart);
  EXPECT_TRUE(requests[1].request.was_told);
  EXPECT_EQ(requests[2].id, Id(9));
  EXPECT_FALSE(requests[2].request.was_seen);
  EXPECT_EQ(requests[2].instructions, 2U);  // by the table
  EXPECT_TRUE(state.devices->RequestsOf(kOther)->empty());
}

TEST(InspectedDevices, AlertsThatWereChangesAreRememberedAsSuch) {
  SystemRules rules = DefaultRules();
  for (SwitchAlert& alert : rules.load_switch.alerts) {
    alert.on = true;
  }
  Alert alert;
  alert.device = kMeter;
  alert.code = rules.load_switch.alerts.at(0).code;
  alert.recipient = kSupplier;
  alert.counter = 5;
  alert.received = kStart;
  Record record;
  record.event = alert;
  const std::vector<Record> log = {record};
  MemorySource source(log);
  MemorySink sink;
  MemoryStore store;
  const PolicySchedule schedule = PolicySchedule::Default();
  Replay replay(schedule, rules, source, sink, &store, Alone());
  ASSERT_TRUE(replay.Resume(false).ok() && replay.Step(1).ok() && replay.Commit().ok());
  const auto inspection = Inspection::Read(store);
  ASSERT_TRUE(inspection.ok());
  const std::vector<InspectedRequest> requests =
      *InspectedDevices(**inspection, rules, store).RequestsOf(kMeter);
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].counter_of, CounterOf::kAlert);
  EXPECT_EQ(requests[0].id, Id(5));
}

TEST(InspectedDevices, HaveAGasFlowRate) {
  Log log;
  const GasFlowRate rate{.text = "6.1680", .is_decimal = true, .value = 61680};
  log.Add({}, Request{.id = Id(1), .srv = "6.7", .gas_flow_rate = rate});
  log.Add(kHour, Response{.id = Id(1), .srv = "6.7", .code = "I0"});
  State state(log.records());
  const std::vector<InspectedGasFlow> kept = *state.devices->GasFlowOf(kMeter);
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(FormatGasFlowRate(kept[0].setting.rate), "6.1680");
  EXPECT_EQ(kept[0].setting.asked_at, kStart);
  EXPECT_EQ(kept[0].setting.confirmed_at, kStart + kHour);
  EXPECT_TRUE(state.devices->GasFlowOf(kOther)->empty());
}

// ---- Damage

TEST(InspectedDevices, DamagedEntriesAreRefused) {
  Random random = Random::FromEnvironment(14);
  SCOPED_TRACE(random.seed_text());
  State state(RandomLog(random, 1500));
  for (const absl::string_view section :
       {Registry::kInventory, Registry::kLoadSwitch, Registry::kGasFlow}) {
    const std::string prefix = SectionPrefix(0, section);
    const auto entry = state.store.entries().lower_bound(prefix);
    ASSERT_TRUE(absl::StartsWith(entry->first, prefix)) << section;
    const Eui64 device{
        WireReader(absl::string_view(entry->first).substr(prefix.size())).OrderedU64()};
    entry->second.pop_back();
    // It is in the way of those who need it alone.
    EXPECT_TRUE(Inspection::Read(state.store).ok());
    EXPECT_TRUE(absl::IsDataLoss(state.devices->Count(0).status()));
    EXPECT_EQ(state.devices->InventoryOf(device).ok(), section != Registry::kInventory);
    EXPECT_EQ(state.devices->RequestsOf(device).ok(), section != Registry::kLoadSwitch);
    EXPECT_EQ(state.devices->GasFlowOf(device).ok(), section != Registry::kGasFlow);
    EXPECT_EQ(state.devices->WithMpxn("1012345678901").ok(), section != Registry::kInventory);
    state.store.entries().erase(entry);
  }
}

}  // namespace
}  // namespace weir
