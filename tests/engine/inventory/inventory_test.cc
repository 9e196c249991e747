#include "engine/inventory/inventory.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

#include "tests/support/random.h"

namespace weir {
namespace {

constexpr Eui64 kMeter{0x00DB1234567890A0};
constexpr Eui64 kSupplier{0x90B3D51F30010000};

TimeMs At(absl::string_view text) {
  return *ParseTime(text);
}

TEST(Device, SurvivesTheStoreAndMemory) {
  Random random = Random::FromEnvironment(3);
  SCOPED_TRACE(random.seed_text());
  const std::vector<std::string> mpxns = {"1012345678901", "0000000000000", "7", "007", "12A4",
                                          "abc",           "9999999999999"};
  DevicePacker packer;
  for (int i = 0; i < 2000; ++i) {
    Device device;
    const auto time = [&]() -> std::optional<TimeMs> {
      return random.OneIn(2) ? std::nullopt
                             : std::make_optional(TimeMs{static_cast<int64_t>(
                                   random.Below(static_cast<uint64_t>(kLatestTime.value)))});
    };
    const auto id = [&]() -> std::optional<Eui64> {
      return random.OneIn(2) ? std::nullopt : std::make_optional(Eui64{random.Below(500)});
    };
    device.type = static_cast<DeviceType>(random.Below(8));
    device.status = static_cast<DeviceStatus>(random.Below(9));
    device.status_since = time();
    device.added = time();
    device.added_by = id();
    device.network_operator = id();
    device.supplier = id();
    device.supplier_agent = id();
    device.gbcs_version = random.OneIn(2) ? "" : "4." + std::to_string(random.Below(300));
    device.variant = random.OneIn(2) ? "" : "ADEF";
    for (uint64_t n = random.Below(DeviceRecord::kMostMpxns + 1); n > 0; --n) {
      device.mpxns.push_back(mpxns[random.Below(mpxns.size())]);
    }
    for (uint64_t n = random.Below(Device::kMostHistory + 1); n > 0; --n) {
      device.history.push_back(
          {.status = static_cast<DeviceStatus>(random.Below(9)), .since = time()});
    }
    const std::string stored = EncodeDevice(device);
    ASSERT_EQ(DecodeDevice(stored), device);
    const std::string packed = packer.Pack(device);
    ASSERT_EQ(packer.Unpack(packed), device);
    ASSERT_EQ(DevicePacker::StatusOf(packed), device.status);
    // No part of it is taken for the whole.
    ASSERT_FALSE(DecodeDevice(absl::string_view(stored).substr(0, stored.size() - 1)));
    ASSERT_FALSE(DecodeDevice(stored + "x"));
  }
}

TEST(Device, AMeterIsSmallInMemory) {
  DevicePacker packer;
  const Device meter{.type = DeviceType::kEsme,
                     .status = DeviceStatus::kCommissioned,
                     .status_since = At("2019-11-29T00:00:00Z"),
                     .added = At("2019-11-29T00:00:00Z"),
                     .added_by = kSupplier,
                     .mpxns = {"1012345678901"},
                     .network_operator = Eui64{1},
                     .supplier = kSupplier,
                     .gbcs_version = "4.1",
                     .variant = "AD"};
  EXPECT_LE(packer.Pack(meter).size(), 30U);
}

class InventoryTest : public testing::Test {
 protected:
  // What the inventory is told at `now`, by a record that was received then.
  std::optional<DeviceRemoval> Tell(const DeviceRecord& record, absl::string_view now) {
    return inventory_.Take(kMeter, record, At(now), At(now));
  }

