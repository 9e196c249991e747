// Writes notices as JSON lines: what follows for others from records about devices and service
// requests.
//
// Each function appends one compact object and a line feed. Fields stand in a fixed order, and a
// field that does not apply is left out, so that equal notices are equal bytes. A notice that is a
// DCC alert can be read again: DecodeJson gives that alert; a request or response gives the same
// record.
//
// Promises: valid JSON in UTF-8 for any content.
//
// Threads: any.
//
// Layer: connectors/formats (engine/alert, engine/pipeline).
#pragma once

#include <string>

#include "engine/alert/alert_code.h"
#include "engine/pipeline/notice.h"
#include "engine/pipeline/record.h"

namespace weir {

// N58, the code of every SwitchNotice.
AlertCode SwitchNoticeCode();

// `device`, `code`, `recipient`, `counter`, `received`, `variant`, `gbcs_version`, `mpan`, `srv`,
// `alert`, `request_id`, `changed_at`; unrouted, `reason`.
void AppendSwitchNotice(const SwitchNotice& notice, std::string& out);

// `device`, `code`, `recipient`, `counter`, `received`, `device_type`, `added`, `added_by`.
void AppendRemovalNotice(const RemovalNotice& notice, std::string& out);

// The request of the record with the role that it was decided for, and then `decision` and
// `reason`.
void AppendJudgedRequest(const Record& record, const RequestNotice& notice, std::string& out);

// The response of the record; unrouted, then `recipient` and `reason`.
void AppendRoutedResponse(const Record& record, const ResponseNotice& notice, std::string& out);

}  // namespace weir
