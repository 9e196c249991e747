#include "connectors/kafka/kafka_changelog.h"

#include <algorithm>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"

#include "connectors/kafka/failpoints.h"
#include "engine/base/status_macros.h"

namespace weir {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kAskMs = 10000;
constexpr int kStepMs = 100;

// That the log cannot be reached says nothing of the store.
absl::Status OfTheLog(absl::Status status) {
  return absl::IsUnavailable(status) ? absl::DeadlineExceededError(status.message())
                                     : std::move(status);
}

}  // namespace

absl::StatusOr<std::unique_ptr<KafkaChangelog>> KafkaChangelog::Open(
    const KafkaProperties& properties, const std::string& group, const Topics& topics,
    int32_t partition, const std::atomic<bool>& cancelled) {
  auto source = absl::WrapUnique(new KafkaChangelog(topics, partition, cancelled));
  WEIR_ASSIGN_OR_RETURN(source->reader_, properties.MakeReader(group, source->callbacks_));
  rd_kafka_poll_set_consumer(source->reader_.get());
  return source;
}

absl::StatusOr<KafkaChangelog::Range> KafkaChangelog::RangeOf(const std::string& topic) {
  Range range;
  WEIR_RETURN_IF_ERROR(
      OfTheLog(ToStatus(rd_kafka_query_watermark_offsets(reader_.get(), topic.c_str(), partition_,
                                                         &range.low, &range.high, kAskMs),
                        absl::StrCat("asking for the offsets of ", topic, " [", partition_, "]"))));
  return range;
}

absl::StatusOr<ChangelogPosition> KafkaChangelog::Begin() {
  WEIR_ASSIGN_OR_RETURN(const Range deltas, RangeOf(topics_.deltas));
  WEIR_ASSIGN_OR_RETURN(const Range state, RangeOf(topics_.state));
  return ChangelogPosition{.deltas = deltas.low, .state = state.low};
}

// From the offset on.
absl::StatusOr<KafkaChangelog::Range> KafkaChangelog::RestOf(const std::string& topic,
                                                             int64_t offset) {
  WEIR_ASSIGN_OR_RETURN(const Range range, RangeOf(topic));
  if (offset < range.low || offset > range.high) {
    return absl::OutOfRangeError(absl::StrCat("offset ", offset, " of ", topic, " [", partition_,
                                              "] lies outside of ", range.low, " to ", range.high));
  }
  return Range{.low = offset, .high = range.high};
}

uint64_t KafkaChangelog::offsets() const {
  return static_cast<uint64_t>(ranges_[0].high - ranges_[0].low + ranges_[1].high - ranges_[1].low);
}

uint64_t KafkaChangelog::passed() const {
  uint64_t passed = 0;
  for (size_t topic = 0; topic < ranges_.size(); ++topic) {
    passed +=
        static_cast<uint64_t>(std::min(next_[topic], ranges_[topic].high) - ranges_[topic].low);
  }
  return passed;
}

absl::Status KafkaChangelog::Seek(const ChangelogPosition& position) {
  const auto deltas = static_cast<size_t>(ChangelogTopic::kDeltas);
  const auto state = static_cast<size_t>(ChangelogTopic::kState);
  WEIR_ASSIGN_OR_RETURN(ranges_[deltas], RestOf(topics_.deltas, position.deltas));
  WEIR_ASSIGN_OR_RETURN(ranges_[state], RestOf(topics_.state, position.state));
  next_[deltas] = position.deltas;
  next_[state] = position.state;
  const PartitionList list(rd_kafka_topic_partition_list_new(2));
  rd_kafka_topic_partition_list_add(list.get(), topics_.deltas.c_str(), partition_)->offset =
      position.deltas;
  rd_kafka_topic_partition_list_add(list.get(), topics_.state.c_str(), partition_)->offset =
      position.state;
  last_record_ = Clock::now();
  return ToStatus(rd_kafka_assign(reader_.get(), list.get()),
                  absl::StrCat("reading the changelogs of partition ", partition_));
}

absl::StatusOr<std::optional<ChangelogRecord>> KafkaChangelog::Next() {
  if (cancelled_.load()) {
    return absl::CancelledError("the partition is not wanted any more");
  }
  const MessageHandle message(rd_kafka_consumer_poll(reader_.get(), kStepMs));
  if (message != nullptr) {
    WEIR_ASSIGN_OR_RETURN(std::optional<ChangelogRecord> record, Read(*message));
    if (record) {
      return record;
    }
  }
  if (Clock::now() - last_record_ > kPatience) {
    return absl::DeadlineExceededError(
        absl::StrCat("the changelogs of partition ", partition_, " (", topics_.deltas, ", ",
                     topics_.state, ") have not shown the last commit for ", kPatience.count(),
                     " s, though the group's offsets say that it stands"));
  }
  return std::nullopt;
}

// Offsets tell nothing: what was aborted has some as well.
absl::StatusOr<bool> KafkaChangelog::IsEmpty() {
  WEIR_ASSIGN_OR_RETURN(const Range deltas, RangeOf(topics_.deltas));
  WEIR_ASSIGN_OR_RETURN(const Range state, RangeOf(topics_.state));
  if (deltas.high == 0 && state.high == 0) {
    return true;
  }
  WEIR_RETURN_IF_ERROR(Seek({.deltas = deltas.low, .state = state.low}));
  for (ends_ = 0; ends_ < 2;) {
    WEIR_ASSIGN_OR_RETURN(const std::optional<ChangelogRecord> record, Next());
    if (record) {
      return false;
    }
  }
  return true;
}

// Nothing for what is no record.
absl::StatusOr<std::optional<ChangelogRecord>> KafkaChangelog::Read(
    const rd_kafka_message_t& message) {
  const auto topic_of = [this](const rd_kafka_message_t& of) {
    return rd_kafka_topic_name(of.rkt) == topics_.deltas ? ChangelogTopic::kDeltas
                                                         : ChangelogTopic::kState;
  };
  if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    ++ends_;
    next_[static_cast<size_t>(topic_of(message))] = message.offset;
    return std::nullopt;
  }
  if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    absl::Status status =
        ToStatus(message.err, absl::StrCat("reading the changelogs of partition ", partition_, ": ",
                                           rd_kafka_message_errstr(&message)));
    return status.code() == absl::StatusCode::kUnavailable
               ? absl::StatusOr<std::optional<ChangelogRecord>>(std::nullopt)
               : status;
  }
  last_record_ = Clock::now();
  static_cast<void>(Failpoint("restoring"));
  ChangelogRecord record;
  record.topic = topic_of(message);
  next_[static_cast<size_t>(record.topic)] = message.offset + 1;
  record.key.assign(static_cast<const char*>(message.key), message.key_len);
  if (message.payload != nullptr) {
    record.value.emplace(static_cast<const char*>(message.payload), message.len);
  }
  return std::make_optional(std::move(record));
}

absl::StatusOr<ChangelogPosition> EndOfChangelogs(rd_kafka_t* client, const Topics& topics,
                                                  int32_t partition, int timeout_ms) {
  ChangelogPosition end;
  const auto ask = [&](const std::string& topic, int64_t& offset) {
    int64_t low = 0;
    return ToStatus(rd_kafka_query_watermark_offsets(client, topic.c_str(), partition, &low,
                                                     &offset, timeout_ms),
                    absl::StrCat("asking for the end of ", topic, " [", partition, "]"));
  };
  WEIR_RETURN_IF_ERROR(ask(topics.deltas, end.deltas));
  WEIR_RETURN_IF_ERROR(ask(topics.state, end.state));
  return end;
}

}  // namespace weir
