#include "connectors/http/metric_families.h"

#include <utility>

#include "engine/alert/catalogue.h"

namespace weir {

namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;
using prometheus::Labels;

// Those that are there from the start, at zero.
constexpr auto kLastReason = static_cast<size_t>(DeadReason::kDuisInJson);

const Histogram::BucketBoundaries& CommitSeconds() {
  static const Histogram::BucketBoundaries bounds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                     0.25,  0.5,    1,     2.5,  5,     10};
  return bounds;
}

const Histogram::BucketBoundaries& CommitRecords() {
  static const Histogram::BucketBoundaries bounds = {0,     1,     10,     100,    1000,
                                                     10000, 50000, 100000, 500000, 1000000};
  return bounds;
}

// One metric of each word, in the order of the words.
template <size_t N>
std::array<Counter*, N> ByWord(Family<Counter>& family, size_t worker, const std::string& label,
                               const std::array<absl::string_view, N>& words) {
  std::array<Counter*, N> counters{};
  for (size_t i = 0; i < N; ++i) {
    counters[i] = &family.Add(LabelsOf(worker, label, words[i]));
  }
  return counters;
}

size_t PlaceOf(const RecentCode& code) {
  return code.code ? PlaceInCatalogue(*code.code) : CatalogueCodes().size();
}

Labels LabelsOfCode(size_t place) {
  const absl::Span<const AlertCode> codes = CatalogueCodes();
  return {{"code", place < codes.size() ? FormatAlertCode(codes[place]) : "other"}};
}

}  // namespace

void Metrics::Families::AddProcess(const std::string& version) {
  GaugeFamily("weir_build_info", "Always 1; the label says which version runs.")
      .Add({{"version", version}})
      .Set(1);
  started = &GaugeFamily("weir_start_timestamp_seconds",
                         "When the process began, in seconds since 1970-01-01T00:00:00Z.")
                 .Add({});
  ready =
      &GaugeFamily("weir_ready", "1 while /readyz says that the service is ready, else 0.").Add({});
  memory =
      &GaugeFamily("weir_memory_resident_bytes", "Memory of the process that is resident.").Add({});
}

void Metrics::Families::AddCodes() {
  const size_t places = CatalogueCodes().size() + 1;
  Family<Counter>& held = CounterFamily(
      "weir_code_consolidated_alerts_total",
      "Alerts held back, by code; one that passes later, as the last word, is among them.");
  for (size_t place = 0; place < places; ++place) {
    consolidated_of.push_back(&held.Add(LabelsOfCode(place)));
  }
  recent.resize(places);
  recent_alerts = &GaugeFamily(
      "weir_recent_alerts",
      "Alerts in the running three minutes of stream time, by code, duplicates left out.");
  recent_devices = &GaugeFamily("weir_recent_devices",
                                "Distinct devices that these alerts came from, estimated.");
}

// Those that the partition told before, if any, are no longer counted.
void Metrics::Families::ReplaceRecent(int32_t partition, absl::Span<const RecentCode> codes) {
  std::vector<RecentCode>& last = recent_of[partition];
  for (const RecentCode& code : last) {
    Recent& sum = recent[PlaceOf(code)];
    sum.alerts -= code.alerts;
    sum.devices -= code.devices;
  }
  for (const RecentCode& code : codes) {
    Recent& sum = recent[PlaceOf(code)];
    sum.alerts += code.alerts;
    sum.devices += code.devices;
    if (sum.told_alerts == nullptr) {
      sum.told_alerts = &recent_alerts->Add(LabelsOfCode(PlaceOf(code)));
      sum.told_devices = &recent_devices->Add(LabelsOfCode(PlaceOf(code)));
    }
  }
  last.assign(codes.begin(), codes.end());
  for (const Recent& sum : recent) {
    if (sum.told_alerts != nullptr) {
      sum.told_alerts->Set(static_cast<double>(sum.alerts));
      sum.told_devices->Set(static_cast<double>(sum.devices));
    }
  }
}

