// How long a device may stay pending before it is removed from the inventory.
//
// Source: SECMP0060.
//
// Layer: engine/inventory (engine/alert, engine/base).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/alert/alert_code.h"
#include "engine/alert/eui64.h"
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
  Eui64 party{};                           // for kParty
  AlertCode code = *ParseAlertCode("N8");  // of the notice; no source confirms it

  static std::vector<PendingPeriod> OfTheRelease();
};

// So many months later, UTC: the same day and time of day, or the month's last day if it has no
// such day. Not after kLatestTime.
TimeMs AddMonths(TimeMs time, uint32_t months);

// When its time is over by the rule of a period.
TimeMs RemovalTimeIn(const PendingPeriod& period, TimeMs added);

// When a device that was added then, and is pending at `now`, is to be removed: at or before `now`
// if its time is over. Nothing if never.
std::optional<TimeMs> RemovalTime(const PendingRules& rules, TimeMs added, TimeMs now);

}  // namespace weir
