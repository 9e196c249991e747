// Writes alerts as DUIS documents, for synthetic traffic and for tests.
//
// Gives one `Response` on one line, valid under the schema of DUIS 5.4, that DecodeDuis reads back
// to the same alert. The same alert always gives the same bytes.
//
// Does not sign: there is no ds:Signature, and a GBCS message that is made has the filler of
// AppendGbcs in place of its signature or MAC. What an alert does not say and the schema asks for
// follows from the alert: the start of an outage is the received time, the MPxN is made of the
// device's id, and the device alert inside N39, N54 and N62 is always the same.
//
// Source: DUIS 5.4, the schema.
//
// Layer: connectors/formats (engine/alert, engine/base, engine/throttle).
#pragma once

#include <optional>
#include <string>

#include "connectors/formats/duis_elements.h"
#include "engine/alert/alert_code.h"
#include "engine/alert/eui64.h"
#include "engine/alert/event.h"
#include "engine/throttle/ledger.h"

namespace weir {

// Whether alerts of this code can be written: every device alert; of the DCC alerts AD1, N39, N54,
// N58 and N62.
bool IsWrittenAsDuis(AlertCode code);

// Appends the alert and a line feed; with `mark` as a copy, whose numbers are written as 4294967295
// if they are larger: the schema has no more room.
//
// False, with `out` as it was, unless
//   - IsWrittenAsDuis(alert.code);
//   - `device`, `recipient`, `counter` and `received` are there. A DCC alert needs a counter too:
//     it is the DCC's own, and its messages to one recipient should not share one;
//   - `payload` is empty or, for a device alert, a GBCS alert of that device, code, recipient and
//     counter.
//
// What is read back is the alert, except that
//   - a device alert without a payload has got one, by AppendGbcs: generic, in DLMS, signed if the
//     code is 8F00 to 8FFF and MACed otherwise, with `device_time` cut to hundredths of a second or
//     left open;
//   - of a device alert with a payload, `device_time` is what the payload says;
//   - of a DCC alert, `device_time` is kept by N39 and N62 alone: the others have no place for it.
bool AppendDuis(const Alert& alert, const std::optional<CopyMark>& mark, std::string& out);

}  // namespace weir
