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
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"

#include "engine/alert/event.h"
#include "engine/base/packed_table.h"
#include "engine/base/state_batch.h"
#include "engine/base/units.h"

namespace weir {

// A service request whose success is a change.
struct SwitchTrigger {
  std::string srv;
  bool on = true;
  TimeMs from;
  std::optional<DeviceType> only_for{};     // the type that the device must be known to have
  uint32_t instructions = 1;                // of a future-dated request that does not say
  bool is_scheduled = false;                // future-dated ones are held by the DCC, not the device
  std::optional<uint16_t> message_code{};   // of its command, by which a bare outcome is told
};

// An alert that says so.
struct SwitchAlert {
  AlertCode code;
  bool on = false;
  TimeMs from;
};

struct LoadSwitchRules {
  std::vector<SwitchTrigger> triggers = OfTheRelease();
  std::vector<SwitchAlert> alerts = AlertsOfTheRelease();

  static std::vector<SwitchTrigger> OfTheRelease();
  static std::vector<SwitchAlert> AlertsOfTheRelease();
};

struct SwitchChange {
  Eui64 device;
  std::optional<RequestId> request{};  // none: an alert said so
  std::string srv{};                   // of the request
  std::optional<AlertCode> alert{};
  TimeMs changed_at;
};

// One request as it is kept: open, or remembered.
struct SwitchRequest {
  // An outcome that has come. Told apart by number, or by what was to be changed.
  struct Instruction {
    std::optional<uint32_t> number;
    std::optional<uint64_t> digest;
    bool succeeded = false;
  };

  std::string srv;
  bool was_seen = false;  // the request itself
  std::optional<TimeMs> execute_at{};
  std::optional<uint32_t> requested{};  // instructions, by the request
  std::optional<uint32_t> total{};      // by its outcomes
  std::optional<TimeMs> first_outcome{};
  std::vector<Instruction> outcomes{};
  std::optional<TimeMs> changed_at{};  // when the last instruction succeeded
  std::optional<TimeMs> done_at{};     // none: it is open

  // When it is settled, or forgotten.
  TimeMs due() const;
};

struct NamedSwitchRequest {
  RequestId id;
  SwitchRequest request;
};

// Names begin with the device, so that a device's requests stand together.
std::string SwitchRequestName(const RequestId& id);
std::optional<NamedSwitchRequest> DecodeSwitchRequest(absl::string_view name,
                                                      absl::string_view value);

class LoadSwitch {
 public:
  static constexpr DurationMs kSettleAfter{2 * kDay.value};   // after the first outcome
  static constexpr DurationMs kExpireAfter{2 * kDay.value};   // after the date of execution
  static constexpr DurationMs kRememberFor{30 * kDay.value};  // what is done

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

  bool IsTrigger(AlertCode code) const { return alert_triggers_[code.index()]; }

  // The earliest time at which a request is settled or forgotten.
  std::optional<TimeMs> NextDue() const;

  // How many are, by `now`; counts no further than `limit`.
  size_t CountDue(TimeMs now, size_t limit) const;

  // Settles or forgets the first request that is due; there is one. At one time they are in the
  // order of device, party and counter.
  using TypeOf = absl::FunctionRef<std::optional<DeviceType>(Eui64 device)>;
  std::optional<SwitchChange> FireNext(TypeOf type_of);

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
  const SwitchTrigger* TriggerOf(const RequestReport& report) const;
  std::optional<SwitchRequest> Find(absl::string_view name) const;
  void Keep(absl::string_view name, const SwitchRequest& request);
  void Forget(absl::string_view name, const SwitchRequest& request);
  std::optional<SwitchChange> Settle(const RequestId& id, SwitchRequest request,
                                     std::optional<DeviceType> type, TimeMs now);

  const LoadSwitchRules& rules_;
  std::vector<bool> alert_triggers_;  // by AlertCode::index()
  PackedTable requests_;
  absl::btree_set<Timer> timers_;
};

}  // namespace weir