void Metrics::Families::AddFlow() {
  CountByWorker(&WorkerMetrics::records_read, "weir_records_read_total",
                "Records read from the input topic.");
  CountByWorker(&WorkerMetrics::read_bytes, "weir_read_bytes_total",
                "Bytes of the keys and values of the records read.");
  Family<Counter>& alerts =
      CounterFamily("weir_alerts_total",
                    "Alerts by what became of them; copies stand for consolidated alerts as well. "
                    "One that was held back and passes later, as the last word of its window, "
                    "counts as both.");
  CountByWorker(&WorkerMetrics::episodes_started, "weir_episodes_started_total",
                "Episodes started: keys that passed their threshold.");
  CountByWorker(&WorkerMetrics::episodes_ended, "weir_episodes_ended_total", "Episodes ended.");
  dead_letters = &CounterFamily("weir_dead_letters_total",
                                "Records that could not be decoded or processed, by the reason.");
  Family<Counter>& produced = CounterFamily("weir_records_produced_total",
                                            "Records handed to the producer, by output stream.");
  Family<Counter>& bytes =
      CounterFamily("weir_changelog_bytes_total",
                    "Bytes of the keys and values written to the changelogs, by changelog.");
  for (size_t i = 0; i < workers.size(); ++i) {
    workers[i].alerts = ByWord(alerts, i, "verdict", kVerdicts);
    workers[i].produced = ByWord(produced, i, "stream", kStreams);
    workers[i].changelog_bytes = ByWord(bytes, i, "changelog", kChangelogs);
    for (size_t reason = 0; reason <= kLastReason; ++reason) {
      dead_letters->Add(LabelsOf(i, "reason", DeadReasonName(static_cast<DeadReason>(reason))));
    }
  }
}

void Metrics::Families::AddNotices() {
  Family<Counter>& notices = CounterFamily(
      "weir_switch_notices_total",
      "Notices N58 of changed load switching; routed: to the network operator of the meter.");
  Family<Counter>& requests = CounterFamily(
      "weir_requests_total", "Service requests by what was decided and why, duplicates left out.");
  for (size_t i = 0; i < workers.size(); ++i) {
    workers[i].switch_notices = ByWord(notices, i, "routed", kRouted);
    for (size_t index = 0; index < kRequestReasons; ++index) {
      const auto reason = static_cast<RequestReason>(index);
      Labels labels = LabelsOf(i, "reason", RequestReasonName(reason));
      labels.emplace("decision", IsAccepted(reason) ? "accepted" : "rejected");
      workers[i].requests[index] = &requests.Add(labels);
    }
  }
  CountByWorker(&WorkerMetrics::removals, "weir_removals_total",
                "Notices of devices that were pending for too long and left the inventory.");
}

void Metrics::Families::AddCommits() {
  Family<Counter>& commits = CounterFamily(
      "weir_commits_total",
      "Commits by how they ended; resolved_done: the outcome was unknown at first, and lost: "
      "another owner of the partitions came before.");
  Family<Histogram>& seconds = prometheus::BuildHistogram()
                                   .Name("weir_commit_duration_seconds")
                                   .Help("Time from the begin of a commit to its outcome.")
                                   .Register(registry);
  Family<Histogram>& records = prometheus::BuildHistogram()
                                   .Name("weir_commit_records")
                                   .Help("Records of the input that one commit covered.")
                                   .Register(registry);
  for (size_t i = 0; i < workers.size(); ++i) {
    workers[i].commits = ByWord(commits, i, "outcome", kOutcomes);
    workers[i].commit_seconds = &seconds.Add(LabelsOf(i), CommitSeconds());
    workers[i].commit_records = &records.Add(LabelsOf(i), CommitRecords());
  }
  GaugeByWorker(&WorkerMetrics::last_commit, "weir_last_commit_timestamp_seconds",
                "When the last commit was done, in seconds since 1970-01-01T00:00:00Z; 0 before "
                "the first.");
}

