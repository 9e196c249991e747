// Goal: any property of librdkafka may be set but for those that the protocol owns; a client is
// made as the protocol needs it whatever was set; values are told to nobody.
// Method: tables of properties; the list that librdkafka prints of its own; the settings of clients
// made; the tables of README.md.
#include "connectors/kafka/properties.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/connectors/kafka/mock_cluster.h"

namespace weir {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr int16_t kProduce = 0;  // the request

using Given = std::map<std::string, std::string>;

absl::StatusOr<KafkaProperties> Check(Given given) {
  return KafkaProperties::Check(std::move(given), [](absl::string_view property) {
    return property.empty() ? "weir.yaml:1" : absl::StrCat("weir.yaml:", property.size());
  });
}

// Nothing is wrong but what `more` says.
std::string ProblemsOf(Given more) {
  more.emplace("bootstrap.servers", "127.0.0.1:1");
  const absl::Status status = Check(std::move(more)).status();
  EXPECT_TRUE(status.ok() || status.code() == absl::StatusCode::kInvalidArgument);
  return std::string(status.message());
}

// ---- Problems

TEST(KafkaProperties, ThatAreRefusedOnTheirOwn) {
  struct Case {
    const char* name;
    const char* value;
    const char* problem;
  };

  const Case cases[] = {
      {"bootstrap.severs", "a:1", "bootstrap.severs is no property of librdkafka 2"},
      {"linger.ms", "soon", "librdkafka does not take linger.ms: "},
      {"linger.ms", "-7", "is outside allowed range 0..900000"},
      {"compression.type", "best", "librdkafka does not take compression.type: "},
      {"group.id", "g", "group.id may not be set: set service.group"},
      {"enable.auto.commit", "false", "may not be set: offsets are committed with the transaction"},
      {"acks", "all", "acks may not be set: a message must be acknowledged by all"},
      {"dr_msg_cb", "x", "dr_msg_cb may not be set"},
      {"ssl_key", "x", "ssl_key may not be set: set ssl.key.location or ssl.key.pem"},
      {"test.mock.num.brokers", "3", "a service runs on a cluster"},
  };
  for (const Case& test : cases) {
    const std::string problems = ProblemsOf({{test.name, test.value}});
    EXPECT_THAT(problems, HasSubstr(test.problem));
    EXPECT_THAT(problems, testing::StartsWith(
                              absl::StrCat("weir.yaml:", std::string(test.name).size(), ": ")));
  }
}

TEST(KafkaProperties, ThatAreRefusedTogether) {
  EXPECT_THAT(ProblemsOf({{"socket.timeout.ms", "60000"}}),
              AllOf(testing::StartsWith("weir.yaml:17: "), HasSubstr("transaction.timeout.ms")));
  EXPECT_THAT(ProblemsOf({{"session.timeout.ms", "90000"}, {"max.poll.interval.ms", "30000"}}),
              HasSubstr("max.poll.interval.ms"));
  EXPECT_THAT(ProblemsOf({{"security.protocol", "ssl"}, {"ssl.ca.location", "/nowhere/ca.pem"}}),
              AllOf(testing::StartsWith("weir.yaml:15: "),
                    HasSubstr("ssl.ca.location: /nowhere/ca.pem cannot be read: No such file")));
}

TEST(KafkaProperties, AllProblemsAtOnce) {
  const absl::Status status =
      Check({{"nonsense", "1"}, {"group.id", "g"}, {"batch.size", "0"}}).status();
  const std::vector<std::string> lines = absl::StrSplit(status.message(), '\n');
  EXPECT_THAT(lines, testing::ElementsAre(HasSubstr("batch.size"), HasSubstr("group.id"),
                                          HasSubstr("nonsense"),
                                          HasSubstr("bootstrap.servers is missing")));
}

TEST(KafkaProperties, ValuesAreNotTold) {
  for (const char* name : {"security.protocol", "compression.type", "linger.ms", "sasl.password",
                           "ssl.key.pem", "nonsense", "group.id", "debug"}) {
    EXPECT_THAT(ProblemsOf({{name, "opensesame"}, {"security.protocol", "sasl_ssl"}}),
                Not(HasSubstr("opensesame")))
        << name;
  }
  EXPECT_THAT(ProblemsOf({{"linger.ms", "-7654321"}}), Not(HasSubstr("7654321")));
}

TEST(KafkaProperties, ThatAreTaken) {
  EXPECT_EQ(ProblemsOf({{"security.protocol", "SASL_PLAINTEXT"},
                        {"sasl.mechanisms", "SCRAM-SHA-512"},
                        {"sasl.username", "weir"},
                        {"sasl.password", "opensesame"},
                        {"client.id", "weir"},
                        {"compression.type", "zstd"},
                        {"compression.level", "3"},
                        {"queued.max.messages.kbytes", "1024"},
                        {"session.timeout.ms", "10000"},
                        {"socket.timeout.ms", "5000"},
                        {"linger.ms", "0.5"}}),
            "");
  EXPECT_TRUE(Check({{"metadata.broker.list", "127.0.0.1:1"}}).ok());
}

// ---- The tables

// The rows `| a | b | ...` of a text, cells trimmed.
std::vector<std::vector<std::string>> RowsOf(absl::string_view text) {
  std::vector<std::vector<std::string>> rows;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    std::vector<std::string> cells;
    for (const absl::string_view cell : absl::StrSplit(line, '|')) {
      cells.emplace_back(absl::StripAsciiWhitespace(cell));
    }
    if (cells.size() > 3) {
      rows.push_back(std::move(cells));
    }
  }
  return rows;
}

