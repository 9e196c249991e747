#include "connectors/kafka/topic_facts.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

#include "connectors/kafka/handles.h"
#include "connectors/kafka/properties.h"
#include "engine/base/status_macros.h"

namespace weir {

namespace {

using Metadata = std::unique_ptr<const rd_kafka_metadata_t, GivesBack<rd_kafka_metadata_destroy>>;
using Resource =
    std::unique_ptr<rd_kafka_ConfigResource_t, GivesBack<rd_kafka_ConfigResource_destroy>>;
using AdminOptions =
    std::unique_ptr<rd_kafka_AdminOptions_t, GivesBack<rd_kafka_AdminOptions_destroy>>;

int Milliseconds(absl::Duration timeout) {
  return static_cast<int>(absl::ToInt64Milliseconds(timeout));
}

// What is asked, of whom, and for how long.
std::string Attempt(rd_kafka_t* client, absl::string_view asked, absl::Duration timeout) {
  char brokers[512] = "";
  size_t size = sizeof brokers;
  static_cast<void>(rd_kafka_conf_get(rd_kafka_conf(client), "bootstrap.servers", brokers, &size));
  return absl::StrCat("asking ", brokers, " for ", asked, " for up to ",
                      absl::FormatDuration(timeout));
}

// ---- Topics and their partitions

// Calls back what there is to tell: errors, as nothing is read yet.
void TakeErrors(rd_kafka_t* client) {
  if (rd_kafka_type(client) == RD_KAFKA_PRODUCER) {
    rd_kafka_poll(client, 0);
  } else if (rd_kafka_message_t* const message = rd_kafka_consumer_poll(client, 0)) {
    rd_kafka_message_destroy(message);
  }
}

bool IsSilence(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR__TRANSPORT || error == RD_KAFKA_RESP_ERR__TIMED_OUT;
}

// What was asked of whom, and, if nobody answers, why that may be.
absl::Status Unanswered(rd_kafka_t* client, rd_kafka_resp_err_t error, absl::string_view asked,
                        absl::Duration timeout) {
  const absl::Status status = ToStatus(error, Attempt(client, asked, timeout));
  return IsSilence(error) ? absl::Status(status.code(),
                                         absl::StrCat(status.message(), TroubleOf(client).Advice()))
                          : status;
}

// Until a broker answers, the time is over, or it is known that waiting does not help.
absl::Status WaitForBrokers(rd_kafka_t* client, absl::Duration timeout) {
  constexpr absl::Duration kLook = absl::Milliseconds(500);
  const absl::Time deadline = absl::Now() + timeout;
  for (;;) {
    const absl::Duration left = deadline - absl::Now();
    const rd_kafka_metadata_t* answer = nullptr;
    const rd_kafka_resp_err_t error = rd_kafka_metadata(
        client, 0, nullptr, &answer, Milliseconds(std::clamp(left, absl::Milliseconds(1), kLook)));
    const Metadata unused(answer);
    TakeErrors(client);
    if (!IsSilence(error) || left <= kLook || TroubleOf(client).is_refused()) {
      return Unanswered(client, error, "the topics", timeout);
    }
  }
}

absl::Status AskPartitions(rd_kafka_t* client, absl::Duration timeout, TopicFactsByName& facts) {
  // Only topics that a client holds are asked for; all of them would leave out those that it may
  // not see.
  std::vector<TopicHandle> held;
  for (const auto& [name, fact] : facts) {
    held.emplace_back(rd_kafka_topic_new(client, name.c_str(), nullptr));
    if (held.back() == nullptr) {
      return ToStatus(rd_kafka_last_error(), absl::StrCat("asking for the topic ", name));
    }
  }
  const rd_kafka_metadata_t* answer = nullptr;
  const rd_kafka_resp_err_t error =
      rd_kafka_metadata(client, 0, nullptr, &answer, Milliseconds(timeout));
  const Metadata metadata(answer);
  WEIR_RETURN_IF_ERROR(ToStatus(error, Attempt(client, "the topics", timeout)));
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    const rd_kafka_metadata_topic_t& topic = metadata->topics[i];
    if (const auto fact = facts.find(topic.topic); fact != facts.end()) {
      fact->second.error = topic.err;
      fact->second.partitions = topic.partition_cnt;
    }
  }
  return absl::OkStatus();
}

// ---- Settings

void TakeSettings(const rd_kafka_ConfigResource_t& resource, TopicFacts& fact) {
  fact.settings_error = rd_kafka_ConfigResource_error(&resource);
  size_t count = 0;
  const rd_kafka_ConfigEntry_t** entries = rd_kafka_ConfigResource_configs(&resource, &count);
  for (size_t i = 0; i < count; ++i) {
    const char* value = rd_kafka_ConfigEntry_value(entries[i]);
    fact.settings[rd_kafka_ConfigEntry_name(entries[i])] = value == nullptr ? "" : value;
  }
}

// The answer to one request about all `resources`.
absl::StatusOr<EventHandle> DescribeConfigs(rd_kafka_t* client,
                                            const std::vector<Resource>& resources,
                                            absl::Duration timeout) {
  std::vector<rd_kafka_ConfigResource_t*> asked;
  asked.reserve(resources.size());
  for (const Resource& resource : resources) {
    asked.push_back(resource.get());
  }
  const AdminOptions options(rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS));
  char text[256] = "";
  WEIR_RETURN_IF_ERROR(ToStatus(rd_kafka_AdminOptions_set_request_timeout(
                                    options.get(), Milliseconds(timeout), text, sizeof text),
                                Attempt(client, "the settings of the topics", timeout)));
  const QueueHandle queue(rd_kafka_queue_new(client));
  rd_kafka_DescribeConfigs(client, asked.data(), asked.size(), options.get(), queue.get());
  // The request itself ends with an answer or an error within the timeout.
  return EventHandle(rd_kafka_queue_poll(queue.get(), -1));
}

