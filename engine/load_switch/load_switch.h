// Load switching (SECMP0025): finds out when an ALCS or HCALCS configuration of a meter has
// changed.
//
// A successful response to a request that triggers is a change now. A future-dated request changes
// nothing when it is acknowledged: the device tells the outcome of each of its instructions (alert
// 8F66 or 8F67), and when all are there, or two days after the first, it is one change if any
// succeeded.
// What the DCC schedules itself (7.9, 7.10) is answered when it is done: a response before the date
// of execution is an acknowledgement, a later one a change.
//
// What is asked for of a device's type must be so when a message comes.
//
// Promises: a request gives at most one change within thirty days, in whichever order and how often
// its messages come. Requests that were never seen are told apart by their outcomes and responses
// alone.
//
// Source: SECMP0025; which requests trigger is inferred, and so it is a table.
//
// Threads: one owner.
//
// Layer: engine/load_switch (engine/alert, engine/base).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"

#include "engine/alert/event.h"
#include "engine/base/packed_table.h"
#include "engine/base/state_batch.h"
#include "engine/base/units.h"
#include "engine/load_switch/switch_request.h"
#include "engine/load_switch/switch_rules.h"

namespace weir {

struct SwitchChange {
  Eui64 device;
  std::optional<RequestId> request{};  // none: an alert said so
  std::string srv{};                   // of the request
  std::optional<AlertCode> alert{};
  TimeMs changed_at;
};

class LoadSwitch {
 public:
  // `rules` outlive it.
  explicit LoadSwitch(const LoadSwitchRules& rules);

  // Each gives the change that follows at `now`, if one does. `type` is that of the device, if it
  // is known. Everything due by `now` has happened.
  std::optional<SwitchChange> OnRequest(const Request& request, std::optional<DeviceType> type,
                                        TimeMs now);
  std::optional<SwitchChange> OnResponse(const Response& response, std::optional<DeviceType> type,
                                         TimeMs now);
  std::optional<SwitchChange> OnOutcome(const Outcome& outcome, std::optional<DeviceType> type,
                                        TimeMs now);

  // Of an alert whose code IsTrigger.
  std::optional<SwitchChange> OnAlert(const Alert& alert, TimeMs now);

  bool IsTrigger(AlertCode code) const { return alerts_[code.index()] != nullptr; }

  // The earliest time at which a request is settled or forgotten.
  std::optional<TimeMs> NextDue() const;

  // How many are, by `now`; counts no further than `limit`.
  size_t CountDue(TimeMs now, size_t limit) const;

  // Settles or forgets the first request that is due; there is one. At one time they are in the
  // order of device, party and counter.
  std::optional<SwitchChange> FireNext();

  // Requests that are kept, those that are done included.
  size_t size() const { return requests_.size(); }

  void Accept() { requests_.Accept(); }

  void Rollback();
  void Export(const StateScope& scope) const;
  absl::Status Load(absl::string_view name, absl::string_view value);

 private:
  struct Timer {
    TimeMs due;
    std::string name;

    friend auto operator<=>(const Timer&, const Timer&) = default;
  };

  const SwitchTrigger* TriggerOf(absl::string_view srv) const;
  const SwitchTrigger* TriggerOf(const Outcome& outcome, const SwitchRequest* known) const;
  std::optional<SwitchRequest> Find(absl::string_view name) const;
  void Keep(absl::string_view name, const SwitchRequest& request);
  void Forget(absl::string_view name);
  void AddTimer(absl::string_view name, std::optional<absl::string_view> value);
  void RemoveTimer(absl::string_view name, std::optional<absl::string_view> value);
  static bool IsComplete(const SwitchRequest& request, const SwitchTrigger& trigger);
  std::optional<SwitchChange> Settle(const RequestId& id, SwitchRequest request, TimeMs now);

  const LoadSwitchRules& rules_;
  std::vector<const SwitchAlert*> alerts_;  // by AlertCode::index(); null: no trigger
  PackedTable requests_;
  absl::btree_set<Timer> timers_;
};

}  // namespace weir
