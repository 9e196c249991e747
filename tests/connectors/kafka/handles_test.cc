// Goal: an error of librdkafka becomes a status that says who has to act, and what was tried.
// Method: a table of codes; errors that the made-up cluster is told to give.
#include "connectors/kafka/handles.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/connectors/kafka/mock_cluster.h"

namespace weir {
namespace {

constexpr int16_t kInitProducerId = 22;

TEST(KafkaStatus, TellsWhoHasToAct) {
  struct Case {
    rd_kafka_resp_err_t error;
    absl::StatusCode code;
  };

  using enum absl::StatusCode;
  const Case cases[] = {
      {RD_KAFKA_RESP_ERR__TRANSPORT, kUnavailable},
      {RD_KAFKA_RESP_ERR__TIMED_OUT, kUnavailable},
      {RD_KAFKA_RESP_ERR_NOT_COORDINATOR, kUnavailable},
      {RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, kUnavailable},
      {RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS, kUnavailable},
      {RD_KAFKA_RESP_ERR__FENCED, kFailedPrecondition},
      {RD_KAFKA_RESP_ERR_PRODUCER_FENCED, kFailedPrecondition},
      {RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, kFailedPrecondition},
      {RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, kFailedPrecondition},
      {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, kFailedPrecondition},
      {RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, kFailedPrecondition},
      {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, kFailedPrecondition},
      {RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE, kFailedPrecondition},
      {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, kInternal},
      {RD_KAFKA_RESP_ERR__STATE, kInternal},
  };
  for (const Case& test : cases) {
    EXPECT_EQ(ToStatus(test.error, "trying").code(), test.code) << rd_kafka_err2name(test.error);
  }
  EXPECT_TRUE(ToStatus(RD_KAFKA_RESP_ERR_NO_ERROR, "trying").ok());
  EXPECT_TRUE(ToStatus(nullptr, "trying").ok());
}

TEST(KafkaStatus, SaysWhatWasTriedAndTheNameOfTheCode) {
  EXPECT_EQ(ToStatus(RD_KAFKA_RESP_ERR__TIMED_OUT, "reading the topic t").message(),
            "reading the topic t: Local: Timed out (_TIMED_OUT)");
}

// What init_transactions() gives if the cluster answers so.
absl::Status InitTransactions(const MockCluster& cluster, rd_kafka_resp_err_t answer) {
  rd_kafka_mock_push_request_errors(cluster.get(), kInitProducerId, 1, answer);
  ClientCallbacks callbacks;
  const KafkaHandle producer =
      cluster.Properties().MakeProducer("weir/test/0", {}, callbacks).value();
  const ErrorHandle error(rd_kafka_init_transactions(producer.get(), 30000));
  return ToStatus(error.get(), "starting to write as weir/test/0");
}

TEST(KafkaStatus, OfErrorsThatACoordinatorGives) {
  const MockCluster cluster;
  EXPECT_TRUE(InitTransactions(cluster, RD_KAFKA_RESP_ERR_NO_ERROR).ok());
  const absl::Status denied =
      InitTransactions(cluster, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
  EXPECT_EQ(denied.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(denied.message()),
              testing::AllOf(testing::StartsWith("starting to write as weir/test/0: "),
                             testing::HasSubstr("AUTHORIZATION_FAILED")));
}

}  // namespace
}  // namespace weir
