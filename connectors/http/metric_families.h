// The families of metrics that a page has, and where a value goes.
//
// Of metrics.h alone.
//
// Layer: connectors/http.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

#include "connectors/http/metrics.h"

#include "prometheus/counter.h"
#include "prometheus/family.h"
#include "prometheus/gauge.h"
#include "prometheus/histogram.h"
#include "prometheus/registry.h"

namespace weir {

inline prometheus::Labels LabelsOf(size_t worker, const std::string& label,
                                   absl::string_view value) {
  return {{"worker", std::to_string(worker)}, {label, std::string(value)}};
}

inline prometheus::Labels LabelsOf(size_t worker) {
  return {{"worker", std::to_string(worker)}};
}

struct Metrics::Families {
  // In the order of the enumerations.
  static constexpr std::array<absl::string_view, 4> kVerdicts = {"forwarded", "copy",
                                                                 "consolidated", "duplicate"};
  static constexpr std::array<absl::string_view, 4> kOutcomes = {"done", "rolled_back",
                                                                 "resolved_done", "lost"};
  static constexpr std::array<absl::string_view, 8> kStreams = {
      "alerts.forwarded",  "alerts.consolidated", "throttle.episodes", "enp",
      "requests.accepted", "requests.rejected",   "inventory.removed", "dead.letter"};
  static constexpr std::array<absl::string_view, 2> kChangelogs = {"deltas", "state"};
  static constexpr std::array<absl::string_view, 2> kRouted = {"false", "true"};
  static constexpr std::array<absl::string_view, 2> kUses = {"live", "shadow"};
  static constexpr std::array<absl::string_view, 3> kReloads = {"applied", "refused", "unchanged"};

  // Of the live policy, or of the candidate.
  struct PolicyMetrics {
    std::array<prometheus::Counter*, kReloads.size()> reloads{};
    prometheus::Gauge* refused = nullptr;
    std::array<prometheus::Gauge*, 3> alerts{};  // by the first words of kVerdicts
    prometheus::Gauge* episodes = nullptr;
  };

  // What a worker did, ready to be counted.
  struct WorkerMetrics {
    prometheus::Counter* records_read = nullptr;
    prometheus::Counter* read_bytes = nullptr;
    std::array<prometheus::Counter*, kVerdicts.size()> alerts{};
    prometheus::Counter* episodes_started = nullptr;
    prometheus::Counter* episodes_ended = nullptr;
    std::array<prometheus::Counter*, kStreams.size()> produced{};
    std::array<prometheus::Counter*, kChangelogs.size()> changelog_bytes{};
    std::array<prometheus::Counter*, kRouted.size()> switch_notices{};
    std::array<prometheus::Counter*, kRequestReasons> requests{};
    prometheus::Counter* removals = nullptr;
    std::array<prometheus::Counter*, kOutcomes.size()> commits{};
    prometheus::Histogram* commit_seconds = nullptr;
    prometheus::Histogram* commit_records = nullptr;
    prometheus::Gauge* last_commit = nullptr;
    prometheus::Counter* store_writes = nullptr;
    prometheus::Counter* store_failures = nullptr;
    prometheus::Gauge* store_degraded = nullptr;
    prometheus::Counter* fences = nullptr;
    prometheus::Counter* rebalances = nullptr;
    prometheus::Counter* producer_restarts = nullptr;
    prometheus::Counter* idle_advances = nullptr;
    prometheus::Gauge* partitions_owned = nullptr;
    prometheus::Gauge* partitions_restoring = nullptr;
  };

  explicit Families(size_t n) : workers(n) {}

  prometheus::Family<prometheus::Counter>& CounterFamily(const std::string& name,
                                                         const std::string& help) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
  }

  prometheus::Family<prometheus::Gauge>& GaugeFamily(const std::string& name,
                                                     const std::string& help) {
    return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
  }

  prometheus::Family<prometheus::Gauge>& PartitionFamily(const std::string& name,
                                                         const std::string& help) {
    by_partition.push_back(&GaugeFamily(name, help));
    return *by_partition.back();
  }

  using Place = prometheus::Counter* WorkerMetrics::*;

  void CountByWorker(Place place, const std::string& name, const std::string& help) {
    prometheus::Family<prometheus::Counter>& family = CounterFamily(name, help);
    for (size_t i = 0; i < workers.size(); ++i) {
      workers[i].*place = &family.Add(LabelsOf(i));
    }
  }

  void GaugeByWorker(prometheus::Gauge* WorkerMetrics::*place, const std::string& name,
                     const std::string& help) {
    prometheus::Family<prometheus::Gauge>& family = GaugeFamily(name, help);
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

  void SetOfPartition(prometheus::Family<prometheus::Gauge>* family, int32_t partition,
                      double value) {
    const std::lock_guard<std::mutex> lock(partition_mutex);
    family->Add({{"partition", std::to_string(partition)}}).Set(value);
  }

  void ReplaceRecent(int32_t partition, absl::Span<const RecentCode> recent);

  prometheus::Registry registry;
  std::vector<WorkerMetrics> workers;
  prometheus::Gauge* started = nullptr;
  prometheus::Gauge* memory = nullptr;
  prometheus::Gauge* ready = nullptr;
  std::vector<prometheus::Counter*> consolidated_of;  // by place in the catalogue, the others last
  prometheus::Family<prometheus::Counter>* dead_letters = nullptr;

  std::array<PolicyMetrics, kUses.size()> policies;
  prometheus::Family<prometheus::Gauge>* policy_info = nullptr;
  prometheus::Gauge* digest = nullptr;  // the one that holds
  prometheus::Gauge* policy_loaded = nullptr;

  // Held from finding a partition's metric to setting it, so that it is not forgotten in between.
  std::mutex partition_mutex;
  std::vector<prometheus::Family<prometheus::Gauge>*> by_partition;
  prometheus::Family<prometheus::Gauge>* lag_records = nullptr;
  prometheus::Family<prometheus::Gauge>* lag_seconds = nullptr;
  prometheus::Family<prometheus::Gauge>* stream_time = nullptr;
  prometheus::Family<prometheus::Gauge>* open_episodes = nullptr;
  prometheus::Family<prometheus::Gauge>* live_keys = nullptr;
  prometheus::Family<prometheus::Gauge>* policy_in_force = nullptr;
  prometheus::Family<prometheus::Gauge>* table_bytes = nullptr;
  prometheus::Family<prometheus::Gauge>* restore_records = nullptr;
  prometheus::Family<prometheus::Gauge>* restore_target = nullptr;
  prometheus::Family<prometheus::Gauge>* restore_seconds = nullptr;

  // Of all partitions, by place in the catalogue; each made when it is first told. Also guarded.
  struct Recent {
    uint64_t alerts = 0;
    uint64_t devices = 0;
    prometheus::Gauge* told_alerts = nullptr;
    prometheus::Gauge* told_devices = nullptr;
  };

  std::vector<Recent> recent;
  std::map<int32_t, std::vector<RecentCode>> recent_of;  // partitions
  prometheus::Family<prometheus::Gauge>* recent_alerts = nullptr;
  prometheus::Family<prometheus::Gauge>* recent_devices = nullptr;
};

}  // namespace weir
