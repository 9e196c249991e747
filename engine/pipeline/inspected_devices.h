// What a state keeps for single devices: the inventory, requests about load switching, gas flow
// rates. There may be tens of millions, so they are looked up in the store and not loaded.
//
// Promises: one device costs a few look-ups; counting, and looking for an MPxN, go once through all
// entries, each of which is decoded. Memory is that of the answer.
// Errors: DataLoss if an entry is damaged; and those of the store.
//
// Threads: one owner.
//
// Layer: engine/pipeline (engine/alert, engine/base, engine/eligibility, engine/inventory,
// engine/load_switch).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "engine/alert/eui64.h"
#include "engine/alert/event.h"
#include "engine/base/units.h"
#include "engine/eligibility/gas_flow_settings.h"
#include "engine/inventory/device.h"
#include "engine/load_switch/switch_request.h"
#include "engine/pipeline/inspection.h"
#include "engine/pipeline/store.h"
#include "engine/pipeline/system_rules.h"

namespace weir {

// A device as the inventory of a partition knows it.
struct InspectedDevice {
  uint32_t partition = 0;
  Eui64 id;
  Device device;
  std::optional<Eui64> network_operator{};  // whichever way it is known
  std::optional<TimeMs> pending_until{};    // when it is removed; nothing: never
};

// A request about load switching, or an alert that was one: open, or done and remembered.
struct InspectedRequest {
  uint32_t partition = 0;
  RequestId id;
  CounterOf counter_of = CounterOf::kRequest;
  SwitchRequest request;
  std::optional<uint32_t> instructions{};  // whose outcomes complete it, if that can be told
};

struct InspectedGasFlow {
  uint32_t partition = 0;
  GasFlowSetting setting;
};

// How many a partition keeps.
struct DeviceCounts {
  uint64_t devices = 0;
  uint64_t pending = 0;  // of them, by their status
  uint64_t open_requests = 0;
  uint64_t done_requests = 0;  // remembered
  uint64_t gas_flow_rates = 0;

  DeviceCounts& operator+=(const DeviceCounts& other);
  friend bool operator==(const DeviceCounts&, const DeviceCounts&) = default;
};

class InspectedDevices {
 public:
  // All outlive it. `store` is the one that `inspection` was read from, and holds what it held
  // then. By `rules`, which are not part of the state, it is said whose a device is, how long it
  // may be pending, and how many instructions a request has that does not say so itself.
  InspectedDevices(const Inspection& inspection, const SystemRules& rules, Store& store);

  // What is kept of a device, by partition: at most one in each.
  absl::StatusOr<std::vector<InspectedDevice>> InventoryOf(Eui64 device) const;
  absl::StatusOr<std::vector<InspectedGasFlow>> GasFlowOf(Eui64 device) const;

  // Those sent to a device, by partition, party and counter.
  absl::StatusOr<std::vector<InspectedRequest>> RequestsOf(Eui64 device) const;

  // The devices of all inventories that have this MPxN among theirs, by id and partition.
  absl::StatusOr<std::vector<InspectedDevice>> WithMpxn(absl::string_view mpxn) const;

  absl::StatusOr<DeviceCounts> Count(uint32_t partition) const;

 private:
  using DeviceVisitor = absl::FunctionRef<void(InspectedDevice device)>;
  using RequestVisitor = absl::FunctionRef<void(InspectedRequest request)>;
  using GasFlowVisitor = absl::FunctionRef<void(InspectedGasFlow gas_flow)>;

  void ApplyRules(InspectedDevice& known) const;
  void ApplyRules(InspectedRequest& kept) const;

  // Those of a partition whose names begin so.
  absl::Status VisitDevices(uint32_t partition, absl::string_view beginning,
                            DeviceVisitor visit) const;
  absl::Status VisitRequests(uint32_t partition, absl::string_view beginning,
                             RequestVisitor visit) const;
  absl::Status VisitGasFlows(uint32_t partition, absl::string_view beginning,
                             GasFlowVisitor visit) const;

  const Inspection& inspection_;
  const SystemRules& rules_;
  Store& store_;
};

}  // namespace weir
