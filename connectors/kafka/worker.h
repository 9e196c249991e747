// A worker of the service: a member of the group with a consumer, a producer and the partitions
// that the group gives it.
//
// It reads records in rounds, has them decided and written, and commits when the interval is over
// or enough records are in the batch. Partitions that are assigned are restored beside the flow and
// join it when they are ready; when they are revoked, what is open is committed first, and their
// state is parked.
//
// A session ends with the stop of the service, or with an error; after one, everything that the
// worker had in memory is dropped, and another session restores it.
//
// Threads: the thread that calls Run; librdkafka's and the restorer's own beside it.
//
// Layer: connectors/kafka (connectors/formats, engine/pipeline).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include <librdkafka/rdkafka.h>

#include "connectors/formats/arena.h"
#include "connectors/kafka/handles.h"
#include "connectors/kafka/kafka_log.h"
#include "connectors/kafka/message_decoder.h"
#include "connectors/kafka/parked_partitions.h"
#include "connectors/kafka/restorer.h"
#include "connectors/kafka/service_setup.h"
#include "connectors/kafka/service_watch.h"
#include "engine/pipeline/commit_protocol.h"
#include "engine/pipeline/record.h"
#include "engine/pipeline/results.h"

namespace weir {

class WorkerSession {
 public:
  // Both outlive the session. `worker` is its number in the instance, from 0.
  WorkerSession(const ServiceSetup& setup, size_t worker, WorkerWatch& watch);
  ~WorkerSession();
  WorkerSession(const WorkerSession&) = delete;
  WorkerSession& operator=(const WorkerSession&) = delete;

  // Works until the service stops, which is OK, or something fails that this session cannot mend.
  absl::Status Run();

 private:
  using Clock = std::chrono::steady_clock;

  // A partition that has been assigned.
  struct Slot {
    ReadyPartition ready;        // without a partition while it is being restored
    std::vector<Record> round;   // read, not yet decided
    int64_t batch_first = -1;    // offset of the first record of the batch
    int64_t must_reappear = -1;  // after an undone batch: no record behind it may come before it
    int64_t end = -1;            // of the log, once everything before it has been read
    int64_t newest_time = 0;     // of the last record read, as the log has it
    Clock::time_point last_record;
  };

  absl::Status Connect();
  absl::Status Flow();
  absl::Status Step();

  // Records.
  size_t ReadRound();
  bool TakeMessage(const rd_kafka_message_t& message);
  bool TakeRecord(const rd_kafka_message_t& message, Slot& slot);
  absl::Status ProcessRound();
  absl::StatusOr<bool> ProcessSlot(Slot& slot);
  absl::StatusOr<bool> Decide(Slot& slot, absl::Span<const Record> records);
  void OnDecided(int32_t partition, const Results& results);
  absl::Status Commit();
  bool CommitIsDue() const;
  absl::Status Rewind();
  void ForgetRound();

  // Partitions.
  void OnRebalance(rd_kafka_resp_err_t event, rd_kafka_topic_partition_list_t* partitions);
  absl::Status Assign(rd_kafka_topic_partition_list_t* partitions);
  absl::Status FindStart(StandingCommit& standing);
  bool TakeWarm(const StandingCommit& standing, Slot& slot);
  absl::Status Revoke();
  absl::Status TakeRestored();
  void GoByPolicies(ReadyPartition& partition);
  absl::Status DoErrands();
  absl::Status SetPaused(absl::Span<const int32_t> partitions, bool paused);
  void WakeReader(int32_t partition);
  absl::Status SeekTo(absl::Span<const int32_t> partitions);
  void GiveUp(ReadyPartition partition);

  // Time.
  absl::Status Tick();
  void CheckCluster();
  absl::Status AdvanceIdle(Slot& slot);
  void Tell();
  void TellProgress(const Slot& slot);

  const ServiceSetup& setup_;
  const size_t worker_;     // its number
  const std::string name_;  // in the group
  WorkerWatch& watch_;
  ClientCallbacks callbacks_;
  KafkaHandle consumer_;
  std::unique_ptr<KafkaLog> log_;
  std::unique_ptr<CommitProtocol> protocol_;
  std::unique_ptr<Restorer> restorer_;
  MessageDecoder decoder_;
  Arena arena_;
  std::map<int32_t, Slot> slots_;
  size_t round_bytes_ = 0;
  bool doubtful_ = false;  // whether the cluster answers, and has the input
  absl::Status failed_;    // what ends the session
  Clock::time_point next_tick_;
  Clock::time_point next_commit_;  // when the interval since the last one began is over
};

}  // namespace weir