absl::Status AskSettings(rd_kafka_t* client, absl::Duration timeout, TopicFactsByName& facts) {
  std::vector<Resource> resources;
  for (const auto& [name, fact] : facts) {
    if (fact.error == RD_KAFKA_RESP_ERR_NO_ERROR) {
      resources.emplace_back(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name.c_str()));
    }
  }
  if (resources.empty()) {
    return absl::OkStatus();
  }
  WEIR_ASSIGN_OR_RETURN(const EventHandle event, DescribeConfigs(client, resources, timeout));
  TakeErrors(client);
  WEIR_RETURN_IF_ERROR(
      Unanswered(client, rd_kafka_event_error(event.get()), "the settings of the topics", timeout));
  const rd_kafka_DescribeConfigs_result_t* result =
      rd_kafka_event_DescribeConfigs_result(event.get());
  size_t count = 0;
  const rd_kafka_ConfigResource_t** answers =
      rd_kafka_DescribeConfigs_result_resources(result, &count);
  for (size_t i = 0; i < count; ++i) {
    if (const auto fact = facts.find(rd_kafka_ConfigResource_name(answers[i]));
        fact != facts.end()) {
      TakeSettings(*answers[i], fact->second);
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<TopicFactsByName> AskTopics(rd_kafka_t* client,
                                           const std::vector<std::string>& topics,
                                           absl::Duration timeout) {
  TopicFactsByName facts;
  for (const std::string& topic : topics) {
    // What the answer leaves out is not there.
    facts[topic].error = RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
  }
  WEIR_RETURN_IF_ERROR(WaitForBrokers(client, timeout));
  WEIR_RETURN_IF_ERROR(AskPartitions(client, timeout, facts));
  WEIR_RETURN_IF_ERROR(AskSettings(client, timeout, facts));
  return facts;
}

absl::Status AskForTopic(rd_kafka_t* client, const std::string& topic, absl::Duration timeout) {
  TopicFactsByName facts;
  facts[topic].error = RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
  WEIR_RETURN_IF_ERROR(AskPartitions(client, timeout, facts));
  return ToStatus(facts[topic].error, absl::StrCat("looking for the topic ", topic));
}

}  // namespace weir
