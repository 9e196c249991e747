// The engine's CommitLog on Kafka: one transactional producer at a time.
//
// Results go to the topics of the outputs, changes to the changelogs, all in the partition that the
// records came from; the group's offsets are part of the transaction. The bytes of a forwarded
// alert are the original ones, with its key and headers; a copy gets two headers more. The same
// holds for requests that were judged and for responses to network operators. Notices are written
// by the service, with the device as their key.
//
// A producer whose transaction failed, or ended in a way that leaves doubt, is never used again:
// librdkafka 2.0 cannot tell late answers from those to a later transaction. The next one, under
// the same transactional id, makes the broker end whatever the one before had under way.
//
// Errors: as CommitLog. A wait is bounded: by the transaction's time-out, and by kSettleFor.
//
// Threads: one owner.
//
// Layer: connectors/kafka (connectors/formats, engine/pipeline).
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include <librdkafka/rdkafka.h>

#include "connectors/formats/notice_format.h"
#include "connectors/kafka/handles.h"
#include "connectors/kafka/original.h"
#include "connectors/kafka/properties.h"
#include "connectors/kafka/service_watch.h"
#include "connectors/kafka/topics.h"
#include "engine/alert/eui64.h"
#include "engine/pipeline/commit_log.h"
#include "engine/pipeline/record.h"
#include "engine/pipeline/results.h"

namespace weir {

// The headers of a copy. Source: DUIS ThrottledAlertSequenceId, ThrottledAlertCount (SECMP0062).
constexpr absl::string_view kSequenceHeader = "throttled-alert-sequence-id";
constexpr absl::string_view kCountHeader = "throttled-alert-count";

// The header of what was judged, beside that which says why; the latter also says why something is
// unrouted.
constexpr absl::string_view kDecisionHeader = "decision";
constexpr absl::string_view kReasonHeader = "reason";

class KafkaLog final : public CommitLog {
 public:
  struct Settings {
    std::string transactional_id;
    Topics topics;
    Cluster cluster;
    NoticeFormat notices = NoticeFormat::kDuis;
  };

  // For so long Settle tries to reach the cluster.
  static constexpr std::chrono::seconds kSettleFor{60};

  // All outlive the log. `consumer` is the member of the group whose offsets are committed.
  KafkaLog(Settings settings, const KafkaProperties& properties, rd_kafka_t* consumer,
           WorkerWatch& watch);
  ~KafkaLog() override;
  KafkaLog(const KafkaLog&) = delete;
  KafkaLog& operator=(const KafkaLog&) = delete;

  // Whom the group knows this member as, from the assignment that the partitions came with.
  void JoinGroup(GroupMetadata member) { member_ = std::move(member); }

  // Is told what became of the records of each round, before it is written. What is undone and
  // comes again is told again.
  using Listener = std::function<void(int32_t partition, const Results& results)>;

  void Tell(Listener listener) { listener_ = std::move(listener); }

  // Before the first transaction: as Settle.
  absl::Status Start();

  absl::Status Write(int32_t partition, const Results& results) override;
  absl::Status WriteChanges(int32_t partition, absl::Span<const ChangelogRecord> records) override;
  size_t LargestDelta() const override;
  absl::Status Commit(absl::Span<const StandingCommit> commits) override;
  absl::StatusOr<std::vector<StandingCommit>> Settle(absl::Span<const int32_t> partitions) override;

 private:
  class Encoder;

  // One record on its way out.
  struct Message {
    rd_kafka_topic_t* topic = nullptr;
    int32_t partition = 0;
    std::optional<absl::string_view> key;
    std::optional<absl::string_view> value;
    rd_kafka_headers_t* headers = nullptr;  // the producer's once it has the message
  };

  absl::Status EnsureBegun();
  absl::Status Produce(const Message& message);
  static rd_kafka_resp_err_t TryToProduce(rd_kafka_t* producer, const Message& message);
  absl::Status SendOffsets(absl::Span<const StandingCommit> commits);
  absl::Status EndTransaction();
  size_t MostDeadBytes() const;
  absl::Status MakeProducer();
  void DropProducer();
  bool IsFenced() const;
  void TellEnd(TransactionEnd end);

  const Settings settings_;
  const KafkaProperties& properties_;
  rd_kafka_t* const consumer_;
  WorkerWatch& watch_;
  Listener listener_;
  ClientCallbacks callbacks_;
  GroupMetadata member_;
  KafkaHandle producer_;
  std::array<TopicHandle, kStreams> streams_;  // by Stream; of kEnp what is unrouted
  absl::flat_hash_map<Eui64, TopicHandle> operators_;
  std::array<TopicHandle, 2> changelogs_;  // by ChangelogTopic
  TransactionCounts counts_;               // of the transaction that is open, or was last
  std::vector<StandingCommit> attempted_;  // by Commit, until it is known whether they stand
  std::set<std::string> undelivered_;      // of the transaction: what failed, as it was told
  bool open_ = false;                      // a transaction is
  bool doubtful_ = false;                  // the producer is not to be used for another transaction
  std::chrono::steady_clock::time_point opened_at_;
};

}  // namespace weir
