// What is known of a device, and the form in which it is kept.
//
// Layer: engine/inventory (engine/alert, engine/base).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

#include "engine/alert/event.h"
#include "engine/base/units.h"

namespace weir {

struct Device {
  static constexpr size_t kMostHistory = 8;

  struct PastStatus {
    DeviceStatus status = DeviceStatus::kPending;
    std::optional<TimeMs> since{};

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

  // The first MPxN; empty if there is none.
  absl::string_view mpan() const { return mpxns.empty() ? absl::string_view() : mpxns.front(); }

  friend bool operator==(const Device&, const Device&) = default;
};

// The name of a device's entry in the state. Names are in the order of the ids.
std::string DeviceName(Eui64 id);

// Nothing if the name is none.
std::optional<Eui64> ParseDeviceName(absl::string_view name);

// As it is kept in a store, and written to other machines: says everything by itself.
std::string EncodeDevice(const Device& device);
std::optional<Device> DecodeDevice(absl::string_view bytes);

// As it is kept in memory, in tens of millions: the few ids and texts that devices share are
// numbers of a dictionary. Valid only with the dictionary that it was packed with.
class DevicePacker {
 public:
  std::string Pack(const Device& device);
  Device Unpack(absl::string_view bytes) const;

  // Without unpacking it.
  static DeviceStatus StatusOf(absl::string_view bytes);

 private:
  absl::flat_hash_map<std::string, uint32_t> numbers_;
  std::vector<std::string> shared_;  // by number
};

}  // namespace weir
