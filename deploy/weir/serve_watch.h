// What the service tells of itself: to the log, to the metrics, and to whoever asks whether it is
// alive and ready.
//
// Threads: any.
//
// Layer: deploy/weir.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "connectors/http/metrics.h"
#include "connectors/kafka/service_watch.h"

namespace weir {

// What a worker did, in short.
struct ServeTotals {
  uint64_t read = 0;
  uint64_t forwarded = 0;
  uint64_t copies = 0;
  uint64_t consolidated = 0;
  uint64_t duplicates = 0;
  uint64_t dead = 0;
  uint64_t episodes_started = 0;
  uint64_t episodes_ended = 0;

  ServeTotals& operator+=(const ServeTotals& other);
};

class ServeWatch final : public WorkerWatch {
 public:
  // `metrics` outlive the watch.
  // `steady_ms` is a clock of milliseconds that never goes back.
  ServeWatch(size_t worker, Metrics& metrics, std::function<int64_t()> steady_ms = SteadyMs);

  void Log(LogLevel level, absl::string_view text) override;
  void Beat() override;
  void OnRead(uint64_t records, uint64_t bytes) override;
  void OnTransaction(TransactionEnd end, double seconds, const TransactionCounts& counts) override;
  void OnPartitions(uint64_t owned, uint64_t restoring) override;
  void OnProgress(const PartitionProgress& progress) override;
  void OnGone(int32_t partition) override;
  void OnRestoring(int32_t partition, double seconds, uint64_t records, uint64_t target) override;
  void OnRestored(int32_t partition, double seconds, uint64_t records) override;
  void OnRestoreFailed(int32_t partition, const absl::Status& why) override;
  void OnRebalance() override;
  void OnProducerMade() override;
  void OnFailed(const absl::Status& why) override;
  void OnTrouble(const absl::Status& what) override;
  void OnIdleAdvance() override;
  void OnStoreWrite(int32_t partition, bool written) override;

  // How long ago it last said that it is alive.
  std::chrono::milliseconds silent_for() const;

  // Why the worker is not ready, and for how long: it has no answer from the group yet, has failed,
  // restores partitions, or cannot reach the cluster or its input. Empty if it is: also without any
  // partition, where the group has more workers than there are partitions.
  std::string NotReady() const;

  // Of the partitions that are owned and restored, by number.
  std::vector<PartitionProgress> Progress() const;

  // The partitions whose restoration is under way, by number.
  std::vector<int32_t> Restoring() const;

  // Since the process began.
  ServeTotals Totals() const;

 private:
  // Something that is wrong, and since when.
  struct Complaint {
    std::string why;
    int64_t since_ms = 0;
  };

  struct Restoration {
    uint64_t records = 0;
    uint64_t target = 0;
    double seconds = 0;
  };

  static int64_t SteadyMs();
  void AddToTotals(const TransactionCounts& counts);
  void LogOf(int32_t partition, LogLevel level, absl::string_view text) const;
  void TellDegraded();  // mutex_ is held, here and below
  std::string For(int64_t since_ms) const;
  std::string Waits() const;
  std::string Restores() const;

  const size_t worker_;
  Metrics& metrics_;
  const std::function<int64_t()> steady_ms_;
  std::atomic<int64_t> last_beat_ms_;

  mutable std::mutex mutex_;
  bool in_group_ = false;
  int64_t waits_since_ms_;
  uint64_t restoring_ = 0;
  std::optional<Complaint> failure_;  // of the session before, until the group has answered again
  uint64_t failures_ = 0;             // sessions since then
  std::optional<Complaint> trouble_;
  std::map<int32_t, Restoration> restorations_;    // under way
  std::map<int32_t, Complaint> restore_failures_;  // of partitions, as they were told
  std::map<int32_t, bool> store_failed_;
  std::map<int32_t, PartitionProgress> progress_;
  ServeTotals totals_;
};

}  // namespace weir
