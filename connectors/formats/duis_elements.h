// The elements that the DUIS documents which Weir writes are put together of.
//
// What is appended is one line and, in the order and with the types given here, valid under the
// schema of DUIS 5.4.
//
// Source: DUIS 5.4, the schema.
//
// Layer: connectors/formats (engine/alert, engine/base).
#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

#include "engine/alert/alert_code.h"
#include "engine/alert/eui64.h"
#include "engine/base/units.h"

namespace weir {

// Who sends the DCC alerts that are written: the id that the DCC's access control broker has in
// test data.
constexpr Eui64 kDccId{0x90B3D51F30000002};

// An element around other elements, or around a text that needs no escapes.
void AppendDuisElement(absl::string_view name, absl::string_view content, std::string& out);

// An element around any text; what no document may hold becomes U+FFFD.
void AppendDuisText(absl::string_view name, absl::string_view text, std::string& out);

// The content of ALCSHCALCSConfigurationChange. A variant that DUIS has no word for is left out,
// and so is an empty version.
std::string DuisConfigurationChange(Eui64 device, absl::string_view variant,
                                    absl::string_view gbcs_version);

// The content of DCCAlertMessage; `throttling` and `alert` are elements.
std::string DuisDccAlert(AlertCode code, absl::string_view throttling, absl::string_view alert);

struct DuisHeader {
  Eui64 sender;
  Eui64 target;
  uint64_t counter = 0;
  TimeMs at;
};

// A whole document and a line feed: a Response that says I0, with this message.
void AppendDuisResponse(const DuisHeader& header, absl::string_view message,
                        absl::string_view content, std::string& out);

}  // namespace weir
