// A key that is looked at, as JSON: in the state of a replay, or in a service at work.
//
// Layer: deploy/weir (connectors/formats, engine/pipeline).
#pragma once

#include "deploy/weir/json_object.h"
#include "engine/alert/alert_code.h"
#include "engine/pipeline/inspected_key.h"

namespace weir {

// Members: `code` and, if it is in a table, `name`.
void AppendCode(AlertCode code, JsonObject& object);

// Members: whose key it is.
void AppendKeyName(const InspectedKey& key, JsonObject& object);

// Members: how it is counted, by which limits, and its episode.
void AppendKeyCount(const InspectedKey& key, JsonObject& object);

// Members: of an episode, what became of its alerts.
void AppendEpisodeCount(const Episode& episode, JsonObject& object);

// Members: the limits that it is counted by, and the version that says so.
void AppendKeyPolicy(const InspectedKey& key, JsonObject& object);

}  // namespace weir
