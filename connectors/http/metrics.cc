#include "connectors/http/metrics.h"

#include <array>
#include <cstddef>
#include <deque>
#include <map>
#include <mutex>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "connectors/http/process_memory.h"
#include "engine/alert/catalogue.h"

#include "prometheus/counter.h"
#include "prometheus/family.h"
#include "prometheus/gauge.h"
#include "prometheus/histogram.h"
#include "prometheus/registry.h"
#include "prometheus/text_serializer.h"

namespace weir {

namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;
using prometheus::Labels;

// In the order of the enumerations.
constexpr std::array<absl::string_view, 4> kVerdicts = {"forwarded", "copy", "consolidated",
                                                        "duplicate"};
constexpr std::array<absl::string_view, 4> kOutcomes = {"done", "rolled_back", "resolved_done",
                                                        "lost"};
constexpr std::array<absl::string_view, 8> kStreams = {
    "alerts.forwarded",  "alerts.consolidated", "throttle.episodes", "enp",
    "requests.accepted", "requests.rejected",   "inventory.removed", "dead.letter"};
constexpr std::array<absl::string_view, 2> kChangelogs = {"deltas", "state"};
constexpr std::array<absl::string_view, 2> kRouted = {"false", "true"};
constexpr std::array<absl::string_view, 2> kUses = {"live", "shadow"};
constexpr std::array<absl::string_view, 3> kReloads = {"applied", "refused", "unchanged"};

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

Labels LabelsOf(size_t worker) {
  return {{"worker", std::to_string(worker)}};
}

Labels LabelsOf(size_t worker, const std::string& label, absl::string_view value) {
  return {{"worker", std::to_string(worker)}, {label, std::string(value)}};
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

template <size_t N, typename Enum>
Counter& At(const std::array<Counter*, N>& counters, Enum value) {
  return *counters[static_cast<size_t>(value)];
}

double AsDouble(uint64_t n) {
  return static_cast<double>(n);
}

double AsSeconds(int64_t milliseconds) {
  return static_cast<double>(milliseconds) / 1000;
}

// Of the live policy, or of the candidate.
struct PolicyMetrics {
  std::array<Counter*, kReloads.size()> reloads{};
  Gauge* refused = nullptr;
  std::array<Gauge*, 3> alerts{};  // by the first words of kVerdicts
  Gauge* episodes = nullptr;
};
size_t PlaceOf(const RecentCode& code) {
  return code.code ? PlaceInCatalogue(*code.code) : CatalogueCodes().size();
}

Labels LabelsOfCode(size_t place) {
  const absl::Span<const AlertCode> codes = CatalogueCodes();
  return {{"code", place < codes.size() ? FormatAlertCode(codes[place]) : "other"}};
}

// What a worker did, ready to be counted.
struct WorkerMetrics {
  Counter* records_read = nullptr;
  Counter* read_bytes = nullptr;
  std::array<Counter*, kVerdicts.size()> alerts{};
  Counter* episodes_started = nullptr;
  Counter* episodes_ended = nullptr;
  std::array<Counter*, kStreams.size()> produced{};
  std::array<Counter*, kChangelogs.size()> changelog_bytes{};
  std::array<Counter*, kRouted.size()> switch_notices{};
  std::array<Counter*, kRequestReasons> requests{};
  Counter* removals = nullptr;
  std::array<Counter*, kOutcomes.size()> commits{};
  Histogram* commit_seconds = nullptr;
  Histogram* commit_records = nullptr;
  Gauge* last_commit = nullptr;
  Counter* store_writes = nullptr;
  Counter* store_failures = nullptr;
  Gauge* store_degraded = nullptr;
  Counter* fences = nullptr;
  Counter* rebalances = nullptr;
  Counter* producer_restarts = nullptr;
  Counter* idle_advances = nullptr;
  Gauge* partitions_owned = nullptr;
  Gauge* partitions_restoring = nullptr;
};

}  // namespace

struct Metrics::Families {
  explicit Families(size_t n) : workers(n) {}

  Family<Counter>& CounterFamily(const std::string& name, const std::string& help) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
  }

  Family<Gauge>& GaugeFamily(const std::string& name, const std::string& help) {
    return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
  }

  Family<Gauge>& PartitionFamily(const std::string& name, const std::string& help) {
    by_partition.push_back(&GaugeFamily(name, help));
    return *by_partition.back();
  }

  using Place = Counter* WorkerMetrics::*;

  void CountByWorker(Place place, const std::string& name, const std::string& help) {
    Family<Counter>& family = CounterFamily(name, help);
    for (size_t i = 0; i < workers.size(); ++i) {
      workers[i].*place = &family.Add(LabelsOf(i));
    }
  }

  void GaugeByWorker(Gauge* WorkerMetrics::*place, const std::string& name,
                     const std::string& help) {
    Family<Gauge>& family = GaugeFamily(name, help);
    for (size_t i = 0; i < workers.size(); ++i) {
      workers[i].*place = &family.Add(LabelsOf(i));
    }
  }

  void AddProcess(const std::string& version);
  void AddFlow();
  void AddCodes();
  void AddNotices();
  void AddCommits();
  void AddHealth();
  void AddPolicies();
  void AddPartitions();

