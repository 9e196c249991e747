// What follows for others from records about devices and service requests.
//
// Layer: engine/pipeline (engine/alert, engine/base, engine/eligibility).
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"

#include "engine/alert/event.h"
#include "engine/base/units.h"
#include "engine/eligibility/eligibility.h"

namespace weir {

// Why something that should go to a network operator goes to nobody's stream.
enum class UnroutedReason : uint8_t {
  kDeviceUnknown,  // the meter is not in the inventory
  kNoOperator,     // neither the meter's record nor its MPAN says whose it is
  kNotConfigured,  // that operator is none of the parties
  kNotInNetwork,   // who asked is not the operator of the meter
};

// `device_unknown` and so on.
absl::string_view UnroutedReasonName(UnroutedReason reason);

// N58, ALCSHCALCSConfigurationChange: load switching has changed on a meter. To its operator's
// stream, or unrouted.
//
// Source: DUIS 5.4, ALCSHCALCSConfigurationChange (SECMP0025).
struct SwitchNotice {
  Eui64 device;                              // the meter
  std::optional<Eui64> network_operator{};   // as far as it is known
  std::optional<UnroutedReason> unrouted{};  // nothing: to its stream
  uint64_t counter = 0;                      // of the ResponseID
  TimeMs at;                                 // when it goes out
  TimeMs changed_at;                         // when the configuration changed
  std::string variant{};                     // what the inventory says of the meter; may be empty
  std::string gbcs_version{};
  std::string mpan{};  // its first MPxN
  std::string srv{};   // that changed it; empty if an alert said so
  std::optional<RequestId> request{};
  std::optional<AlertCode> alert{};  // that said so
};

// The response, with this record, to a network operator's read.
struct ResponseNotice {
  Eui64 network_operator;
  std::optional<UnroutedReason> unrouted{};  // nothing: to its stream
};

// The request, with this record, is accepted or rejected.
struct RequestNotice {
  RequestReason reason = RequestReason::kNotGoverned;
  std::optional<Role> role{};  // that it was decided for
};

// DeviceRemovedFromInventory: a device was pending for too long.
//
// Source: DUIS 5.4, DeviceStatusChangeEvent (SECMP0060).
struct RemovalNotice {
  Eui64 device;
  AlertCode code;  // of the DCC alert
  std::optional<Eui64> recipient{};
  uint64_t counter = 0;  // of the ResponseID
  TimeMs at;
  DeviceType type = DeviceType::kEsme;
  std::optional<TimeMs> added{};
  std::optional<Eui64> added_by{};
};

struct Notice {
  uint32_t record = 0;  // index in the round: of the record that brought it
  std::variant<SwitchNotice, ResponseNotice, RequestNotice, RemovalNotice> what;
};

// Puts the notices of the partitions of a round, each in order, into the one order of the log.
inline void PutInOrder(std::vector<Notice>& notices) {
  std::stable_sort(notices.begin(), notices.end(),
                   [](const Notice& a, const Notice& b) { return a.record < b.record; });
}

}  // namespace weir
