// The topics of a service: their names, and whether they are as the protocol needs them.
//
// Errors: Unavailable         no broker answers in time
//         FailedPrecondition  topics are missing, are not as they must be, or may not be looked at:
//                             all problems in one message, one a line, each with what to do
//
// Layer: connectors/kafka (engine/alert, engine/base).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include <librdkafka/rdkafka.h>

#include "connectors/kafka/original.h"
#include "connectors/kafka/topic_facts.h"
#include "engine/alert/eui64.h"
#include "engine/base/units.h"

namespace weir {

// What goes to a network operator.
struct OperatorTopic {
  Eui64 party;
  std::string name;
};

struct Topics {
  std::string input;
  std::string forwarded;
  std::string consolidated;  // empty: no archive
  std::string episodes;
  std::string dead_letters;
  std::string accepted;  // requests
  std::string rejected;
  std::string removed;   // from the inventory
  std::string unrouted;  // what should go to a network operator and has no topic of its own
  std::vector<OperatorTopic> operators;
  std::string deltas;
  std::string state;
};

// What the names are made of.
struct TopicNaming {
  absl::string_view group;
  absl::string_view prefix;  // before the names of the outputs
  absl::string_view input;
  bool archive = false;               // whether consolidated alerts are kept
  absl::Span<const Eui64> operators;  // the network operators among the parties
};

Topics NameTopics(const TopicNaming& naming);

// What the service has to know of its topics.
struct Cluster {
  int32_t partitions = 0;  // of the input, and so of each topic by device
  // max.message.bytes, the least of the topics that the same may go to.
  OriginalLimits largest_original;
  size_t largest_dead_letter = 0;
  size_t largest_delta = 0;
  size_t largest_state = 0;
  size_t smallest_topic = 0;    // of all topics that are written
  DurationMs delete_retention;  // delete.retention.ms of `state`
};

// Asks the cluster and judges. With `create_time` the input's records carry the time at which they
// were made, else the one at which the log got them.
absl::StatusOr<Cluster> CheckTopics(rd_kafka_t* admin, const Topics& topics, bool create_time,
                                    absl::Duration timeout);

// The judgement alone, on what AskTopics gave for ListTopics(topics).
absl::StatusOr<Cluster> JudgeTopics(const Topics& topics, bool create_time,
                                    const TopicFactsByName& facts);

// All names, each once.
std::vector<std::string> ListTopics(const Topics& topics);

}  // namespace weir
