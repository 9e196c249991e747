// What the body of a GBCS alert about a future-dated request says: which request it was, and which
// of its instructions was carried out or failed.
//
// Such alerts are 8F66 (done) and 8F67 (failed) of the use cases 00CC, for electricity in DLMS, and
// 00CD, for gas in GBZ. Firmware and credentials have use cases of their own, whose bodies say less
// and are not read.
//
// Promises: total; views the message.
//
// Source: GBCS use cases 0x00CC and 0x00CD; the layout agrees with the stored alerts.
//
// Threads: any.
//
// Layer: connectors/formats (engine/alert).
#pragma once

#include <optional>

#include "absl/strings/string_view.h"

#include "connectors/formats/arena.h"
#include "connectors/formats/gbcs.h"
#include "engine/alert/event.h"

namespace weir {

// Nothing if the message is of another use case or its body is none.
std::optional<RequestReport> ReadRequestReport(const GbcsMessage& message);

// The same of a message that may be anything.
std::optional<RequestReport> ReadRequestReport(absl::string_view bytes);

inline void KeepReport(const std::optional<RequestReport>& report, Alert& alert, Arena& arena) {
  if (report) {
    auto* const kept = arena.Make<RequestReport>();
    *kept = *report;
    alert.report = kept;
  }
}

// Gives an alert of either code the report in its payload, if that says one. The report lies in the
// arena and views the payload.
inline void AddRequestReport(Alert& alert, Arena& arena) {
  if (!IsOutcomeCode(alert.code) || alert.payload.empty()) {
    return;
  }
  KeepReport(ReadRequestReport(alert.payload), alert, arena);
}

// The same where the payload is that message.
inline void AddRequestReport(const GbcsMessage& message, Alert& alert, Arena& arena) {
  if (IsOutcomeCode(alert.code)) {
    KeepReport(ReadRequestReport(message), alert, arena);
  }
}

}  // namespace weir
