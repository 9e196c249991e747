#include "deploy/weir/key_json.h"

#include <string>

#include "engine/alert/catalogue.h"
#include "engine/alert/eui64.h"

namespace weir {

namespace {

void AppendEpisode(const Episode& episode, std::string& out) {
  JsonObject object(out);
  object.Time("started", episode.started);
  AppendEpisodeCount(episode, object);
  if (episode.pending > 0) {
    object.Time("last_received", episode.last.received);
    object.Time("last_device_time", episode.last.device_time);
  }
}

}  // namespace

void AppendCode(AlertCode code, JsonObject& object) {
  object.Text("code", FormatAlertCode(code));
  if (const absl::string_view name = AlertCodeName(code); !name.empty()) {
    object.Text("name", name);
  }
}

void AppendKeyName(const InspectedKey& key, JsonObject& object) {
  object.Text("device", FormatEui64(key.key.device));
  AppendCode(key.key.code, object);
  if (key.counted_with) {
    object.Text("counted_with", FormatAlertCode(*key.counted_with));
  }
  if (key.key.recipient != Eui64{}) {
    object.Text("recipient", FormatEui64(key.key.recipient));
  }
}

void AppendKeyCount(const InspectedKey& key, JsonObject& object) {
  object.Time("stream_time", key.now);
  object.Time("window_start", key.window_start());
  object.Time("window_end", key.window_end());
  object.Number("current", key.count.current);
  if (key.policy->window_kind == WindowKind::kSliding) {
    object.Number("previous", key.count.previous);
  }
  object.Number("measure", key.measure);
  object.Number("threshold", key.policy->threshold);
  object.Flag("excluded", key.excluded);
  if (key.episode != nullptr) {
    AppendEpisode(*key.episode, object.Member("episode"));
  }
  if (key.open != nullptr) {
    object.Time("next_timer", key.open->due());
  }
}

void AppendEpisodeCount(const Episode& episode, JsonObject& object) {
  object.Number("alerts", episode.alerts);
  object.Number("copies", episode.sequence);
  object.Number("consolidated", episode.consolidated());
  object.Number("pending", episode.pending);
}

void AppendKeyPolicy(const InspectedKey& key, JsonObject& object) {
  object.Text("window", FormatDuration(key.policy->window));
  object.Time("policy", key.version->effective_from());
  if (!key.version->note().empty()) {
    object.Text("note", key.version->note());
  }
}

}  // namespace weir
