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

#include "connectors/http/metric_families.h"
#include "connectors/http/process_memory.h"
#include "engine/alert/catalogue.h"

#include "prometheus/text_serializer.h"

namespace weir {

namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Labels;

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

}  // namespace

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

void Metrics::SetReady(bool ready) {
  families_->ready->Set(ready ? 1 : 0);
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
  const Families::PolicyMetrics& policy = families_->policies[static_cast<size_t>(use)];
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
