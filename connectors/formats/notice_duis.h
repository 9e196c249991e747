// Writes notices as DUIS documents: DCC alerts of the kinds that the DCC itself sends.
//
// Gives one `Response` on one line, valid under the schema of DUIS 5.4 for every code that it
// lists. The same notice always gives the same bytes, and no two notices of a log have the same
// ResponseID. The sender is kDccId; the target is who the notice is for, or all zeros if that is
// not known.
//
// Does not sign, and says no more than the schema has room for: what else a notice says travels
// beside it.
//
// Source: DUIS 5.4, ALCSHCALCSConfigurationChange (SECMP0025) and DeviceStatusChangeEvent
// (SECMP0060).
//
// Threads: any.
//
// Layer: connectors/formats (engine/pipeline).
#pragma once

#include <string>

#include "engine/pipeline/notice.h"

namespace weir {

// N58. A variant that DUIS has no word for is left out.
void AppendSwitchNoticeDuis(const SwitchNotice& notice, std::string& out);

void AppendRemovalNoticeDuis(const RemovalNotice& notice, std::string& out);

}  // namespace weir
