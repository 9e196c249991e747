#include "connectors/kafka/topic_reader.h"

#include <algorithm>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

#include "connectors/kafka/topic_facts.h"
#include "engine/base/status_macros.h"

namespace weir {

namespace {

constexpr absl::Duration kClusterAnswers = absl::Seconds(15);
constexpr int kAskMs = 15000;
constexpr int kMomentMs = 100;

}  // namespace

absl::StatusOr<std::unique_ptr<TopicReader>> TopicReader::Open(const KafkaProperties& properties,
                                                               const std::string& group,
                                                               Choice choice,
                                                               ClientCallbacks& callbacks) {
  auto reader = absl::WrapUnique(new TopicReader(std::move(choice)));
  WEIR_ASSIGN_OR_RETURN(reader->client_, properties.MakeReader(group, callbacks));
  WEIR_RETURN_IF_ERROR(reader->FindPartitions());
  rd_kafka_poll_set_consumer(reader->client_.get());
  WEIR_RETURN_IF_ERROR(reader->FindEnds());
  WEIR_RETURN_IF_ERROR(reader->FindBeginnings());
  WEIR_RETURN_IF_ERROR(reader->Assign());
  return reader;
}

absl::Status TopicReader::FindPartitions() {
  WEIR_ASSIGN_OR_RETURN(TopicFactsByName facts,
                        AskTopics(client_.get(), {choice_.topic}, kClusterAnswers));
  const TopicFacts& topic = facts[choice_.topic];
  WEIR_RETURN_IF_ERROR(
      ToStatus(topic.error, absl::StrCat("looking for the topic ", choice_.topic)));
  partitions_.resize(static_cast<size_t>(topic.partitions));
  return absl::OkStatus();
}

absl::Status TopicReader::FindEnds() {
  for (size_t i = 0; i < partitions_.size(); ++i) {
    Partition& partition = partitions_[i];
    WEIR_RETURN_IF_ERROR(
        ToStatus(rd_kafka_query_watermark_offsets(client_.get(), choice_.topic.c_str(),
                                                  static_cast<int32_t>(i), &partition.begin,
                                                  &partition.end, kAskMs),
                 absl::StrCat("asking for the offsets of ", choice_.topic, " [", i, "]")));
  }
  return absl::OkStatus();
}

absl::Status TopicReader::FindBeginnings() {
  if (!choice_.since) {
    return absl::OkStatus();
  }
  const PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions_.size())));
  for (size_t i = 0; i < partitions_.size(); ++i) {
    rd_kafka_topic_partition_list_add(list.get(), choice_.topic.c_str(), static_cast<int32_t>(i))
        ->offset = choice_.since->value;
  }
  WEIR_RETURN_IF_ERROR(
      ToStatus(rd_kafka_offsets_for_times(client_.get(), list.get(), kAskMs),
               absl::StrCat("asking for offsets of ", choice_.topic, " by their times")));
  for (int i = 0; i < list->cnt; ++i) {
    const rd_kafka_topic_partition_t& found = list->elems[i];
    WEIR_RETURN_IF_ERROR(ToStatus(found.err, absl::StrCat("asking for an offset of ", choice_.topic,
                                                          " [", found.partition, "] by its time")));
    Partition& partition = partitions_[static_cast<size_t>(found.partition)];
    // The end stands for: none is so late.
    partition.begin = found.offset < 0 ? partition.end : std::max(partition.begin, found.offset);
  }
  return absl::OkStatus();
}

absl::Status TopicReader::Assign() {
  const PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions_.size())));
  for (size_t i = 0; i < partitions_.size(); ++i) {
    Partition& partition = partitions_[i];
    partition.next = partition.begin;
    offsets_ += static_cast<uint64_t>(partition.end - partition.begin);
    partition.done = !choice_.follow && partition.begin == partition.end;
    if (!partition.done) {
      ++left_;
      rd_kafka_topic_partition_list_add(list.get(), choice_.topic.c_str(), static_cast<int32_t>(i))
          ->offset = partition.begin;
    }
  }
  return ToStatus(rd_kafka_assign(client_.get(), list.get()),
                  absl::StrCat("reading the partitions of ", choice_.topic));
}

// Partitions that are done may still send what has come in since: it is dropped.
absl::StatusOr<MessageHandle> TopicReader::Next() {
  MessageHandle message(rd_kafka_consumer_poll(client_.get(), kMomentMs));
  if (message == nullptr) {
    return message;
  }
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR &&
      message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    absl::Status status = ToStatus(
        message->err, absl::StrCat("reading ", choice_.topic, " [", message->partition, "]"));
    // librdkafka goes on by itself once a broker can be reached again.
    return absl::IsUnavailable(status) ? absl::StatusOr<MessageHandle>(nullptr)
                                       : absl::StatusOr<MessageHandle>(std::move(status));
  }
  Partition& partition = partitions_[static_cast<size_t>(message->partition)];
  if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF || partition.done ||
      (!choice_.follow && message->offset >= partition.end)) {
    Finish(partition);
    return nullptr;
  }
  partition.next = message->offset + 1;
  if (partition.next >= partition.end) {
    Finish(partition);
  }
  return message;
}

void TopicReader::Finish(Partition& partition) {
  if (!choice_.follow && !partition.done) {
    partition.done = true;
    --left_;
  }
}

uint64_t TopicReader::passed() const {
  uint64_t passed = 0;
  for (const Partition& partition : partitions_) {
    passed += static_cast<uint64_t>(
        (partition.done ? partition.end : std::min(partition.next, partition.end)) -
        partition.begin);
  }
  return passed;
}

}  // namespace weir