  void SetOfPartition(Family<Gauge>* family, int32_t partition, double value) {
    const std::lock_guard<std::mutex> lock(partition_mutex);
    family->Add({{"partition", std::to_string(partition)}}).Set(value);
  }

  void ReplaceRecent(int32_t partition, absl::Span<const RecentCode> recent);

  prometheus::Registry registry;
  std::vector<WorkerMetrics> workers;
  Gauge* started = nullptr;
  Gauge* memory = nullptr;
  std::vector<Counter*> consolidated_of;  // by place in the catalogue, the others last
  Family<Counter>* dead_letters = nullptr;

  std::array<PolicyMetrics, kUses.size()> policies;
  Family<Gauge>* policy_info = nullptr;
  Gauge* digest = nullptr;  // the one that holds
  Gauge* policy_loaded = nullptr;

  // Held from finding a partition's metric to setting it, so that it is not forgotten in between.
  std::mutex partition_mutex;
  std::vector<Family<Gauge>*> by_partition;
  Family<Gauge>* lag_records = nullptr;
  Family<Gauge>* lag_seconds = nullptr;
  Family<Gauge>* stream_time = nullptr;
  Family<Gauge>* open_episodes = nullptr;
  Family<Gauge>* live_keys = nullptr;
  Family<Gauge>* policy_in_force = nullptr;
  Family<Gauge>* table_bytes = nullptr;
  Family<Gauge>* restore_records = nullptr;
  Family<Gauge>* restore_target = nullptr;
  Family<Gauge>* restore_seconds = nullptr;

  // Of all partitions, by place in the catalogue; each made when it is first told. Also guarded.
  struct Recent {
    uint64_t alerts = 0;
    uint64_t devices = 0;
    Gauge* told_alerts = nullptr;
    Gauge* told_devices = nullptr;
  };

  std::vector<Recent> recent;
  std::map<int32_t, std::vector<RecentCode>> recent_of;  // partitions
  Family<Gauge>* recent_alerts = nullptr;
  Family<Gauge>* recent_devices = nullptr;
};

void Metrics::Families::AddProcess(const std::string& version) {
  GaugeFamily("weir_build_info", "Always 1; the label says which version runs.")
      .Add({{"version", version}})
      .Set(1);
  started = &GaugeFamily("weir_start_timestamp_seconds",
                         "When the process began, in seconds since 1970-01-01T00:00:00Z.")
                 .Add({});
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
      sum.told_alerts->Set(AsDouble(sum.alerts));
      sum.told_devices->Set(AsDouble(sum.devices));
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

Metrics::Metrics(size_t workers, const std::string& version)
    : families_(std::make_unique<Families>(workers)) {
  families_->AddProcess(version);
  families_->AddFlow();
  families_->AddCodes();
  families_->AddNotices();
  families_->AddCommits();
  families_->AddHealth();
  families_->AddPolicies();
  families_->AddPartitions();
}

Metrics::~Metrics() = default;

std::string Metrics::Text() const {
  families_->memory->Set(AsDouble(ResidentBytes()));
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, families_->registry.Collect());
  return std::move(out).str();
}

void Metrics::AddRead(size_t worker, uint64_t records, uint64_t bytes) {
  families_->workers[worker].records_read->Increment(AsDouble(records));
  families_->workers[worker].read_bytes->Increment(AsDouble(bytes));
}

void Metrics::AddAlerts(size_t worker, Verdict verdict, uint64_t n) {
  At(families_->workers[worker].alerts, verdict).Increment(AsDouble(n));
}

void Metrics::AddEpisodesStarted(size_t worker, uint64_t n) {
  families_->workers[worker].episodes_started->Increment(AsDouble(n));
}

void Metrics::AddEpisodesEnded(size_t worker, uint64_t n) {
  families_->workers[worker].episodes_ended->Increment(AsDouble(n));
}

void Metrics::AddDeadLetters(size_t worker, DeadReason reason, uint64_t n) {
  families_->dead_letters->Add(LabelsOf(worker, "reason", DeadReasonName(reason)))
      .Increment(AsDouble(n));
}

void Metrics::AddSwitchNotices(size_t worker, bool routed, uint64_t n) {
  families_->workers[worker].switch_notices[routed ? 1 : 0]->Increment(AsDouble(n));
}

void Metrics::AddRequests(size_t worker, RequestReason reason, uint64_t n) {
  At(families_->workers[worker].requests, reason).Increment(AsDouble(n));
}

void Metrics::AddRemovals(size_t worker, uint64_t n) {
  families_->workers[worker].removals->Increment(AsDouble(n));
}

void Metrics::AddProduced(size_t worker, OutputStream stream, uint64_t records) {
  At(families_->workers[worker].produced, stream).Increment(AsDouble(records));
}

void Metrics::AddChangelogBytes(size_t worker, Changelog changelog, uint64_t bytes) {
  At(families_->workers[worker].changelog_bytes, changelog).Increment(AsDouble(bytes));
}