// Names and C/P as librdkafka prints them. A property that stands there twice concerns whom the
// first says: the second is the same, set for a topic.
std::map<std::string, std::string> PropertiesOfLibrdkafka() {
  char* text = nullptr;
  size_t size = 0;
  FILE* const file = open_memstream(&text, &size);
  rd_kafka_conf_properties_show(file);
  static_cast<void>(std::fclose(file));
  std::map<std::string, std::string> properties;
  for (const std::vector<std::string>& cells : RowsOf({text, size})) {
    if (cells[1] == "C" || cells[1] == "P" || cells[1] == "*") {
      properties.emplace(cells[0], cells[1]);
    }
  }
  std::free(text);  // NOLINT(cppcoreguidelines-no-malloc): open_memstream made it
  return properties;
}

std::set<std::string> OwnedNames() {
  std::set<std::string> names;
  for (const OwnedProperty& owned : OwnedProperties()) {
    EXPECT_TRUE(names.emplace(owned.name).second) << owned.name << " stands there twice";
    EXPECT_FALSE(owned.why.empty());
  }
  return names;
}

TEST(KafkaProperties, ConcernWhomLibrdkafkaSays) {
  const std::set<std::string> owned = OwnedNames();
  const auto properties = PropertiesOfLibrdkafka();
  EXPECT_GT(properties.size(), 150U);
  for (const auto& [name, whom] : properties) {
    if (owned.count(name) == 0) {
      const ClientKind kind = KindOf(name);
      EXPECT_EQ(kind == ClientKind::kConsumer, whom == "C") << name;
      EXPECT_EQ(kind == ClientKind::kProducer, whom == "P") << name;
    }
  }
  for (const std::string& name : owned) {
    EXPECT_TRUE(properties.count(name) != 0 || absl::StartsWith(name, "test.mock.")) << name;
  }
}

