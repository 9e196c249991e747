// The engine's ChangelogSource on Kafka: reads the two changelogs of one partition.
//
// Threads: one owner; `cancelled` may be set by any.
//
// Layer: connectors/kafka (engine/pipeline).
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include <librdkafka/rdkafka.h>

#include "connectors/kafka/handles.h"
#include "connectors/kafka/properties.h"
#include "connectors/kafka/topics.h"
#include "engine/pipeline/recovery.h"

namespace weir {

class KafkaChangelog final : public ChangelogSource {
 public:
  // After so long without a record, what is waited for is taken not to come.
  static constexpr std::chrono::seconds kPatience{60};

  // All but `group` outlive the source.
  static absl::StatusOr<std::unique_ptr<KafkaChangelog>> Open(const KafkaProperties& properties,
                                                              const std::string& group,
                                                              const Topics& topics,
                                                              int32_t partition,
                                                              const std::atomic<bool>& cancelled);

  absl::StatusOr<ChangelogPosition> Begin() override;
  absl::Status Seek(const ChangelogPosition& position) override;

  absl::StatusOr<std::optional<ChangelogRecord>> Next() override;

  // How many offsets lie between where it began and the ends as they were then, and how many of
  // them it has passed: no fewer than there are records, since markers have offsets too.
  uint64_t offsets() const;
  uint64_t passed() const;

  // Whether nothing committed is in either of them. The place to read on is lost.
  absl::StatusOr<bool> IsEmpty();

 private:
  struct Range {
    int64_t low = 0;
    int64_t high = 0;
  };

  KafkaChangelog(const Topics& topics, int32_t partition, const std::atomic<bool>& cancelled)
      : topics_(topics), partition_(partition), cancelled_(cancelled) {}

  absl::StatusOr<Range> RangeOf(const std::string& topic);
  absl::StatusOr<Range> RestOf(const std::string& topic, int64_t offset);
  absl::StatusOr<std::optional<ChangelogRecord>> Read(const rd_kafka_message_t& message);

  const Topics& topics_;
  const int32_t partition_;
  const std::atomic<bool>& cancelled_;
  ClientCallbacks callbacks_;
  KafkaHandle reader_;
  std::chrono::steady_clock::time_point last_record_;
  std::array<Range, 2> ranges_{};  // to be read, by ChangelogTopic
  std::array<int64_t, 2> next_{};  // offset
  int ends_ = 0;                   // of a topic, reached since IsEmpty began
};

// The offsets behind the newest records of both changelogs of a partition.
absl::StatusOr<ChangelogPosition> EndOfChangelogs(rd_kafka_t* client, const Topics& topics,
                                                  int32_t partition, int timeout_ms);

}  // namespace weir
