// The account of all alerts as fields of a JSON object, as `weir inspect` and reports have it.
//
// Layer: deploy/weir.
#pragma once

#include "deploy/weir/json_object.h"
#include "engine/throttle/totals.h"

namespace weir {

inline void AppendTotals(const CodeTotals& totals, JsonObject& object) {
  object.Number("alerts", totals.alerts);
  object.Number("forwarded", totals.forwarded);
  object.Number("copies", totals.copies);
  object.Number("consolidated", totals.consolidated());
  object.Number("pending", totals.pending);
  object.Number("unrepresented", totals.unrepresented);
  JsonObject episodes(object.Member("episodes"));
  episodes.Number("started", totals.started);
  episodes.Number("ended", totals.ended);
  episodes.Number("open", totals.open);
}

}  // namespace weir