std::string ReadmeText() {
  std::ifstream file(absl::StrCat(WEIR_SOURCE_DIR, "/connectors/kafka/README.md"));
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string SectionOf(const std::string& text, const std::string& heading) {
  const size_t start = text.find("\n## " + heading + "\n");
  EXPECT_NE(start, std::string::npos) << heading;
  return start == std::string::npos ? ""
                                    : text.substr(start, text.find("\n## ", start + 1) - start);
}

TEST(KafkaProperties, OwnedOnesStandInTheReadme) {
  std::map<std::string, std::string> documented;
  for (const auto& cells : RowsOf(SectionOf(ReadmeText(), "Properties that are owned"))) {
    for (absl::string_view name : absl::StrSplit(cells[1], ", ")) {
      documented.emplace(absl::StrReplaceAll(name, {{"`", ""}}), cells[2]);
    }
  }
  documented.erase("property");
  documented.erase("---");
  std::map<std::string, std::string> owned;
  for (const OwnedProperty& property : OwnedProperties()) {
    owned.emplace(property.name, property.why);
  }
  EXPECT_EQ(documented, owned);
}

TEST(KafkaProperties, DefaultsStandInTheReadme) {
  std::set<std::string> documented;
  for (const auto& cells : RowsOf(SectionOf(ReadmeText(), "Defaults"))) {
    if (cells[1] != "property" && cells[1] != "---") {
      documented.insert(absl::StrCat(cells[1], " ", cells[2], " ", cells[3], " ", cells[4]));
    }
  }
  std::set<std::string> defaults;
  for (const DefaultProperty& property : DefaultProperties()) {
    const char* const whom = property.kind == ClientKind::kBoth       ? "all"
                             : property.kind == ClientKind::kConsumer ? "consumers"
                                                                      : "producers";
    defaults.insert(
        absl::StrCat("`", property.name, "` ", whom, " `", property.value, "` ", property.why));
  }
  EXPECT_EQ(documented, defaults);
}

// ---- Clients

std::string SettingOf(const KafkaHandle& client, const char* name) {
  char value[256] = "";
  size_t size = sizeof value;
  EXPECT_EQ(rd_kafka_conf_get(rd_kafka_conf(client.get()), name, value, &size), RD_KAFKA_CONF_OK)
      << name;
  return value;
}

KafkaProperties Checked(Given more = {}) {
  more.emplace("bootstrap.servers", "127.0.0.1:1");
  return Check(std::move(more)).value();
}

TEST(KafkaClients, ConsumerFollowsTheProtocol) {
  ClientCallbacks callbacks;
  const KafkaHandle consumer = Checked().MakeConsumer("weir", "weir-0/1", callbacks, true).value();
  const Given expected = {{"group.id", "weir"},
                          {"group.instance.id", "weir-0/1"},
                          {"client.id", "weir-0/1"},
                          {"partition.assignment.strategy", "range"},
                          {"enable.auto.commit", "false"},
                          {"enable.auto.offset.store", "false"},
                          {"auto.offset.reset", "error"},
                          {"isolation.level", "read_committed"},
                          {"allow.auto.create.topics", "false"},
                          {"check.crcs", "true"},
                          {"enable.partition.eof", "true"},
                          {"session.timeout.ms", "30000"}};
  for (const auto& [name, value] : expected) {
    EXPECT_EQ(SettingOf(consumer, name.c_str()), value) << name;
  }
  EXPECT_EQ(SettingOf(Checked().MakeConsumer("g", "i", callbacks).value(), "enable.partition.eof"),
            "false");
}

TEST(KafkaClients, ProducerFollowsTheProtocol) {
  ClientCallbacks callbacks;
  const KafkaHandle producer = Checked().MakeProducer("weir/weir-0/1", {}, callbacks).value();
  const Given expected = {
      {"transactional.id", "weir/weir-0/1"}, {"transaction.timeout.ms", "10000"},
      {"enable.idempotence", "true"},        {"max.in.flight.requests.per.connection", "5"},
      {"request.required.acks", "-1"},       {"message.timeout.ms", "9000"},
      {"allow.auto.create.topics", "false"}, {"delivery.report.only.error", "true"},
      {"compression.codec", "lz4"}};
  for (const auto& [name, value] : expected) {
    EXPECT_EQ(SettingOf(producer, name.c_str()), value) << name;
  }
}

TEST(KafkaClients, WhatIsGivenReplacesADefault) {
  ClientCallbacks callbacks;
  const KafkaProperties properties = Checked({{"session.timeout.ms", "12000"},
                                              {"compression.type", "zstd"},
                                              {"queue.buffering.max.ms", "1"},
                                              {"client.id", "me"}});
  const KafkaHandle consumer = properties.MakeConsumer("g", "i", callbacks).value();
  EXPECT_EQ(SettingOf(consumer, "session.timeout.ms"), "12000");
  EXPECT_EQ(SettingOf(consumer, "client.id"), "me");
  const KafkaHandle producer = properties.MakeProducer("t", {}, callbacks).value();
  EXPECT_EQ(SettingOf(producer, "compression.codec"), "zstd");
  EXPECT_EQ(SettingOf(producer, "linger.ms"), "1");
}

TEST(KafkaClients, BatchesAreNoLargerThanTheTopicsTake) {
  ClientCallbacks callbacks;
  const BatchLimits limits = {.smallest_topic = 50000, .largest_topic = 3000000};
  const KafkaHandle limited = Checked().MakeProducer("t", limits, callbacks).value();
  EXPECT_EQ(SettingOf(limited, "batch.size"), "50000");
  EXPECT_EQ(SettingOf(limited, "message.max.bytes"), "3000000");
  const KafkaHandle smaller =
      Checked({{"batch.size", "20000"}}).MakeProducer("t", limits, callbacks).value();
  EXPECT_EQ(SettingOf(smaller, "batch.size"), "20000");
}

// librdkafka warns about properties that a client of that kind does not know.
TEST(KafkaClients, NothingIsWarnedAbout) {
  Given given = {{"bootstrap.servers", "127.0.0.1:1"}};
  for (const auto& [name, whom] : PropertiesOfLibrdkafka()) {
    char value[256] = "";
    size_t size = sizeof value;
    const ConfHandle conf(rd_kafka_conf_new());
    const bool plain =
        rd_kafka_conf_get(conf.get(), name.c_str(), value, &size) == RD_KAFKA_CONF_OK &&
        value[0] != '\0' && KindOf(name) != ClientKind::kBoth;
    if (plain && OwnedNames().count(name) == 0) {
      given.emplace(name, value);
    }
  }
  EXPECT_GT(given.size(), 20U);
  std::string warned;
  ClientCallbacks callbacks;
  callbacks.log = [&warned](int level, absl::string_view text) {
    if (level <= 5 && absl::StrContains(text, "CONFWARN")) {
      absl::StrAppend(&warned, text, "\n");
    }
  };
  const KafkaProperties properties = Check(given).value();
  EXPECT_TRUE(properties.MakeConsumer("g", "i", callbacks).ok());
  EXPECT_TRUE(properties.MakeReader("g", callbacks).ok());
  EXPECT_TRUE(properties.MakeProducer("t", {}, callbacks).ok());
  EXPECT_TRUE(properties.MakeAdmin(callbacks).ok());
  EXPECT_EQ(warned, "");
}

TEST(KafkaClients, ConsumerIsToldItsPartitions) {
  MockCluster cluster;
  cluster.CreateTopic("meter.events", 3);
  int assigned = 0;
  ClientCallbacks callbacks;
  callbacks.rebalance = [&assigned](rd_kafka_t* client, rd_kafka_resp_err_t event,
                                    rd_kafka_topic_partition_list_t* partitions) {
    const bool given = event == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
    assigned = given ? partitions->cnt : 0;
    rd_kafka_assign(client, given ? partitions : nullptr);
  };
  const KafkaHandle consumer =
      cluster.Properties().MakeConsumer("weir", "weir-0/0", callbacks).value();
  const PartitionList topics(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(topics.get(), "meter.events", RD_KAFKA_PARTITION_UA);
  ASSERT_EQ(rd_kafka_subscribe(consumer.get(), topics.get()), RD_KAFKA_RESP_ERR_NO_ERROR);
  // A message may come in between: there is no committed offset to start from.
  for (int polls = 0; polls < 300 && assigned == 0; ++polls) {
    const MessageHandle message(rd_kafka_consumer_poll(consumer.get(), 100));
  }
  EXPECT_EQ(assigned, 3);
  rd_kafka_consumer_close(consumer.get());
  EXPECT_EQ(assigned, 0);
}

TEST(KafkaClients, ProducerTellsWhatWasNotDelivered) {
  MockCluster cluster;
  cluster.CreateTopic("alerts.forwarded", 1);
  std::string failed;
  ClientCallbacks callbacks;
  callbacks.delivery_failure = [&failed](const rd_kafka_message_t& message) {
    failed.append(static_cast<const char*>(message.payload), message.len);
  };
  const KafkaHandle producer = cluster.Properties().MakeProducer("t", {}, callbacks).value();
  const auto call = [](rd_kafka_error_t* error) {
    const ErrorHandle owned(error);
    EXPECT_EQ(owned, nullptr) << rd_kafka_error_string(error);
  };
  call(rd_kafka_init_transactions(producer.get(), 30000));
  call(rd_kafka_begin_transaction(producer.get()));
  const TopicHandle topic(rd_kafka_topic_new(producer.get(), "alerts.forwarded", nullptr));
  const auto produce = [&topic, &producer](std::string value) {
    EXPECT_EQ(rd_kafka_produce(topic.get(), 0, RD_KAFKA_MSG_F_COPY, value.data(), value.size(),
                               nullptr, 0, nullptr),
              0);
    EXPECT_EQ(rd_kafka_flush(producer.get(), 30000), RD_KAFKA_RESP_ERR_NO_ERROR);
  };
  produce("good");
  EXPECT_EQ(failed, "");
  rd_kafka_mock_push_request_errors(cluster.get(), kProduce, 1,
                                    RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
  produce("bad");
  EXPECT_EQ(failed, "bad");
}

}  // namespace
}  // namespace weir