void Metrics::Families::AddHealth() {
  CountByWorker(&WorkerMetrics::store_writes, "weir_store_writes_total",
                "Writes to the local store.");
  CountByWorker(&WorkerMetrics::store_failures, "weir_store_failures_total",
                "Writes to the local store that failed.");
  GaugeByWorker(&WorkerMetrics::store_degraded, "weir_store_degraded",
                "1 while the service runs without its local store, else 0; a restart then takes "
                "longer, and nothing is lost.");
  CountByWorker(&WorkerMetrics::fences, "weir_fences_total",
                "Times that another producer with the same transactional id took over; two "
                "processes may have the same instance.");
  CountByWorker(&WorkerMetrics::rebalances, "weir_rebalances_total",
                "Times that partitions were assigned or revoked.");
  CountByWorker(&WorkerMetrics::producer_restarts, "weir_producer_restarts_total",
                "Times that the producer was made anew after a failed commit.");
  CountByWorker(&WorkerMetrics::idle_advances, "weir_idle_advances_total",
                "Times that the clock moved the stream time of an idle partition.");
  GaugeByWorker(&WorkerMetrics::partitions_owned, "weir_partitions_owned",
                "Partitions assigned, those being restored included.");
  GaugeByWorker(&WorkerMetrics::partitions_restoring, "weir_partitions_restoring",
                "Partitions whose state is being restored; their records wait.");
}

void Metrics::Families::AddPolicies() {
  policy_info = &GaugeFamily("weir_policy_info",
                             "Always 1; the label tells policy files apart by their content.");
  policy_loaded = &GaugeFamily("weir_policy_loaded_timestamp_seconds",
                               "When the policy was last taken up, by the clock, in seconds since "
                               "1970-01-01T00:00:00Z.")
                       .Add({});
  Family<Counter>& reloads = CounterFamily(
      "weir_policy_reloads_total",
      "Times that a policy file was read again since it had changed, or was asked to be, by what "
      "came of it.");
  Family<Gauge>& refused =
      GaugeFamily("weir_policy_refused",
                  "1 while the file as it is now is refused and what it was before holds, else 0.");
  Family<Gauge>& alerts = GaugeFamily(
      "weir_shadow_alerts",
      "The same alerts under the live policy and under the candidate, since the shadow began.");
  Family<Gauge>& episodes = GaugeFamily(
      "weir_shadow_episodes_started",
      "Episodes started under the live policy and under the candidate, since the shadow began.");
  for (size_t use = 0; use < kUses.size(); ++use) {
    PolicyMetrics& policy = policies[use];
    const Labels labels = {{"policy", std::string(kUses[use])}};
    for (size_t i = 0; i < kReloads.size(); ++i) {
      Labels of_outcome = labels;
      of_outcome.emplace("outcome", std::string(kReloads[i]));
      policy.reloads[i] = &reloads.Add(of_outcome);
    }
    for (size_t i = 0; i < policy.alerts.size(); ++i) {
      Labels of_verdict = labels;
      of_verdict.emplace("verdict", std::string(kVerdicts[i]));
      policy.alerts[i] = &alerts.Add(of_verdict);
    }
    policy.refused = &refused.Add(labels);
    policy.episodes = &episodes.Add(labels);
  }
}

void Metrics::Families::AddPartitions() {
  lag_records = &PartitionFamily("weir_lag_records", "Records not processed yet.");
  lag_seconds = &PartitionFamily(
      "weir_lag_seconds",
      "How much later the log got the newest record than the last one that was processed.");
  stream_time = &PartitionFamily("weir_stream_timestamp_seconds",
                                 "Stream time, in seconds since 1970-01-01T00:00:00Z.");
  open_episodes = &PartitionFamily("weir_open_episodes", "Keys in an episode.");
  live_keys = &PartitionFamily("weir_live_keys", "Alert keys in the counter table.");
  policy_in_force = &PartitionFamily(
      "weir_policy_in_force_timestamp_seconds",
      "Effective date of the policy version in force, in seconds since 1970-01-01T00:00:00Z; 0 for "
      "the built-in one.");
  table_bytes = &PartitionFamily("weir_counter_table_bytes",
                                 "Memory of the counter table, its room to grow included.");
  restore_records =
      &PartitionFamily("weir_restore_records",
                       "Changelog records read by the restoration under way, else by the last.");
  restore_target = &PartitionFamily(
      "weir_restore_target_records",
      "Changelog records that this restoration has to read in all: estimated from offsets while it "
      "is under way.");
  restore_seconds = &PartitionFamily("weir_restore_duration_seconds",
                                     "How long the restoration under way has taken, else the last "
                                     "one.");
}

}  // namespace weir
