// Writes a decoded record for people and scripts: `weir decode`.
//
// Layer: connectors/formats (engine/alert, engine/pipeline).
#pragma once

#include <string>

#include "engine/pipeline/record.h"

namespace weir {

// One JSON line. An alert is written with the fields of `alerts.forwarded`, followed by `name` from
// the catalogue and, if its payload is a GBCS message, by `gbcs`: `message_code`, `use_case`,
// `encoding`, `mac`, `supplementary_party`, `supplementary_party_counter`,
// `supplementary_originator_counter`, `body` (hexadecimal). Other records are written with `type`,
// `device` and `received`, what cannot be decoded as in `dead.letter`.
void AppendDecoded(const Record& record, std::string& out);

}  // namespace weir
