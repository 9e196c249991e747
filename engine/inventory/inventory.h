// The devices that are known, and how long one may stay pending (SECMP0060).
//
// A record replaces what was known of a device, but for what only the past tells: without a word of
// its own it keeps the date of addition, who added the device, and since when the status holds; and
// the statuses before it are remembered, the last kMostHistory of them. A partial record keeps all
// that it leaves out.
//
// A device whose status is Pending is removed so many calendar months after it was added, whatever
// its status was in between. How many depends on the time at which its turn would come: a period
// holds from its date up to that of the next.
//
// Memory: about 80 bytes a device, and 20 more while it is pending.
//
// Source: SECMP0060.
//
// Threads: one owner.
//
// Layer: engine/inventory (engine/alert, engine/base).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"

#include "engine/alert/event.h"
#include "engine/base/packed_table.h"
#include "engine/base/state_batch.h"
#include "engine/base/units.h"

namespace weir {

// From when on devices may stay pending for how long.
struct PendingPeriod {
  TimeMs from;
  uint32_t months = 0;  // 1 to 1200
};

// Whom the notice of a removal goes to.
enum class RemovalRecipient : uint8_t { kAddedBy, kSupplier, kParty };

struct PendingRules {
  // Ascending; before the first one nothing is removed.
  std::vector<PendingPeriod> periods = OfTheRelease();
  bool remove = true;  // false: nothing is ever removed
  bool notify = true;  // false: what is removed is not told
  RemovalRecipient recipient = RemovalRecipient::kAddedBy;
  Eui64 party;  // for kParty
  AlertCode code = *ParseAlertCode("N8");  // of the notice; no source confirms it

  static std::vector<PendingPeriod> OfTheRelease();
};

// So many months later, UTC: the same day and time of day, or the month's last day.
TimeMs AddMonths(TimeMs time, uint32_t months);

// When a device that was added then, and is pending at `now`, is to be removed: at or before `now`
// if its time is over. Nothing if never.
std::optional<TimeMs> RemovalTime(const PendingRules& rules, TimeMs added, TimeMs now);

// What is known of a device.
struct Device {
  static constexpr size_t kMostHistory = 8;

  struct PastStatus {
    DeviceStatus status = DeviceStatus::kPending;
    std::optional<TimeMs> since;

    friend bool operator==(const PastStatus&, const PastStatus&) = default;
  };

  DeviceType type = DeviceType::kEsme;
  DeviceStatus status = DeviceStatus::kPending;
  std::optional<TimeMs> status_since{};
  std::vector<PastStatus> history{};  // the oldest first
  std::optional<TimeMs> added{};
  std::optional<Eui64> added_by{};
  std::vector<std::string> mpxns{};
  std::optional<Eui64> network_operator{};
  std::optional<Eui64> supplier{};
  std::optional<Eui64> supplier_agent{};
  std::string gbcs_version{};
  std::string variant{};

  friend bool operator==(const Device&, const Device&) = default;
};

struct NamedDevice {
  Eui64 id;
  Device device;
};

// An entry of the store; nothing if it is damaged.
std::string DeviceName(Eui64 id);
std::optional<NamedDevice> DecodeDevice(absl::string_view name, absl::string_view value);

// A pending device whose time was over.
struct DeviceRemoval {
  Eui64 id;
  Device device;  // as it was known
  TimeMs at;
};

class Inventory {
 public:
  // `rules` outlive it.
  explicit Inventory(const PendingRules& rules);

  std::optional<Device> Find(Eui64 id) const;

  // Takes in a record of `id` at stream time `now`, if there is one yet. What it says of a pending
  // device whose time is over by then removes it at once. Everything due by `now` has happened.
  std::optional<DeviceRemoval> Take(Eui64 id, const DeviceRecord& record,
                                    std::optional<TimeMs> received, std::optional<TimeMs> now);

  // The earliest time at which a device is removed.
  std::optional<TimeMs> NextDue() const;

  // How many are, by `now`; counts no further than `limit`.
  size_t CountDue(TimeMs now, size_t limit) const;

  // Removes the first device that is due; there is one. At one time they are in their order.
  DeviceRemoval FireNext();

  size_t size() const { return devices_.size(); }

  size_t pending() const { return timers_.size(); }

  void Accept() { devices_.Accept(); }

  void Rollback();
  void Export(const StateScope& scope) const;

  // Takes up what Export wrote; then FinishLoad, with the stream time at which that was.
  absl::Status Load(absl::string_view name, absl::string_view value);
  void FinishLoad(std::optional<TimeMs> now);

 private:
  struct Timer {
    TimeMs due;
    Eui64 id;

    friend auto operator<=>(const Timer&, const Timer&) = default;
  };

  // Few ids and texts are shared by many devices: a number for each. Only of this process.
  class Dictionary;
};

}  // namespace weir
