#include "engine/pipeline/inspected_devices.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "engine/base/status_macros.h"
#include "engine/base/wire.h"
#include "engine/inventory/pending_rules.h"
#include "engine/pipeline/registry.h"
#include "engine/pipeline/stored_state.h"

namespace weir {

DeviceCounts& DeviceCounts::operator+=(const DeviceCounts& other) {
  devices += other.devices;
  pending += other.pending;
  open_requests += other.open_requests;
  done_requests += other.done_requests;
  gas_flow_rates += other.gas_flow_rates;
  return *this;
}

InspectedDevices::InspectedDevices(const Inspection& inspection, const SystemRules& rules,
                                   Store& store)
    : inspection_(inspection), rules_(rules), store_(store) {}

// ---- One device

absl::StatusOr<std::vector<InspectedDevice>> InspectedDevices::InventoryOf(Eui64 device) const {
  std::vector<InspectedDevice> found;
  for (uint32_t i = 0; i < inspection_.partitions(); ++i) {
    WEIR_RETURN_IF_ERROR(VisitDevices(i, DeviceName(device), [&](InspectedDevice known) {
      ApplyRules(known);
      found.push_back(std::move(known));
    }));
  }
  return found;
}

absl::StatusOr<std::vector<InspectedGasFlow>> InspectedDevices::GasFlowOf(Eui64 device) const {
  std::vector<InspectedGasFlow> found;
  for (uint32_t i = 0; i < inspection_.partitions(); ++i) {
    WEIR_RETURN_IF_ERROR(
        VisitGasFlows(i, OrderedName(device.value),
                      [&](const InspectedGasFlow& kept) { found.push_back(kept); }));
  }
  return found;
}

absl::StatusOr<std::vector<InspectedRequest>> InspectedDevices::RequestsOf(Eui64 device) const {
  std::vector<InspectedRequest> found;
  for (uint32_t i = 0; i < inspection_.partitions(); ++i) {
    // Their names begin with the device.
    WEIR_RETURN_IF_ERROR(VisitRequests(i, OrderedName(device.value), [&](InspectedRequest kept) {
      ApplyRules(kept);
      found.push_back(std::move(kept));
    }));
  }
  return found;
}

// ---- All of them

absl::StatusOr<std::vector<InspectedDevice>> InspectedDevices::WithMpxn(
    absl::string_view mpxn) const {
  std::vector<InspectedDevice> found;
  for (uint32_t i = 0; i < inspection_.partitions(); ++i) {
    WEIR_RETURN_IF_ERROR(VisitDevices(i, "", [&](InspectedDevice known) {
      const std::vector<std::string>& mpxns = known.device.mpxns;
      if (std::find(mpxns.begin(), mpxns.end(), mpxn) != mpxns.end()) {
        ApplyRules(known);
        found.push_back(std::move(known));
      }
    }));
  }
  std::sort(found.begin(), found.end(), [](const InspectedDevice& a, const InspectedDevice& b) {
    return std::tie(a.id, a.partition) < std::tie(b.id, b.partition);
  });
  return found;
}

absl::StatusOr<DeviceCounts> InspectedDevices::Count(uint32_t partition) const {
  DeviceCounts counts;
  WEIR_RETURN_IF_ERROR(VisitDevices(partition, "", [&](const InspectedDevice& known) {
    ++counts.devices;
    counts.pending += known.device.status == DeviceStatus::kPending ? 1U : 0U;
  }));
  WEIR_RETURN_IF_ERROR(VisitRequests(partition, "", [&](const InspectedRequest& kept) {
    ++(kept.request.done_at ? counts.done_requests : counts.open_requests);
  }));
  WEIR_RETURN_IF_ERROR(VisitGasFlows(
      partition, "", [&](const InspectedGasFlow& /*kept*/) { ++counts.gas_flow_rates; }));
  return counts;
}

void InspectedDevices::ApplyRules(InspectedDevice& known) const {
  const Device& device = known.device;
  known.network_operator = rules_.OperatorOf(device);
  if (device.status == DeviceStatus::kPending && device.added) {
    known.pending_until =
        RemovalTime(rules_.pending, *device.added, inspection_.now(known.partition));
  }
}

void InspectedDevices::ApplyRules(InspectedRequest& kept) const {
  const std::vector<SwitchTrigger>& triggers = rules_.load_switch.triggers;
  const auto trigger =
      std::find_if(triggers.begin(), triggers.end(),
                   [&](const SwitchTrigger& each) { return each.srv == kept.request.srv; });
  kept.instructions = kept.request.total ? kept.request.total : kept.request.requested;
  if (!kept.instructions && trigger != triggers.end()) {
    kept.instructions = trigger->instructions;
  }
}

// ---- Entries

absl::Status InspectedDevices::VisitDevices(uint32_t partition, absl::string_view beginning,
                                            DeviceVisitor visit) const {
  return ScanRegistry(
      store_, partition, Registry::kInventory, beginning,
      [&](absl::string_view name, absl::string_view value) {
        const std::optional<Eui64> id = ParseDeviceName(name);
        std::optional<Device> device = DecodeDevice(value);
        if (!id || !device) {
          return absl::DataLossError("a device of the inventory kept in the state is damaged");
        }
        visit({.partition = partition, .id = *id, .device = *std::move(device)});
        return absl::OkStatus();
      });
}

absl::Status InspectedDevices::VisitRequests(uint32_t partition, absl::string_view beginning,
                                             RequestVisitor visit) const {
  return ScanRegistry(
      store_, partition, Registry::kLoadSwitch, beginning,
      [&](absl::string_view name, absl::string_view value) {
        const std::optional<RequestId> id = ParseRequestName(name);
        std::optional<SwitchRequest> request = SwitchRequest::Decode(value);
        if (!id || !request) {
          return absl::DataLossError("a request about load switching kept in the state is damaged");
        }
        visit({.partition = partition,
               .id = *id,
               .counter_of = CounterOfName(name),
               .request = *std::move(request)});
        return absl::OkStatus();
      });
}

absl::Status InspectedDevices::VisitGasFlows(uint32_t partition, absl::string_view beginning,
                                             GasFlowVisitor visit) const {
  return ScanRegistry(
      store_, partition, Registry::kGasFlow, beginning,
      [&](absl::string_view name, absl::string_view value) {
        const std::optional<GasFlowSetting> setting = GasFlowSetting::Decode(value);
        if (!ParseDeviceName(name) || !setting) {
          return absl::DataLossError("a gas flow rate kept in the state is damaged");
        }
        visit({.partition = partition, .setting = *setting});
        return absl::OkStatus();
      });
}

}  // namespace weir
