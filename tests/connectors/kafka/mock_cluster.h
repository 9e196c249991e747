// librdkafka's made-up cluster, in this process: messages go in and come out as from a broker.
//
// It cannot show transactions, and it knows no settings of topics; it is good for the messages
// themselves and for injected errors.
//
// Layer: tests/connectors/kafka.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "connectors/kafka/handles.h"
#include "connectors/kafka/properties.h"

namespace weir {

using OptionalText = std::optional<std::string>;

struct SentMessage {
  OptionalText key;
  std::vector<std::pair<std::string, OptionalText>> headers;
  OptionalText value;
  int64_t timestamp = 1575280800123;
};

// Messages with the client that they belong to.
struct Consumed {
  std::unique_ptr<ClientCallbacks> callbacks;
  KafkaHandle client;
  std::vector<MessageHandle> messages;
};

class MockCluster {
 public:
  MockCluster() {
    char text[256] = "";
    rd_kafka_conf_t* const conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "message.max.bytes", "4000000", text, sizeof text);
    // That its brokers go away at the end is no news.
    rd_kafka_conf_set(conf, "log_level", "0", text, sizeof text);
    producer_.reset(rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text));
    cluster_.reset(rd_kafka_mock_cluster_new(producer_.get(), 1));
    rd_kafka_brokers_add(producer_.get(), bootstrap().c_str());
  }

  std::string bootstrap() const { return rd_kafka_mock_cluster_bootstraps(cluster_.get()); }

  rd_kafka_mock_cluster_t* get() const { return cluster_.get(); }

  KafkaProperties Properties() const {
    return KafkaProperties::Check({{"bootstrap.servers", bootstrap()}},
                                  [](absl::string_view /*property*/) { return std::string(); })
        .value();
  }

  void CreateTopic(const std::string& topic, int partitions) {
    ASSERT_EQ(rd_kafka_mock_topic_create(cluster_.get(), topic.c_str(), partitions, 1),
              RD_KAFKA_RESP_ERR_NO_ERROR);
  }

  // To partition 0.
  void Send(const std::string& topic, const std::vector<SentMessage>& messages) {
    for (const SentMessage& message : messages) {
      SendOne(topic, message);
    }
    ASSERT_EQ(rd_kafka_flush(producer_.get(), 30000), RD_KAFKA_RESP_ERR_NO_ERROR);
  }

  // The first `count` messages of partition 0.
  Consumed Read(const std::string& topic, size_t count) const {
    Consumed consumed;
    consumed.callbacks = std::make_unique<ClientCallbacks>();
    consumed.client = Properties().MakeReader("weir", *consumed.callbacks).value();
    const PartitionList partitions(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(partitions.get(), topic.c_str(), 0)->offset = 0;
    EXPECT_EQ(rd_kafka_assign(consumed.client.get(), partitions.get()), RD_KAFKA_RESP_ERR_NO_ERROR);
    while (consumed.messages.size() < count) {
      MessageHandle message(rd_kafka_consumer_poll(consumed.client.get(), 30000));
      if (message == nullptr) {
        ADD_FAILURE() << "no message within 30 s, after " << consumed.messages.size();
        break;
      }
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        consumed.messages.push_back(std::move(message));
      }
    }
    return consumed;
  }

 private:
  // An empty text is no null: librdkafka tells them apart by the address.
  static rd_kafka_vu_t Bytes(rd_kafka_vtype_t type, const OptionalText& text) {
    rd_kafka_vu_t part = {};
    part.vtype = type;
    part.u.mem.ptr = text ? const_cast<char*>(text->data()) : nullptr;  // NOLINT(*-const-cast): C
    part.u.mem.size = text ? text->size() : 0;
    return part;
  }

  static rd_kafka_headers_t* HeadersOf(const SentMessage& message) {
    rd_kafka_headers_t* headers = rd_kafka_headers_new(message.headers.size());
    for (const auto& [name, value] : message.headers) {
      rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()),
                          value ? value->data() : nullptr,
                          value ? static_cast<ssize_t>(value->size()) : 0);
    }
    return headers;
  }

  void SendOne(const std::string& topic, const SentMessage& message) {
    std::vector<rd_kafka_vu_t> parts(4);
    parts[0].vtype = RD_KAFKA_VTYPE_TOPIC;
    parts[0].u.cstr = topic.c_str();
    parts[1].vtype = RD_KAFKA_VTYPE_PARTITION;
    parts[1].u.i32 = 0;
    parts[2].vtype = RD_KAFKA_VTYPE_TIMESTAMP;
    parts[2].u.i64 = message.timestamp;
    parts[3].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    parts[3].u.i = RD_KAFKA_MSG_F_COPY;
    parts.push_back(Bytes(RD_KAFKA_VTYPE_KEY, message.key));
    parts.push_back(Bytes(RD_KAFKA_VTYPE_VALUE, message.value));
    if (!message.headers.empty()) {
      parts.emplace_back().vtype = RD_KAFKA_VTYPE_HEADERS;
      parts.back().u.headers = HeadersOf(message);
    }
    const ErrorHandle error(rd_kafka_produceva(producer_.get(), parts.data(), parts.size()));
    ASSERT_EQ(error, nullptr) << rd_kafka_error_string(error.get());
  }

  using ClusterHandle =
      std::unique_ptr<rd_kafka_mock_cluster_t, GivesBack<rd_kafka_mock_cluster_destroy>>;

  KafkaHandle producer_;
  ClusterHandle cluster_;
};

}  // namespace weir
