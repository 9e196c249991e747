#include "deploy/weir/fleet_inventory.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

#include "absl/strings/string_view.h"

#include "deploy/weir/fleet_devices.h"
#include "deploy/weir/fleet_mpxn.h"
#include "deploy/weir/fleet_parties.h"
#include "deploy/weir/fleet_random.h"
#include "engine/alert/event.h"

namespace weir {

namespace {

constexpr uint64_t kPlaces = 5;
constexpr uint64_t kSwitchPlace = 5;  // in a home that has one

// More than a record takes.
constexpr size_t kBuffer = 768;

char* Put(absl::string_view text, char* out) {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

// The numbers of one record, all taken from a few random ones.
class Dice {
 public:
  explicit Dice(FleetRandom random) : first_(random.Next()), second_(random.Next()) {}

  // 0 to n - 1, for small n; each call takes 16 bits.
  uint64_t Below(uint64_t n) {
    if (taken_ == 4) {
      first_ = second_;
      second_ = first_ * 0x9E3779B97F4A7C15 + 1;
      second_ ^= second_ >> 31;
      taken_ = 0;
    }
    ++taken_;
    const uint64_t bits = first_ & 0xFFFF;
    first_ >>= 16;
    return bits * n >> 16;
  }

 private:
  uint64_t first_;
  uint64_t second_;
  int taken_ = 0;
};

bool HasSwitch(uint64_t home) {
  return home % 20 == 7;
}

DeviceType TypeOf(uint64_t home, uint64_t place) {
  constexpr std::array<DeviceType, 4> kFirst = {DeviceType::kEsme, DeviceType::kGsme,
                                                DeviceType::kChf, DeviceType::kGpf};
  if (place < kFirst.size()) {
    return kFirst[place];
  }
  if (HasSwitch(home)) {
    return DeviceType::kHcalcs;
  }
  return home % 3 == 0 ? DeviceType::kIhd : DeviceType::kPpmid;
}

DeviceStatus StatusOf(uint64_t per_mille) {
  constexpr struct {
    uint64_t below;
    DeviceStatus status;
  } kShares[] = {{50, DeviceStatus::kPending},
                 {62, DeviceStatus::kWhitelisted},
                 {80, DeviceStatus::kInstalledNotCommissioned},
                 {90, DeviceStatus::kDecommissioned},
                 {94, DeviceStatus::kWithdrawn},
                 {98, DeviceStatus::kSuspended},
                 {99, DeviceStatus::kRecovery},
                 {100, DeviceStatus::kRecovered}};

  for (const auto& share : kShares) {
    if (per_mille < share.below) {
      return share.status;
    }
  }
  return DeviceStatus::kCommissioned;
}

char* PutParty(absl::string_view name, FleetParty kind, uint64_t number, char* out) {
  return PutEui64(PartyId(kind, number), Put(name, out));
}

// The number of the first home.
constexpr uint64_t kFirstNumber = 10'000'000;

// The MPxNs of a meter, of which a few have two.
char* PutMpxns(DeviceType type, uint64_t home, uint64_t distributor, bool second, char* out) {
  if (type == DeviceType::kGsme) {
    return Put("\"]", PutMprn(kFirstNumber + home, Put("\",\"mpxn\":[\"", out)));
  }
  out = PutMpan(distributor, kFirstNumber + home, Put("\",\"mpxn\":[\"", out));
  if (second) {
    constexpr uint64_t kExport = 5'000'000'000;
    out = PutMpan(distributor, kExport + home, Put("\",\"", out));
  }
  return Put("\"]", out);
}

}  // namespace

Eui64 FleetInventory::DeviceOf(uint64_t number) const {
  const uint64_t home = number / kPlaces;
  const uint64_t place = number % kPlaces;
  return IdInHome(home, TypeOf(home, place) == DeviceType::kHcalcs ? kSwitchPlace : place);
}

TimeMs FleetInventory::ReceivedOf(uint64_t number) const {
  const auto duration = static_cast<uint64_t>(options_.duration.value);
  return options_.start + DurationMs{static_cast<int64_t>(duration / records_ * number +
                                                          duration % records_ * number / records_)};
}

void FleetInventory::Append(uint64_t number, std::string& out) const {
  static constexpr std::array<absl::string_view, 5> kVersions = {"1.0", "2.1", "3.2", "4.0", "4.1"};
  static constexpr std::array<absl::string_view, 8> kVariants = {"A",  "AD", "A",   "ADE",
                                                                 "BD", "C",  "ADF", "AF"};
  const uint64_t home = number / kPlaces;
  const DeviceType type = TypeOf(home, number % kPlaces);
  const bool is_gas = type == DeviceType::kGsme || type == DeviceType::kGpf;
  Dice dice(FleetRandom(options_.seed, FleetRandom::Purpose::kInventory, number));
  const DeviceStatus status = StatusOf(dice.Below(1000));
  const FleetParty kind = is_gas ? FleetParty::kGasSupplier : FleetParty::kSupplier;
  const uint64_t suppliers = ConfiguredParties(kind);
  const uint64_t first = dice.Below(suppliers);
  const uint64_t supplier = std::min(first, dice.Below(suppliers));
  // A hundred thousand homes next to one another are in one network.
  const uint64_t network = home / 100'000 % ConfiguredParties(FleetParty::kNetworkOperator);
  // Pending devices have been so for less than 36 months, others are up to 7 years old.
  constexpr uint64_t kMostDays = uint64_t{7} * 365;
  constexpr uint64_t kPendingDays = 1000;
  const uint64_t days = dice.Below(status == DeviceStatus::kPending ? kPendingDays : kMostDays);
  const int64_t age = static_cast<int64_t>(days) * kDay.value +
                      static_cast<int64_t>(dice.Below(1 << 16)) * kSecond.value;
  const TimeMs added{std::max(options_.start.value - age, int64_t{0})};
  const TimeMs since{added.value + static_cast<int64_t>(dice.Below(1000)) * age / 1000};

  std::array<char, kBuffer> text;  // NOLINT(*-member-init): written up to `end` only
  char* end = Put("{\"type\":\"device\",\"device\":\"", text.data());
  end = PutEui64(DeviceOf(number), end);
  end = Put(DeviceTypeName(type), Put("\",\"device_type\":\"", end));
  end = Put(DeviceStatusName(status), Put("\",\"status\":\"", end));
  if (dice.Below(10) < 8) {
    end = PutTime(std::max(since, TimeMs{0}), Put("\",\"status_since\":\"", end));
  }
  end = PutTime(added, Put("\",\"added\":\"", end));
  end = PutParty("\",\"added_by\":\"", kind, supplier, end);
  if (type == DeviceType::kEsme || type == DeviceType::kGsme) {
    end = PutMpxns(type, home, kFirstDistributor + network, dice.Below(20) == 0, end);
    end = Put(type == DeviceType::kEsme ? ",\"network_operator\":\"" : ",\"supplier\":\"", end);
    end = PutEui64(type == DeviceType::kEsme ? PartyId(FleetParty::kNetworkOperator, network)
                                             : PartyId(kind, supplier),
                   end);
  }
  if (type != DeviceType::kGsme) {
    end = PutParty("\",\"supplier\":\"", kind, supplier, end);
  }
  if (dice.Below(4) == 0) {
    end = PutParty("\",\"supplier_agent\":\"", FleetParty::kAgent,
                   dice.Below(ConfiguredParties(FleetParty::kAgent)), end);
  }
  end = Put(kVersions[dice.Below(kVersions.size())], Put("\",\"gbcs_version\":\"", end));
  if (type == DeviceType::kEsme) {
    end = Put(kVariants[dice.Below(kVariants.size())], Put("\",\"variant\":\"", end));
  }
  end = PutTime(ReceivedOf(number), Put("\",\"received\":\"", end));
  end = Put("\"}", end);
  out.append(text.data(), static_cast<size_t>(end - text.data()));
}

}  // namespace weir
