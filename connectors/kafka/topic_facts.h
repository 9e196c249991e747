// What a cluster says of topics: whether they are there, their partitions and their settings.
//
// Errors: Unavailable if no broker answers in time, else what librdkafka says of the request as a
// whole. What is wrong with one topic stands with that topic.
//
// Layer: connectors/kafka.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include <librdkafka/rdkafka.h>

namespace weir {

struct TopicFacts {
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;           // of the topic
  rd_kafka_resp_err_t settings_error = RD_KAFKA_RESP_ERR_NO_ERROR;  // of asking for its settings
  int32_t partitions = 0;
  std::map<std::string, std::string> settings;  // as they hold, defaults of the cluster included
};

using TopicFactsByName = std::map<std::string, TopicFacts>;

// For a client of KafkaProperties that reads nothing yet. Waits for at most `timeout` three times:
// for a broker, for the topics, and for their settings; but no longer once brokers refuse the
// client. Then, and if none answers, the error says what to look at.
absl::StatusOr<TopicFactsByName> AskTopics(rd_kafka_t* client,
                                           const std::vector<std::string>& topics,
                                           absl::Duration timeout);

// OK if the cluster answers and has the topic. FailedPrecondition if it has not.
absl::Status AskForTopic(rd_kafka_t* client, const std::string& topic, absl::Duration timeout);

}  // namespace weir
