// The JSON records that are no alerts: devices, requests, responses and outcomes.
//
// Layer: connectors/formats (engine/alert, engine/base).
#pragma once

#include <optional>

#include "absl/strings/string_view.h"

#include "connectors/formats/json_fields.h"
#include "engine/alert/event.h"
#include "engine/base/units.h"

namespace weir {

// Nothing if `type` names no such record. The event views the reader's arena only.
std::optional<Event> DecodeJsonRecord(absl::string_view type, JsonFieldReader& reader,
                                      std::optional<TimeMs> envelope_time);

}  // namespace weir