void Metrics::AddCommit(size_t worker, CommitOutcome outcome, double seconds, uint64_t records) {
  At(families_->workers[worker].commits, outcome).Increment();
  families_->workers[worker].commit_seconds->Observe(seconds);
  families_->workers[worker].commit_records->Observe(AsDouble(records));
}

void Metrics::SetStarted(TimeMs at) {
  families_->started->Set(AsSeconds(at.value));
}

void Metrics::AddConsolidated(size_t place, uint64_t n) {
  families_->consolidated_of.at(place)->Increment(AsDouble(n));
}

void Metrics::SetLastCommit(size_t worker, TimeMs at) {
  families_->workers[worker].last_commit->Set(AsSeconds(at.value));
}

void Metrics::AddStoreWrite(size_t worker) {
  families_->workers[worker].store_writes->Increment();
}

void Metrics::AddStoreFailure(size_t worker) {
  families_->workers[worker].store_failures->Increment();
}

void Metrics::SetStoreDegraded(size_t worker, bool degraded) {
  families_->workers[worker].store_degraded->Set(degraded ? 1 : 0);
}

void Metrics::AddFence(size_t worker) {
  families_->workers[worker].fences->Increment();
}

void Metrics::AddRebalance(size_t worker) {
  families_->workers[worker].rebalances->Increment();
}

void Metrics::AddProducerRestart(size_t worker) {
  families_->workers[worker].producer_restarts->Increment();
}

void Metrics::AddIdleAdvance(size_t worker) {
  families_->workers[worker].idle_advances->Increment();
}

void Metrics::SetPartitions(size_t worker, uint64_t owned, uint64_t restoring) {
  families_->workers[worker].partitions_owned->Set(AsDouble(owned));
  families_->workers[worker].partitions_restoring->Set(AsDouble(restoring));
}

void Metrics::SetPolicy(const std::string& digest, TimeMs loaded) {
  const std::lock_guard<std::mutex> lock(families_->partition_mutex);
  if (families_->digest != nullptr) {
    families_->policy_info->Remove(families_->digest);
  }
  families_->digest = &families_->policy_info->Add({{"digest", digest}});
  families_->digest->Set(1);
  families_->policy_loaded->Set(AsSeconds(loaded.value));
}

void Metrics::AddPolicyReload(PolicyUse use, PolicyReloadOutcome outcome) {
  At(families_->policies[static_cast<size_t>(use)].reloads, outcome).Increment();
}

void Metrics::SetPolicyRefused(PolicyUse use, bool refused) {
  families_->policies[static_cast<size_t>(use)].refused->Set(refused ? 1 : 0);
}

void Metrics::SetShadow(PolicyUse use, const CodeTotals& totals) {
  const PolicyMetrics& policy = families_->policies[static_cast<size_t>(use)];
  policy.alerts[0]->Set(AsDouble(totals.forwarded));
  policy.alerts[1]->Set(AsDouble(totals.copies));
  policy.alerts[2]->Set(AsDouble(totals.consolidated()));
  policy.episodes->Set(AsDouble(totals.started));
}

void Metrics::SetLag(int32_t partition, uint64_t records, DurationMs time) {
  families_->SetOfPartition(families_->lag_records, partition, AsDouble(records));
  families_->SetOfPartition(families_->lag_seconds, partition, AsSeconds(time.value));
}

void Metrics::SetStreamTime(int32_t partition, TimeMs time) {
  families_->SetOfPartition(families_->stream_time, partition, AsSeconds(time.value));
}

void Metrics::SetOpenEpisodes(int32_t partition, uint64_t n) {
  families_->SetOfPartition(families_->open_episodes, partition, AsDouble(n));
}

void Metrics::SetLiveKeys(int32_t partition, uint64_t n) {
  families_->SetOfPartition(families_->live_keys, partition, AsDouble(n));
}

void Metrics::SetPolicyInForce(int32_t partition, TimeMs from) {
  families_->SetOfPartition(families_->policy_in_force, partition, AsSeconds(from.value));
}

void Metrics::SetTableBytes(int32_t partition, uint64_t n) {
  families_->SetOfPartition(families_->table_bytes, partition, AsDouble(n));
}

void Metrics::SetRecent(int32_t partition, absl::Span<const RecentCode> recent) {
  const std::lock_guard<std::mutex> lock(families_->partition_mutex);
  families_->ReplaceRecent(partition, recent);
}

void Metrics::SetRestore(int32_t partition, uint64_t records, uint64_t target, double seconds) {
  families_->SetOfPartition(families_->restore_records, partition, AsDouble(records));
  families_->SetOfPartition(families_->restore_target, partition, AsDouble(target));
  families_->SetOfPartition(families_->restore_seconds, partition, seconds);
}

void Metrics::ForgetPartition(int32_t partition) {
  const Labels labels = {{"partition", std::to_string(partition)}};
  const std::lock_guard<std::mutex> lock(families_->partition_mutex);
  families_->ReplaceRecent(partition, {});
  families_->recent_of.erase(partition);
  for (Family<Gauge>* family : families_->by_partition) {
    if (family->Has(labels)) {
      family->Remove(&family->Add(labels));
    }
  }
}

}  // namespace weir
