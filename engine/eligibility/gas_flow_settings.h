// The uncontrolled gas flow rate of each device (SECMP0023), as far as requests have told it.
//
// Held as an integer of ten-thousandths of a cubic metre an hour, so that four places are exact.
//
// Threads: one owner.
//
// Layer: engine/eligibility (engine/alert, engine/base).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

#include "engine/alert/event.h"
#include "engine/base/packed_table.h"
#include "engine/base/state_batch.h"
#include "engine/base/units.h"

namespace weir {

// `6.1680`.
std::string FormatGasFlowRate(uint16_t ten_thousandths);

struct GasFlowSetting {
  uint16_t rate = 0;  // that was asked for last
  RequestId request;
  TimeMs asked_at;
  std::optional<TimeMs> confirmed_at{};  // the device has it since then
  std::optional<uint16_t> before{};      // confirmed by an earlier request, until this one is

  std::string Encode() const;
  static std::optional<GasFlowSetting> Decode(absl::string_view value);

  friend bool operator==(const GasFlowSetting&, const GasFlowSetting&) = default;
};

class GasFlowSettings {
 public:
  GasFlowSettings() : settings_(sizeof(Eui64)) {}

  std::optional<GasFlowSetting> Find(Eui64 device) const;

  // An accepted request sets a rate.
  void OnRequest(Eui64 device, const RequestId& id, uint16_t rate, TimeMs now);

  // A successful response to it.
  void OnDone(Eui64 device, const RequestId& id, TimeMs now);

  size_t size() const { return settings_.size(); }

  void Accept() { settings_.Accept(); }

  void Rollback();

  void Export(const StateScope& scope) const { settings_.Export(scope); }

  absl::Status Load(absl::string_view name, absl::string_view value);

 private:
  PackedTable settings_;  // by OrderedName of the device
};

}  // namespace weir
