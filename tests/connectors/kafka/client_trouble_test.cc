// Goal: what is said of a client that reaches no broker is about the error that tells most.
#include "connectors/kafka/client_trouble.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace weir {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(ClientTrouble, SaysNothingOfWhatIsNotAboutReachingBrokers) {
  ClientTrouble trouble;
  trouble.Take(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, "1/1 brokers are down");
  trouble.Take(RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED, "slow");
  EXPECT_EQ(trouble.Advice(), "");
  EXPECT_FALSE(trouble.is_refused());
}

TEST(ClientTrouble, SaysWhatToLookAt) {
  const struct {
    rd_kafka_resp_err_t error;
    const char* reason;
    const char* advice;
  } cases[] = {
      {RD_KAFKA_RESP_ERR__AUTHENTICATION, "no", "check sasl.username, sasl.password"},
      {RD_KAFKA_RESP_ERR__SSL, "no", "check ssl.ca.location"},
      {RD_KAFKA_RESP_ERR__RESOLVE, "no", "check the names in bootstrap.servers"},
      {RD_KAFKA_RESP_ERR__TRANSPORT, "refused", "check the addresses in bootstrap.servers"},
      {RD_KAFKA_RESP_ERR__TRANSPORT, "Disconnected while requesting ApiVersion: x",
       "check that security.protocol"},
  };

  for (const auto& each : cases) {
    ClientTrouble trouble;
    trouble.Take(each.error, each.reason);
    EXPECT_THAT(trouble.Advice(), AllOf(HasSubstr(each.reason), HasSubstr(each.advice)));
  }
}

TEST(ClientTrouble, ARefusalTellsMoreThanAConnectionThatEnds) {
  ClientTrouble trouble;
  trouble.Take(RD_KAFKA_RESP_ERR__TRANSPORT, "first");
  trouble.Take(RD_KAFKA_RESP_ERR__AUTHENTICATION, "wrong password");
  trouble.Take(RD_KAFKA_RESP_ERR__TRANSPORT, "last");
  EXPECT_THAT(trouble.Advice(), AllOf(HasSubstr("wrong password"), Not(HasSubstr("last"))));
}

TEST(ClientTrouble, OneRefusalMayBeABrokerThatStarts) {
  ClientTrouble trouble;
  trouble.Take(RD_KAFKA_RESP_ERR__AUTHENTICATION, "no");
  EXPECT_FALSE(trouble.is_refused());
  trouble.Take(RD_KAFKA_RESP_ERR__AUTHENTICATION, "no");
  EXPECT_TRUE(trouble.is_refused());
}

}  // namespace
}  // namespace weir
