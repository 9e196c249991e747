// The service's metrics, for Prometheus.
//
// METRICS.md in this folder is the reference for those who read them. What belongs to a worker
// exists from the start, at zero; what belongs to a partition exists from its first value until the
// partition is forgotten. No label grows with the number of devices.
//
// Threads: any may call anything. Calls cost a lock and more: once a batch, not once a record.
//
// Layer: connectors/http (engine/pipeline and what lies below it).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

#include "engine/alert/event.h"
#include "engine/base/units.h"
#include "engine/eligibility/eligibility.h"
#include "engine/pipeline/recent_codes.h"
#include "engine/throttle/ledger.h"
#include "engine/throttle/totals.h"

namespace weir {

// How a commit ended.
enum class CommitOutcome : uint8_t {
  kDone,          // Kafka said so
  kRolledBack,    // it failed, and what it would have committed was taken back
  kResolvedDone,  // its outcome was unknown, and turned out to be that it was done
  kLost,          // another owner of the partitions came before it
};

enum class OutputStream : uint8_t {
  kForwarded,
  kConsolidated,
  kEpisodes,
  kEnp,  // those of all network operators, and enp.unrouted
  kRequestsAccepted,
  kRequestsRejected,
  kInventoryRemoved,
  kDeadLetter,
};

enum class Changelog : uint8_t { kDeltas, kState };

enum class PolicyUse : uint8_t { kLive, kShadow };

enum class PolicyReloadOutcome : uint8_t { kApplied, kRefused, kUnchanged };

class Metrics {
 public:
  // `workers` are numbered from 0.
  Metrics(size_t workers, const std::string& version);

  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  ~Metrics();

  // The page, in Prometheus' text format.
  std::string Text() const;

  // The content type of the page.
  static constexpr absl::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

  // When the process began.
  void SetStarted(TimeMs at);

  // Alerts of a code that were held back, by its place in the catalogue.
  void AddConsolidated(size_t place, uint64_t n);

  // What a worker did. `n` more each time.

  void AddRead(size_t worker, uint64_t records, uint64_t bytes);
  void AddAlerts(size_t worker, Verdict verdict, uint64_t n);
  void AddEpisodesStarted(size_t worker, uint64_t n);
  void AddEpisodesEnded(size_t worker, uint64_t n);
  void AddDeadLetters(size_t worker, DeadReason reason, uint64_t n);
  void AddSwitchNotices(size_t worker, bool routed, uint64_t n);
  void AddRequests(size_t worker, RequestReason reason, uint64_t n);
  void AddRemovals(size_t worker, uint64_t n);
  void AddProduced(size_t worker, OutputStream stream, uint64_t records);
  void AddChangelogBytes(size_t worker, Changelog changelog, uint64_t bytes);

  // One commit of so many records; `seconds` from its begin to its outcome.
  void AddCommit(size_t worker, CommitOutcome outcome, double seconds, uint64_t records);

  void SetLastCommit(size_t worker, TimeMs at);

  void AddStoreWrite(size_t worker);
  void AddStoreFailure(size_t worker);
  void SetStoreDegraded(size_t worker, bool degraded);

  void AddFence(size_t worker);
  void AddRebalance(size_t worker);
  void AddProducerRestart(size_t worker);
  void AddIdleAdvance(size_t worker);

  // Whether the service is ready.
  void SetReady(bool ready);

  void SetPartitions(size_t worker, uint64_t owned, uint64_t restoring);

  // The policies.

  // What the live policy is: see METRICS.md.
  void SetPolicy(const std::string& digest, TimeMs loaded);
  void AddPolicyReload(PolicyUse use, PolicyReloadOutcome outcome);
  // Whether the file as it is now was refused.
  void SetPolicyRefused(PolicyUse use, bool refused);
  // The same alerts under the policy and the candidate, since the shadow began.
  void SetShadow(PolicyUse use, const CodeTotals& totals);

  // How a partition is.

  // `time` is how much older, by the log's time, the last record processed is than the newest.
  void SetLag(int32_t partition, uint64_t records, DurationMs time);
  void SetStreamTime(int32_t partition, TimeMs time);
  void SetOpenEpisodes(int32_t partition, uint64_t n);
  void SetLiveKeys(int32_t partition, uint64_t n);
  // The effective date of the version in force.
  void SetPolicyInForce(int32_t partition, TimeMs from);
  void SetTableBytes(int32_t partition, uint64_t n);

  // Told summed over the partitions. A code that was told once stays, at zero.
  void SetRecent(int32_t partition, absl::Span<const RecentCode> recent);

  // Of the restoration that is under way, else of the last one; `target` is how many records it has
  // to read in all.
  void SetRestore(int32_t partition, uint64_t records, uint64_t target, double seconds);

  // The partition has gone to another owner: its lag and the rest are no longer ours to tell.
  void ForgetPartition(int32_t partition);

 private:
  struct Families;

  std::unique_ptr<Families> families_;
};

}  // namespace weir
