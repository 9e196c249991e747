#include "engine/inventory/inventory.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/timers.h"

namespace weir {

namespace {

// The time of a record as far as it can be believed: not after stream time.
std::optional<TimeMs> TimeOfRecord(std::optional<TimeMs> received, std::optional<TimeMs> now) {
  return received && now ? std::min(received, now) : now;
}

template <typename T>
void Replace(const std::optional<T>& said, bool is_partial, std::optional<T>& known) {
  if (said || !is_partial) {
    known = said;
  }
}

void Replace(absl::string_view said, bool is_partial, std::string& known) {
  if (!said.empty() || !is_partial) {
    known = std::string(said);
  }
}

void ChangeStatus(const DeviceRecord& record, bool is_new, std::optional<TimeMs> at,
                  Device& device) {
  const bool changes = !is_new && device.status != record.status;
  if (changes) {
    if (device.history.size() == Device::kMostHistory) {
      device.history.erase(device.history.begin());
    }
    device.history.push_back({.status = device.status, .since = device.status_since});
  }
  device.status = record.status;
  if (record.status_since) {
    device.status_since = record.status_since;
  } else if (is_new || changes) {
    device.status_since = at;
  }
}

void Apply(const DeviceRecord& record, Device& device) {
  device.type = record.type;
  if (!record.mpxns.empty() || !record.is_partial) {
    device.mpxns.clear();
    for (const absl::string_view mpxn : record.mpxns) {
      device.mpxns.emplace_back(mpxn);
    }
  }
  Replace(record.network_operator, record.is_partial, device.network_operator);
  Replace(record.supplier, record.is_partial, device.supplier);
  Replace(record.supplier_agent, record.is_partial, device.supplier_agent);
  Replace(record.gbcs_version, record.is_partial, device.gbcs_version);
  Replace(record.variant, record.is_partial, device.variant);
}

bool MayBeRemoved(const Device& device) {
  return device.status == DeviceStatus::kPending && device.added;
}

}  // namespace

Inventory::Inventory(const PendingRules& rules) : rules_(rules), devices_(sizeof(Eui64)) {}

std::optional<Device> Inventory::Find(Eui64 id) const {
  const std::optional<absl::string_view> packed = devices_.Find(DeviceName(id));
  return packed ? std::make_optional(packer_.Unpack(*packed)) : std::nullopt;
}

std::optional<DeviceRemoval> Inventory::Take(Eui64 id, const DeviceRecord& record,
                                             std::optional<TimeMs> received,
                                             std::optional<TimeMs> now) {
  if (record.removed) {
    Erase(id);
    return std::nullopt;
  }
  const std::optional<Device> known = Find(id);
  const std::optional<TimeMs> at = TimeOfRecord(received, now);
  Device device = known.value_or(Device{.added = at});
  ChangeStatus(record, !known, at, device);
  Replace(record.added, true, device.added);
  Replace(record.added_by, true, device.added_by);
  Apply(record, device);
  if (MayBeRemoved(device) && now) {
    const std::optional<TimeMs> due = RemovalTime(rules_, *device.added, *now);
    if (due && *due <= *now) {
      Erase(id);
      return DeviceRemoval{.id = id, .device = std::move(device), .at = *now};
    }
  }
  Put(id, device, now.value_or(TimeMs{}));
  return std::nullopt;
}

// ---- Timers

std::optional<TimeMs> Inventory::NextDue() const {
  return timers_.empty() ? std::nullopt : std::make_optional(timers_.begin()->due);
}

size_t Inventory::CountDue(TimeMs now, size_t limit) const {
  return CountDueBy(timers_, now, limit);
}

DeviceRemoval Inventory::FireNext() {
  const Timer timer = *timers_.begin();
  std::optional<Device> device = Find(timer.id);
  WEIR_CHECK(device.has_value());
  Erase(timer.id);
  return {.id = timer.id, .device = *std::move(device), .at = timer.due};
}

void Inventory::AddTimer(Eui64 id, std::optional<absl::string_view> packed, TimeMs now) {
  if (!packed || DevicePacker::StatusOf(*packed) != DeviceStatus::kPending) {
    return;
  }
  const Device device = packer_.Unpack(*packed);
  if (MayBeRemoved(device)) {
    if (const std::optional<TimeMs> due = RemovalTime(rules_, *device.added, now)) {
      timers_.insert({.due = *due, .id = id});
    }
  }
}

// Which of the periods gave its time depends on when it was set: there are few.
void Inventory::RemoveTimer(Eui64 id, std::optional<absl::string_view> packed) {
  if (!packed || DevicePacker::StatusOf(*packed) != DeviceStatus::kPending) {
    return;
  }
  const Device device = packer_.Unpack(*packed);
  if (MayBeRemoved(device)) {
    for (const PendingPeriod& period : rules_.periods) {
      timers_.erase({.due = RemovalTimeIn(period, *device.added), .id = id});
    }
  }
}

// ---- State

void Inventory::Put(Eui64 id, const Device& device, TimeMs now) {
  const std::string name = DeviceName(id);
  const std::string packed = packer_.Pack(device);
  RemoveTimer(id, devices_.Find(name));
  devices_.Put(name, packed);
  AddTimer(id, packed, now);
}

void Inventory::Erase(Eui64 id) {
  const std::string name = DeviceName(id);
  RemoveTimer(id, devices_.Find(name));
  devices_.Erase(name);
}

void Inventory::Rollback(TimeMs now) {
  devices_.Rollback([&](absl::string_view name, std::optional<absl::string_view> after,
                        std::optional<absl::string_view> before) {
    const Eui64 id = *ParseDeviceName(name);
    RemoveTimer(id, after);
    AddTimer(id, before, now);
  });
}

void Inventory::Export(const StateScope& scope) const {
  devices_.ForEachChange([&](absl::string_view name, std::optional<absl::string_view> packed) {
    if (packed) {
      scope.Put(name, EncodeDevice(packer_.Unpack(*packed)));
    } else {
      scope.Erase(name);
    }
  });
}

absl::Status Inventory::Load(absl::string_view name, absl::string_view value) {
  const std::optional<Device> device = DecodeDevice(value);
  if (!ParseDeviceName(name) || !device) {
    return absl::DataLossError("a device of the inventory kept in the state is damaged");
  }
  devices_.Load(name, packer_.Pack(*device));
  return absl::OkStatus();
}

void Inventory::FinishLoad(TimeMs now) {
  devices_.ForEach([&](absl::string_view name, absl::string_view packed) {
    AddTimer(*ParseDeviceName(name), packed, now);
  });
}

}  // namespace weir
