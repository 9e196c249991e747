// Port: who watches the service work. What is told is for metrics, health and people; nothing
// depends on it.
//
// Threads: a worker and its helpers tell from their own threads, any of them at a time.
//
// Layer: connectors/kafka (engine/alert, engine/base, engine/eligibility, engine/pipeline).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

#include "engine/alert/event.h"
#include "engine/base/units.h"
#include "engine/eligibility/eligibility.h"
#include "engine/pipeline/recent_codes.h"
#include "engine/pipeline/shadow.h"

namespace weir {

enum class LogLevel : uint8_t { kInfo, kWarning, kError };

// How a transaction ended.
enum class TransactionEnd : uint8_t {
  kDone,
  kSettledDone,  // nobody could say at first; then it turned out to stand
  kUndone,       // it does not stand, and neither does what led to it
};

// The streams of the service's outputs.
enum class Stream : uint8_t {
  kForwarded,
  kConsolidated,
  kEpisodes,
  kDeadLetters,
  kEnp,  // those of all network operators, and what is unrouted
  kRequestsAccepted,
  kRequestsRejected,
  kInventoryRemoved,
};
constexpr size_t kStreams = 8;

// What a transaction holds.
struct TransactionCounts {
  uint64_t records = 0;
  uint64_t forwarded = 0;  // unchanged
  uint64_t copies = 0;
  uint64_t consolidated = 0;
  // Of these, those of each code of the catalogue, the others last; empty if there are none.
  std::vector<uint64_t> consolidated_of;
  uint64_t duplicates = 0;
  uint64_t episodes_started = 0;
  uint64_t episodes_ended = 0;
  std::map<DeadReason, uint64_t> dead;
  uint64_t switched_routed = 0;  // N58, to a network operator
  uint64_t switched_unrouted = 0;
  std::array<uint64_t, kRequestReasons> requests{};  // by RequestReason
  uint64_t removals = 0;
  std::array<uint64_t, kStreams> produced{};  // records, by Stream
  std::array<uint64_t, 2> changelog_bytes{};  // deltas, state
};

// How a partition stands.
struct PartitionProgress {
  int32_t partition = 0;
  uint64_t lag = 0;     // records of the log that have not been processed
  DurationMs lag_time;  // how much older the last one processed is than the newest
  TimeMs stream_time;   // 1970 if there is none yet
  uint64_t live_keys = 0;
  uint64_t open_episodes = 0;
  std::optional<TimeMs> policy;          // effective date of the version in force, if it has one
  std::optional<Comparison> comparison;  // with the candidate, of all codes, if there is one
  uint64_t table_bytes = 0;              // of the counter table's slots
  std::vector<RecentCode> recent;        // in the running three minutes of stream time
};

// Of one worker.
class WorkerWatch {
 public:
  virtual ~WorkerWatch() = default;

  virtual void Log(LogLevel level, absl::string_view text) = 0;

  // That it is alive: told at least every few seconds.
  virtual void Beat() = 0;

  virtual void OnRead(uint64_t records, uint64_t bytes) = 0;
  virtual void OnTransaction(TransactionEnd end, double seconds,
                             const TransactionCounts& counts) = 0;
  virtual void OnPartitions(uint64_t owned, uint64_t restoring) = 0;
  virtual void OnProgress(const PartitionProgress& progress) = 0;
  virtual void OnGone(int32_t partition) = 0;
  // Of a restoration under way, now and then: records of the changelogs read, and how many there
  // are to read in all, so far as offsets tell.
  virtual void OnRestoring(int32_t partition, double seconds, uint64_t records,
                           uint64_t target) = 0;
  virtual void OnRestored(int32_t partition, double seconds, uint64_t records) = 0;
  // It is tried again. Told each time.
  virtual void OnRestoreFailed(int32_t partition, const absl::Status& why) = 0;
  virtual void OnRebalance() = 0;
  virtual void OnProducerMade() = 0;
  // The session has failed; another one begins after a while.
  virtual void OnFailed(const absl::Status& why) = 0;
  // The session goes on, but cannot work for now: no broker answers, or the input is not there. OK
  // once that is over. Told each time that it was tried.
  virtual void OnTrouble(const absl::Status& what) = 0;
  virtual void OnIdleAdvance() = 0;
  virtual void OnStoreWrite(int32_t partition, bool written) = 0;
};

}  // namespace weir