  PendingRules rules_;
  Inventory inventory_{rules_};
};

TEST_F(InventoryTest, KeepsWhatOnlyThePastTells) {
  DeviceRecord record{.status = DeviceStatus::kPending};
  record.added_by = kSupplier;
  record.gbcs_version = "3.2";
  Tell(record, "2020-01-01T00:00:00Z");
  record = {.status = DeviceStatus::kCommissioned};
  Tell(record, "2020-02-01T00:00:00Z");
  const Device device = *inventory_.Find(kMeter);
  EXPECT_EQ(device.added, At("2020-01-01T00:00:00Z"));
  EXPECT_EQ(device.added_by, kSupplier);
  EXPECT_EQ(device.status_since, At("2020-02-01T00:00:00Z"));
  EXPECT_EQ(device.gbcs_version, "");  // replaced
  ASSERT_EQ(device.history.size(), 1U);
  EXPECT_EQ(device.history[0].status, DeviceStatus::kPending);
  EXPECT_EQ(device.history[0].since, At("2020-01-01T00:00:00Z"));
}

TEST_F(InventoryTest, APartialRecordLeavesTheRestAsItWas) {
  const absl::string_view mpxn = "1012345678901";
  DeviceRecord record{.status = DeviceStatus::kCommissioned};
  record.supplier = kSupplier;
  record.mpxns = absl::MakeConstSpan(&mpxn, 1);
  record.variant = "AD";
  Tell(record, "2020-01-01T00:00:00Z");
  Tell({.status = DeviceStatus::kSuspended, .variant = "B", .is_partial = true},
       "2020-02-01T00:00:00Z");
  const Device device = *inventory_.Find(kMeter);
  EXPECT_EQ(device.status, DeviceStatus::kSuspended);
  EXPECT_EQ(device.supplier, kSupplier);
  EXPECT_EQ(device.mpan(), mpxn);
  EXPECT_EQ(device.variant, "B");
}

TEST_F(InventoryTest, TheHistoryIsBounded) {
  for (int i = 0; i < 40; ++i) {
    Tell({.status = i % 2 == 0 ? DeviceStatus::kSuspended : DeviceStatus::kCommissioned},
         "2020-01-01T00:00:00Z");
  }
  EXPECT_EQ(inventory_.Find(kMeter)->history.size(), Device::kMostHistory);
}

TEST_F(InventoryTest, AChangedStatusStopsTheClockAndDoesNotSetItBack) {
  Tell({.status = DeviceStatus::kPending}, "2020-01-31T00:00:00Z");
  EXPECT_EQ(inventory_.NextDue(), At("2023-01-31T00:00:00Z"));
  Tell({.status = DeviceStatus::kInstalledNotCommissioned}, "2021-01-01T00:00:00Z");
  EXPECT_EQ(inventory_.NextDue(), std::nullopt);
  Tell({.status = DeviceStatus::kPending}, "2022-01-01T00:00:00Z");
  EXPECT_EQ(inventory_.NextDue(), At("2023-01-31T00:00:00Z"));
  const DeviceRemoval removal = inventory_.FireNext();
  EXPECT_EQ(removal.id, kMeter);
  EXPECT_EQ(removal.at, At("2023-01-31T00:00:00Z"));
  EXPECT_EQ(inventory_.Find(kMeter), std::nullopt);
  EXPECT_EQ(inventory_.NextDue(), std::nullopt);
}

TEST_F(InventoryTest, WhoseTimeIsOverIsRemovedAtOnce) {
  DeviceRecord record{.status = DeviceStatus::kPending};
  record.added = At("2015-01-01T00:00:00Z");
  const std::optional<DeviceRemoval> removal = Tell(record, "2020-01-01T00:00:00Z");
  ASSERT_TRUE(removal.has_value());
  EXPECT_EQ(removal->at, At("2020-01-01T00:00:00Z"));
  EXPECT_EQ(inventory_.size(), 0U);
}

TEST_F(InventoryTest, ARecordFarAheadSetsNoDateOfAdditionThere) {
  inventory_.Take(kMeter, {.status = DeviceStatus::kPending}, At("2099-01-01T00:00:00Z"),
                  At("2020-01-01T00:00:00Z"));
  EXPECT_EQ(inventory_.NextDue(), At("2023-01-01T00:00:00Z"));
}

TEST_F(InventoryTest, ARemovedDeviceIsForgotten) {
  Tell({.status = DeviceStatus::kPending}, "2020-01-01T00:00:00Z");
  EXPECT_FALSE(Tell({.removed = true}, "2020-01-02T00:00:00Z"));
  EXPECT_EQ(inventory_.Find(kMeter), std::nullopt);
  EXPECT_EQ(inventory_.pending(), 0U);
}

// Timers are not kept, so that a state taken up must make the same ones.
TEST(Inventory, IsTheSameAfterRollbackAndReload) {
  Random random = Random::FromEnvironment(5);
  SCOPED_TRACE(random.seed_text());
  const PendingRules rules;
  const auto removals = [](Inventory& inventory) {
    std::vector<std::pair<TimeMs, Eui64>> all;
    while (inventory.NextDue()) {
      const DeviceRemoval removal = inventory.FireNext();
      all.emplace_back(removal.at, removal.id);
    }
    return all;
  };
  for (int round = 0; round < Rounds(200); ++round) {
    TimeMs now = At("2019-10-01T00:00:00Z");
    Inventory plain(rules);
    Inventory undone(rules);
    std::map<std::string, std::string> store;
    const auto tell = [&](Inventory& inventory, Random& choices, int records) {
      for (int i = 0; i < records; ++i) {
        now = TimeMs{now.value + static_cast<int64_t>(choices.Below(2 * kDay.value))};
        while (inventory.NextDue() && *inventory.NextDue() <= now) {
          inventory.FireNext();
        }
        DeviceRecord record{.status = choices.OneIn(3) ? DeviceStatus::kCommissioned
                                                       : DeviceStatus::kPending};
        record.added = TimeMs{now.value - static_cast<int64_t>(choices.Below(1100)) * kDay.value};
        record.removed = choices.OneIn(9);
        inventory.Take(Eui64{choices.Below(20)}, record, now, now);
      }
    };
    for (int batch = 0; batch < 12; ++batch) {
      const TimeMs began = now;
      if (random.OneIn(2)) {
        Random other(random.Next());
        tell(undone, other, 10);
        undone.Rollback(began);
        now = began;
      }
      const uint64_t seed = random.Next();
      Random first(seed);
      tell(plain, first, 10);
      now = began;
      Random second(seed);
      tell(undone, second, 10);
      StateBatch changes;
      undone.Export(StateScope(changes, ""));
      for (const StateBatch::Change& change : changes.changes()) {
        if (change.value) {
          store[change.key] = *change.value;
        } else {
          store.erase(change.key);
        }
      }
      plain.Accept();
      undone.Accept();
    }
    Inventory loaded(rules);
    for (const auto& [name, value] : store) {
      ASSERT_TRUE(loaded.Load(name, value).ok());
    }
    loaded.FinishLoad(now);
    ASSERT_EQ(loaded.size(), plain.size());
    for (uint64_t id = 0; id < 20; ++id) {
      ASSERT_EQ(loaded.Find(Eui64{id}), plain.Find(Eui64{id}));
    }
    const auto expected = removals(plain);
    ASSERT_EQ(removals(undone), expected) << "round " << round;
    ASSERT_EQ(removals(loaded), expected) << "round " << round;
  }
}

}  // namespace
}  // namespace weir
