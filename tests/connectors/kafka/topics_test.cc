// Goal: topics are named as DESIGN says, and a cluster whose topics would lose or mix up records is
// refused, with all that is wrong in one message.
// Method: a cluster that is right with one thing changed at a time; a port on which nothing
// listens; a topic that the made-up cluster denies.
#include "connectors/kafka/topics.h"

#include <algorithm>
#include <functional>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/connectors/kafka/mock_cluster.h"

namespace weir {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr Eui64 kOperator{0x90B3D51F30020000};

Topics AllTopics(bool archive = true) {
  return NameTopics({.group = "weir",
                     .prefix = "test.",
                     .input = "meter.events",
                     .archive = archive,
                     .operators = absl::MakeConstSpan(&kOperator, 1)});
}

TopicFactsByName GoodFacts() {
  const Topics topics = AllTopics();
  TopicFactsByName facts;
  for (const std::string& name : ListTopics(topics)) {
    facts[name].partitions = 6;
    facts[name].settings = {
        {"cleanup.policy", "delete"},        {"retention.ms", "604800000"},
        {"retention.bytes", "-1"},           {"max.message.bytes", "1048588"},
        {"delete.retention.ms", "86400000"}, {"message.timestamp.type", "CreateTime"}};
  }
  facts[topics.input].settings["message.timestamp.type"] = "LogAppendTime";
  facts[topics.deltas].settings["retention.ms"] = "-1";
  facts[topics.state].settings["cleanup.policy"] = "compact";
  return facts;
}

TEST(KafkaTopics, Names) {
  const Topics topics = AllTopics();
  EXPECT_EQ(topics.input, "meter.events");
  EXPECT_EQ(topics.forwarded, "test.alerts.forwarded");
  EXPECT_EQ(topics.consolidated, "test.alerts.consolidated");
  EXPECT_EQ(topics.episodes, "test.throttle.episodes");
  EXPECT_EQ(topics.dead_letters, "test.dead.letter");
  EXPECT_EQ(topics.deltas, "weir.deltas");
  EXPECT_EQ(topics.state, "weir.state");
  EXPECT_EQ(topics.accepted, "test.requests.accepted");
  EXPECT_EQ(topics.rejected, "test.requests.rejected");
  EXPECT_EQ(topics.removed, "test.inventory.removed");
  EXPECT_EQ(topics.unrouted, "test.enp.unrouted");
  ASSERT_EQ(topics.operators.size(), 1U);
  EXPECT_EQ(topics.operators[0].party, kOperator);
  EXPECT_EQ(topics.operators[0].name, "test.enp.90-B3-D5-1F-30-02-00-00");
  EXPECT_EQ(ListTopics(topics).size(), 12U);
  const Topics fewest = NameTopics({.group = "g", .prefix = "", .input = "i", .operators = {}});
  EXPECT_EQ(fewest.consolidated, "");
  EXPECT_TRUE(fewest.operators.empty());
  EXPECT_EQ(ListTopics(fewest).size(), 10U);
}

TEST(KafkaTopics, AreAsTheyMustBe) {
  TopicFactsByName facts = GoodFacts();
  facts["test.alerts.forwarded"].settings["max.message.bytes"] = "3000";
  facts["test.alerts.consolidated"].settings["max.message.bytes"] = "2000";
  facts["test.requests.accepted"].settings["max.message.bytes"] = "7000";
  facts["test.enp.unrouted"].settings["max.message.bytes"] = "9000";
  facts["test.throttle.episodes"].settings["max.message.bytes"] = "1900";
  facts["test.dead.letter"].settings["max.message.bytes"] = "4000";
  facts["weir.deltas"].settings["max.message.bytes"] = "5000";
  facts["weir.state"].settings["max.message.bytes"] = "6000";
  const Cluster cluster = JudgeTopics(AllTopics(), false, facts).value();
  EXPECT_EQ(cluster.partitions, 6);
  EXPECT_EQ(cluster.largest_original.alert, 2000U);
  EXPECT_EQ(cluster.largest_original.request, 7000U);
  EXPECT_EQ(cluster.largest_original.response, 9000U);
  EXPECT_EQ(cluster.smallest_topic, 1900U);
  EXPECT_EQ(cluster.largest_dead_letter, 4000U);
  EXPECT_EQ(cluster.largest_delta, 5000U);
  EXPECT_EQ(cluster.largest_state, 6000U);
  EXPECT_EQ(cluster.delete_retention, kDay);
  EXPECT_EQ(JudgeTopics(AllTopics(false), false, facts).value().largest_original.alert, 3000U);
}

TEST(KafkaTopics, OneThingWrong) {
  using Change = std::function<void(TopicFactsByName&)>;

  struct Case {
    const char* problem;
    Change change;
  };

  const auto set = [](const std::string& topic, const std::string& name,
                      const std::string& value) -> Change {
    return [=](TopicFactsByName& facts) { facts[topic].settings[name] = value; };
  };
  const auto fail = [](const std::string& topic, rd_kafka_resp_err_t error) -> Change {
    return [=](TopicFactsByName& facts) { facts[topic].error = error; };
  };
  const auto partitions = [](const std::string& topic, int32_t count) -> Change {
    return [=](TopicFactsByName& facts) { facts[topic].partitions = count; };
  };
  const Case cases[] = {
      {"weir.state: there is no such topic",
       fail("weir.state", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)},
      {"meter.events: there is no such topic",
       [](TopicFactsByName& facts) { facts.erase("meter.events"); }},
      {"weir.deltas: looking at it is not allowed: grant Describe",
       fail("weir.deltas", RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)},
      {"weir.deltas: looking at it: Broker: Leader not available",
       fail("weir.deltas", RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE)},
      {"weir.state: reading its settings is not allowed: grant DescribeConfigs",
       [](TopicFactsByName& facts) {
         facts["weir.state"].settings_error = RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
       }},
      {"test.alerts.forwarded: it has 5 partitions, and the input has 6",
       partitions("test.alerts.forwarded", 5)},
      {"test.enp.unrouted: it has 7 partitions", partitions("test.enp.unrouted", 7)},
      {"weir.state: it has 12 partitions", partitions("weir.state", 12)},
      {"meter.events: message.timestamp.type is CreateTime, and must be LogAppendTime",
       set("meter.events", "message.timestamp.type", "CreateTime")},
      {"meter.events: cleanup.policy is compact", set("meter.events", "cleanup.policy", "compact")},
      {"test.throttle.episodes: cleanup.policy is compact,delete",
       set("test.throttle.episodes", "cleanup.policy", "compact,delete")},
      {"weir.state: cleanup.policy is delete, and must be compact",
       set("weir.state", "cleanup.policy", "delete")},
      {"weir.state: cleanup.policy is compact,delete, and must be compact",
       set("weir.state", "cleanup.policy", "compact,delete")},
      {"weir.deltas: cleanup.policy is compact", set("weir.deltas", "cleanup.policy", "compact")},
      {"weir.deltas: retention.ms is 604800000, and must be -1",
       set("weir.deltas", "retention.ms", "604800000")},
      {"weir.deltas: retention.bytes is 1000000, and must be -1",
       set("weir.deltas", "retention.bytes", "1000000")},
      {"test.requests.rejected: there is no such topic",
       [](TopicFactsByName& facts) { facts.erase("test.requests.rejected"); }},
      {"test.inventory.removed: max.message.bytes is 8191, and must be at least 8192",
       set("test.inventory.removed", "max.message.bytes", "8191")},
      {"test.enp.90-B3-D5-1F-30-02-00-00: max.message.bytes is 100, and must be at least 8192",
       set("test.enp.90-B3-D5-1F-30-02-00-00", "max.message.bytes", "100")},
      {"test.dead.letter: max.message.bytes is much, which is no number",
       set("test.dead.letter", "max.message.bytes", "much")},
      {"weir.state: the cluster does not tell its delete.retention.ms",
       [](TopicFactsByName& facts) { facts["weir.state"].settings.erase("delete.retention.ms"); }},
  };
  for (const Case& test : cases) {
    TopicFactsByName facts = GoodFacts();
    test.change(facts);
    const absl::Status status = JudgeTopics(AllTopics(), false, facts).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << test.problem;
    EXPECT_THAT(std::string(status.message()), HasSubstr(test.problem));
    EXPECT_THAT(std::string(status.message()), HasSubstr("deploy/kafka/topics.sh"));
    // The first line says what this is about, and one problem is told in one line.
    const std::string message(status.message());
    EXPECT_EQ(std::count(message.begin(), message.end(), '\n'), 1) << message;
  }
}

TEST(KafkaTopics, MorePartitionsThanNumbers) {
  TopicFactsByName facts = GoodFacts();
  for (auto& [name, fact] : facts) {
    fact.partitions = 65536;
  }
  EXPECT_TRUE(JudgeTopics(AllTopics(), false, facts).ok());
  for (auto& [name, fact] : facts) {
    fact.partitions = 65537;
  }
  EXPECT_THAT(std::string(JudgeTopics(AllTopics(), false, facts).status().message()),
              HasSubstr("meter.events: it has 65537 partitions, and may have at most 65536"));
}

TEST(KafkaTopics, TimesOfTheProducer) {
  TopicFactsByName facts = GoodFacts();
  EXPECT_THAT(std::string(JudgeTopics(AllTopics(), true, facts).status().message()),
              HasSubstr("message.timestamp.type is LogAppendTime, and must be CreateTime"));
  facts["meter.events"].settings["message.timestamp.type"] = "CreateTime";
  EXPECT_TRUE(JudgeTopics(AllTopics(), true, facts).ok());
}

TEST(KafkaTopics, AllThatIsWrongInOneMessage) {
  const std::string message(JudgeTopics(AllTopics(), false, {}).status().message());
  for (const std::string& topic : ListTopics(AllTopics())) {
    EXPECT_THAT(message, HasSubstr(topic + ": there is no such topic"));
  }
}

TEST(KafkaTopics, NothingListens) {
  ClientCallbacks callbacks;
  const KafkaHandle admin =
      KafkaProperties::Check({{"bootstrap.servers", "127.0.0.1:1"}},
                             [](absl::string_view /*property*/) { return std::string(); })
          .value()
          .MakeAdmin(callbacks)
          .value();
  const absl::Status status =
      CheckTopics(admin.get(), AllTopics(), false, absl::Milliseconds(200)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_THAT(std::string(status.message()),
              testing::StartsWith("asking 127.0.0.1:1 for the topics for up to 200ms: "));
}

TEST(KafkaTopics, AskedOfACluster) {
  MockCluster cluster;
  rd_kafka_mock_topic_set_error(cluster.get(), "denied",
                                RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
  ClientCallbacks callbacks;
  const KafkaHandle admin = cluster.Properties().MakeAdmin(callbacks).value();
  const TopicFactsByName facts = AskTopics(admin.get(), {"denied"}, absl::Seconds(30)).value();
  EXPECT_EQ(facts.at("denied").error, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
}

}  // namespace
}  // namespace weir
