#include "deploy/weir/inspect_text.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "deploy/weir/inspect_devices_text.h"
#include "deploy/weir/inspect_words.h"
#include "deploy/weir/summary_text.h"
#include "deploy/weir/text.h"
#include "engine/alert/catalogue.h"

namespace weir {

namespace {

std::string CodeText(AlertCode code) {
  const absl::string_view name = AlertCodeName(code);
  return absl::StrCat(FormatAlertCode(code), "  ", name.empty() ? "(not in the catalogue)" : name);
}

// ---- Tables

void AppendEpisodes(const InspectedState& state, const std::vector<InspectedKey>& keys, size_t top,
                    std::string& out) {
  absl::StrAppendFormat(&out, "  %-23s %-5s %-23s %-24s %13s %9s %13s %9s\n", "device", "code",
                        "recipient", "throttled since", "alerts", "copies", "held back", "pending");
  for (size_t i = 0; i < Shown(keys.size(), top); ++i) {
    const InspectedKey& key = keys[i];
    const Episode& episode = *key.episode;
    absl::StrAppendFormat(&out, "  %-23s %-5s %-23s %-24s %13s %9s %13s %9s%s\n",
                          FormatEui64(key.key.device), FormatAlertCode(key.key.code),
                          key.key.recipient == Eui64{} ? "-" : FormatEui64(key.key.recipient),
                          TimeText(episode.started), WithThousands(episode.alerts),
                          WithThousands(episode.sequence), WithThousands(episode.consolidated()),
                          WithThousands(episode.pending),
                          state.NameOf(key.partition) == nullptr
                              ? ""
                              : absl::StrCat("  ", PartitionText(state, key.partition)));
  }
}

// ---- Partitions

void AppendPolicies(const PolicySchedule& past, std::string& out) {
  absl::string_view name = "policy";
  if (past.versions.empty()) {
    AppendFact(name, "no version has taken effect: nothing is counted", out);
  }
  for (const PolicyVersion& version : past.versions) {
    AppendFact(name,
               absl::StrCat(version.effective_from()
                                ? absl::StrCat("from ", FormatTime(*version.effective_from()))
                                : "the built-in defaults",
                            version.note().empty() ? "" : ": ",
                            version.note().empty() ? "" : Quoted(version.note())),
               out);
    name = "";
  }
}

void AppendPartition(const InspectedState& state, uint32_t index, std::string& out) {
  const Inspection& inspection = *state.inspection;
  const Partition& partition = inspection.partition(index);
  const PolicySchedule& past = inspection.past(index);
  absl::StrAppend(&out, "\npartition ", index, ": ", PartitionText(state, index), "\n");
  AppendFact("stream time", TimeText(partition.stream_time()), out);
  AppendPolicies(past, out);
  AppendFact("duplicate window", FormatDuration(past.duplicate_window), out);
  AppendFact("max ahead", FormatDuration(past.max_ahead), out);
  AppendTotals(inspection.Summarise(index), out);
  AppendFigure("live keys", inspection.CountKeys(index), "", out);
  AppendFigure("messages remembered", partition.throttle().messages_remembered(), "", out);
  AppendFigure("counter table, bytes", partition.throttle().counters().table().MemoryBytes(), "",
               out);
  AppendCountLines(state.counts[index], out);
}

// ---- A device

void AppendEpisode(const InspectedKey& key, std::string& out) {
  const Episode& episode = *key.episode;
  AppendFact("throttled since", TimeText(episode.started), out);
  AppendFact("  alerts", WithThousands(episode.alerts), out);
  AppendFact("  forwarded as copies", WithThousands(episode.sequence), out);
  AppendFact("  held back", WithThousands(episode.consolidated()), out);
  AppendFact("  not yet in a copy", WithThousands(episode.pending), out);
  if (episode.pending > 0) {
    AppendFact("  last one held back",
               absl::StrCat("received ", TimeText(episode.last.received), ", device time ",
                            TimeText(episode.last.device_time)),
               out);
  }
}

void AppendTimer(const InspectedKey& key, std::string& out) {
  AppendFact("next timer",
             absl::StrCat(TimeText(key.open->due()),
                          key.episode == nullptr
                              ? ": the window ends"
                              : absl::StrCat(": throttling ends if the window held at most ",
                                             Plural(key.policy->clear, "alert"))),
             out);
}

void AppendCounts(const InspectedKey& key, std::string& out) {
  const CodePolicy& policy = *key.policy;
  const bool sliding = policy.window_kind == WindowKind::kSliding;
  AppendFact(sliding ? "window, sliding" : "window",
             absl::StrCat(TimeText(key.window_start()), " to ", TimeText(key.window_end())), out);
  AppendFact("  counted in it", WithThousands(key.count.current), out);
  if (sliding) {
    AppendFact("  in the one before", WithThousands(key.count.previous), out);
    AppendFact("  both by their share", WithThousands(key.measure), out);
  }
  AppendFact("  threshold", WithThousands(policy.threshold), out);
  AppendFact("excluded", key.excluded ? "yes: counted, never throttled" : "no", out);
}

void AppendKey(const InspectedState& state, const InspectedKey& key, std::string& out) {
  absl::StrAppend(&out, "\n", CodeText(key.key.code), "\n");
  if (key.counted_with) {
    AppendFact("counted with", CodeText(*key.counted_with), out);
  }
  AppendFact("recipient",
             key.key.recipient == Eui64{} ? "none named" : FormatEui64(key.key.recipient), out);
  if (state.NameOf(key.partition) != nullptr) {
    AppendFact("partition", PartitionText(state, key.partition), out);
  }
  AppendFact("stream time", TimeText(key.now), out);
  AppendCounts(key, out);
  if (key.episode != nullptr) {
    AppendEpisode(key, out);
  }
  if (key.open != nullptr) {
    AppendTimer(key, out);
  }
}

}  // namespace

std::string OverviewText(const InspectedState& state, size_t top) {
  const Inspection& inspection = *state.inspection;
  std::string out = absl::StrCat("the state in ", state.directory, "\n");
  if (inspection.commits() == 0) {
    absl::StrAppend(&out, "  nothing has been committed yet\n");
    return out;
  }
  AppendFigure("commits", inspection.commits(), "", out);
  const CapturePosition& position = state.position;
  AppendFact("last record read",
             position.captures.empty() ? "none"
                                       : absl::StrCat(position.captures.back().name, ", line ",
                                                      WithThousands(position.last.number)),
             out);
  for (uint32_t i = 0; i < inspection.partitions(); ++i) {
    // Where every record names its topic, the partition of those that do not is an empty one.
    if (i > 0 || inspection.partitions() == 1 || inspection.partition(0).counts().read > 0) {
      AppendPartition(state, i, out);
    }
  }
  if (const std::vector<InspectedKey> keys = inspection.Episodes(); !keys.empty()) {
    absl::StrAppend(&out, "\nthrottled now: ", FirstOf(keys.size(), top),
                    Plural(keys.size(), "open episode"), ", most held back first\n");
    AppendEpisodes(state, keys, top, out);
  }
  AppendStormedDevices(inspection.Summarise(), top, out);
  return out;
}

std::string DeviceText(const InspectedState& state, Eui64 device, size_t top) {
  const DeviceStorms storms = state.inspection->StormsOf(device);
  const std::vector<InspectedKey> keys = state.inspection->KeysOf(device);
  std::string out = absl::StrCat(
      "device ", FormatEui64(device), "\n  ",
      storms.episodes == 0 ? "has never been throttled"
                           : absl::StrCat(Plural(storms.episodes, "episode"), " so far, with ",
                                          Plural(storms.alerts, "alert"), ", of which ",
                                          WithThousands(storms.consolidated), " were held back"),
      "\n  ",
      keys.empty() ? "no key of it counts at present"
                   : absl::StrCat(FirstOf(keys.size(), top), Plural(keys.size(), "key"), ":"),
      "\n");
  for (size_t i = 0; i < Shown(keys.size(), top); ++i) {
    AppendKey(state, keys[i], out);
  }
  AppendKept(state, out);
  return out;
}

std::string StormingText(const InspectedState& state, size_t top) {
  const std::vector<InspectedKey> keys = state.inspection->Episodes();
  if (keys.empty()) {
    return "no key is throttled\n";
  }
  std::string out;
  AppendEpisodes(state, keys, top, out);
  return out;
}

}  // namespace weir
