// Owners of what librdkafka hands out, and its errors as statuses.
//
// Each owner gives its object back to librdkafka when it goes. A client ends before the callbacks
// and the queues that it uses, messages before the client that they came from.
//
// A status says `attempted: librdkafka's text (NAME OF THE CODE)`:
// Unavailable         the cluster is not reachable, or busy, or changing: the same may succeed
// later FailedPrecondition  somebody has to act first: fenced, not authorised, no such topic or
//                     partition, offset gone, cluster too old
// Internal            anything else
//
// Layer: connectors/kafka.
#pragma once

#include <memory>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include <librdkafka/rdkafka.h>

namespace weir {

template <auto kGiveBack>
struct GivesBack {
  template <typename T>
  void operator()(T* owned) const {
    kGiveBack(owned);
  }
};

using KafkaHandle = std::unique_ptr<rd_kafka_t, GivesBack<rd_kafka_destroy>>;
using ConfHandle = std::unique_ptr<rd_kafka_conf_t, GivesBack<rd_kafka_conf_destroy>>;
using QueueHandle = std::unique_ptr<rd_kafka_queue_t, GivesBack<rd_kafka_queue_destroy>>;
using EventHandle = std::unique_ptr<rd_kafka_event_t, GivesBack<rd_kafka_event_destroy>>;
using TopicHandle = std::unique_ptr<rd_kafka_topic_t, GivesBack<rd_kafka_topic_destroy>>;
using MessageHandle = std::unique_ptr<rd_kafka_message_t, GivesBack<rd_kafka_message_destroy>>;
using HeadersHandle = std::unique_ptr<rd_kafka_headers_t, GivesBack<rd_kafka_headers_destroy>>;
using ErrorHandle = std::unique_ptr<rd_kafka_error_t, GivesBack<rd_kafka_error_destroy>>;
using PartitionList = std::unique_ptr<rd_kafka_topic_partition_list_t,
                                      GivesBack<rd_kafka_topic_partition_list_destroy>>;
using GroupMetadata = std::unique_ptr<rd_kafka_consumer_group_metadata_t,
                                      GivesBack<rd_kafka_consumer_group_metadata_destroy>>;

// `attempted` names what was tried, and on what: `committing offsets of meter.events`.
absl::Status ToStatus(rd_kafka_resp_err_t error, absl::string_view attempted);

// Nullptr is OK. An error that librdkafka calls retriable is Unavailable whatever its code; one
// that it calls fatal is FailedPrecondition.
absl::Status ToStatus(const rd_kafka_error_t* error, absl::string_view attempted);

}  // namespace weir
