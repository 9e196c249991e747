// The devices that are known, and the removal of those that were pending for too long (SECMP0060).
//
// A record replaces what was known of a device, but for what only the past tells: without a word of
// its own it keeps the date of addition, who added the device, and since when the status holds; and
// the statuses before it are remembered, the last Device::kMostHistory of them. A partial record
// keeps all that it leaves out. See RULES.md.
//
// Memory: about 80 bytes a device, and 20 more while it is pending.
//
// Threads: one owner.
//
// Layer: engine/inventory (engine/alert, engine/base).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/container/btree_set.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"

#include "engine/alert/event.h"
#include "engine/base/packed_table.h"
#include "engine/base/state_batch.h"
#include "engine/base/units.h"
#include "engine/inventory/device.h"
#include "engine/inventory/pending_rules.h"

namespace weir {

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

  // Takes in a record of a device at stream time `now`, if there is one yet. A pending device whose
  // time is over by then is removed at once. Everything due by `now` has happened.
  std::optional<DeviceRemoval> Take(Eui64 id, const DeviceRecord& record,
                                    std::optional<TimeMs> received, std::optional<TimeMs> now);

  // The earliest time at which a device is removed.
  std::optional<TimeMs> NextDue() const;

  // How many are, by `now`; counts no further than `limit`.
  size_t CountDue(TimeMs now, size_t limit) const;

  // Removes the first device that is due; there is one. At one time they are in their order.
  DeviceRemoval FireNext();

  size_t size() const { return devices_.size(); }

  // Those whose time will come.
  size_t pending() const { return timers_.size(); }

  void Accept() { devices_.Accept(); }

  // `now` is the stream time at which the batch began.
  void Rollback(TimeMs now);
  void Export(const StateScope& scope) const;

  // Takes up what Export wrote; then FinishLoad, with the stream time of that.
  absl::Status Load(absl::string_view name, absl::string_view value);
  void FinishLoad(TimeMs now);

 private:
  struct Timer {
    TimeMs due;
    Eui64 id;

    friend auto operator<=>(const Timer&, const Timer&) = default;
  };

  void Put(Eui64 id, const Device& device, TimeMs now);
  void Erase(Eui64 id);
  void AddTimer(Eui64 id, std::optional<absl::string_view> packed, TimeMs now);
  void RemoveTimer(Eui64 id, std::optional<absl::string_view> packed);

  const PendingRules& rules_;
  DevicePacker packer_;
  PackedTable devices_;  // by DeviceName
  absl::btree_set<Timer> timers_;
};

}  // namespace weir
