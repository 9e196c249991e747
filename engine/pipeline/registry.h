// What a partition does with records about devices and service requests: keeps the inventory,
// judges requests, tells network operators about load switching. RULES.md says what follows from
// what.
//
// A round: Begin, Add for each record that matters here, and Process once the alerts are decided.
//
// Threads: one owner.
//
// Layer: engine/pipeline (engine/alert, engine/base, engine/eligibility, engine/inventory,
// engine/load_switch, engine/throttle).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

#include "engine/alert/event.h"
#include "engine/base/state_batch.h"
#include "engine/base/units.h"
#include "engine/eligibility/gas_flow_settings.h"
#include "engine/inventory/inventory.h"
#include "engine/load_switch/load_switch.h"
#include "engine/pipeline/notice.h"
#include "engine/pipeline/record.h"
#include "engine/pipeline/system_rules.h"
#include "engine/throttle/ledger.h"
#include "engine/throttle/timeline.h"

namespace weir {

// What it has read and told, since the state began.
struct RegistryTotals {
  uint64_t devices = 0;  // records of each kind, without duplicates
  uint64_t requests = 0;
  uint64_t responses = 0;
  uint64_t outcomes = 0;    // those in alerts are not counted
  uint64_t duplicates = 0;  // of the last three
  uint64_t switch_notices = 0;
  uint64_t switch_unrouted = 0;  // of them
  uint64_t responses_routed = 0;
  uint64_t responses_unrouted = 0;
  uint64_t removals = 0;                           // of pending devices, told or not
  std::array<uint64_t, kRequestReasons> judged{};  // requests, by RequestReason

  RegistryTotals& operator+=(const RegistryTotals& other);
  friend bool operator==(const RegistryTotals&, const RegistryTotals&) = default;
};

class Registry {
 public:
  // Beginnings of the names of the entries that there are for every device or request: the state
  // may hold tens of millions, behind all other entries.
  static constexpr absl::string_view kInventory = "b";
  static constexpr absl::string_view kLoadSwitch = "c";
  static constexpr absl::string_view kGasFlow = "d";

  // `rules` outlive it.
  explicit Registry(const SystemRules& rules);

  void Begin() { arrivals_.clear(); }

  // A record that the registry has to do with, at stream time `now`, if there is one.
  void Add(uint32_t record, uint16_t number, std::optional<TimeMs> now);

  // Whether it has to do with this alert.
  bool Concerns(const Alert& alert) const {
    return alert.report != nullptr || load_switch_.IsTrigger(alert.code);
  }

  // Duplicates are told by their verdicts.
  void Process(absl::Span<const Record> records, absl::Span<const Verdict> verdicts,
               const Timeline& timeline);

  // The earliest time at which anything happens by itself.
  std::optional<TimeMs> NextDue() const;

  // How many timers are due by `now`; counts no further than `limit`.
  size_t CountDue(TimeMs now, size_t limit) const;

  // Between rounds: fires at most `limit` of the timers due by `by`, as before record 0. Gives when
  // the last of them was due.
  std::optional<TimeMs> FireSome(TimeMs by, size_t limit);

  // Moves the notices, which are in order, behind `notices`.
  void MoveNoticesTo(std::vector<Notice>& notices);

  const RegistryTotals& totals() const { return progress_.totals; }

  const Inventory& inventory() const { return inventory_; }

  const LoadSwitch& load_switch() const { return load_switch_; }

  const GasFlowSettings& gas_flow() const { return gas_flow_; }

  void Accept();

  // `now` is the stream time at which the batch began.
  void Rollback(TimeMs now);
  void Export(const StateScope& scope) const;
  absl::Status Load(absl::string_view name, absl::string_view value);
  void FinishLoad(TimeMs now);

 private:
  struct Arrival {
    uint32_t record = 0;
    std::optional<TimeMs> now;

    TimeMs time() const { return now.value_or(TimeMs{}); }
  };

  // The scalars, so that a rollback is one assignment.
  struct Progress {
    uint64_t sequence = 0;           // of the last ResponseID counter
    std::optional<uint16_t> number;  // of the partition
    RegistryTotals totals;

    friend bool operator==(const Progress&, const Progress&) = default;
  };

  void Take(const Alert& alert, TimeMs now);
  void Take(const OtherEvent& event, const Arrival& arrival);
  void Take(const OtherEvent& event, const DeviceRecord& device, const Arrival& arrival);
  void Take(const OtherEvent& event, const Request& request, TimeMs now);
  void Take(const OtherEvent& event, const Response& response, TimeMs now);
  void Route(const OtherEvent& event, const Response& response, TimeMs now);
  void FireNext();
  void Tell(const std::optional<SwitchChange>& change, TimeMs at);
  void Tell(const DeviceRemoval& removal);

  template <typename What>
  void Note(What what) {
    notices_.push_back({.record = record_, .what = std::move(what)});
  }

  std::optional<DeviceType> TypeOf(Eui64 device) const;
  bool IsOperator(Eui64 party) const;
  uint64_t NextCounter();
  std::string EncodeProgress() const;
  absl::Status LoadProgress(absl::string_view value);

  const SystemRules& rules_;
  Inventory inventory_;
  LoadSwitch load_switch_;
  GasFlowSettings gas_flow_;
  Progress progress_;
  Progress accepted_;

  std::vector<Arrival> arrivals_;  // of the round under way
  uint32_t record_ = 0;            // that what is told now belongs to
  std::vector<Notice> notices_;
};

}  // namespace weir
