// Writes a decoded record for people and scripts: `weir decode`.
//
// Layer: connectors/formats (engine/alert, engine/pipeline).
#pragma once

#include <string>

#include "engine/pipeline/record.h"

namespace weir {

// One JSON line, which can be read again. An alert is written with the fields of
// `alerts.forwarded`, followed by `name` from the catalogue and, if its payload is a GBCS message,
// by `gbcs`: `message_code`, `use_case`, `encoding`, `mac`, `supplementary_party`,
// `supplementary_party_counter`, `supplementary_originator_counter`, `body` (hexadecimal). Other
// records are written with `type`, the fields that the format json has for them, and `device`; what
// cannot be decoded as in `dead.letter`. A device of which a document says a part has `partial`.
//
// What an alert or an outcome says of a request for later is its `report`: `message_code`,
// `counter`, `instruction` (hexadecimal).
//
// A DUIS document that could be decoded, also one that kcat printed, has `duis` too: `message` (the
// kind of it), `schema_version`, `request_id`, `response_id`, `response_code`, `srv`, `dcc_alert`
// (the element that says what happened), `throttled_alert_sequence_id`, `throttled_alert_count`,
// `code`, `instruction` and `instructions` of an outcome, as far as it says so; and an outcome has
// `payload` and `gbcs`.
void AppendDecoded(const Record& record, std::string& out);

}  // namespace weir
