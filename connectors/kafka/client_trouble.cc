#include "connectors/kafka/client_trouble.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace weir {

namespace {

bool IsRefusal(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR__AUTHENTICATION || error == RD_KAFKA_RESP_ERR__SSL;
}

absl::string_view WhatToDo(rd_kafka_resp_err_t error, absl::string_view reason) {
  switch (error) {
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
      return "the broker does not take the login: check sasl.username, sasl.password and "
             "sasl.mechanism, and that the broker knows this user";
    case RD_KAFKA_RESP_ERR__SSL:
      return "TLS with the broker fails: check ssl.ca.location (who signed the broker's "
             "certificate), that the certificate is for the name in bootstrap.servers, and that "
             "the port is one for TLS";
    case RD_KAFKA_RESP_ERR__RESOLVE:
      return "no such host is known: check the names in bootstrap.servers";
    default:
      return absl::StrContains(reason, "Disconnected while requesting ApiVersion")
                 ? "something is there, and hangs up: check that security.protocol is the one of "
                   "that port"
                 : "check the addresses in bootstrap.servers and those that brokers give of "
                   "themselves (advertised.listeners), that they run, and that nothing between "
                   "stops the traffic";
  }
}

}  // namespace

void ClientTrouble::Take(rd_kafka_resp_err_t error, absl::string_view reason) {
  const bool is_other = error != RD_KAFKA_RESP_ERR__RESOLVE &&
                        error != RD_KAFKA_RESP_ERR__TRANSPORT &&
                        error != RD_KAFKA_RESP_ERR__TIMED_OUT;
  if (IsRefusal(error)) {
    ++refusals_;
  } else if (is_other || IsRefusal(error_)) {
    return;  // what a broker says of the client tells more than that a connection ended
  }
  error_ = error;
  reason_ = std::string(reason);
}

std::string ClientTrouble::Advice() const {
  return error_ == RD_KAFKA_RESP_ERR_NO_ERROR
             ? ""
             : absl::StrCat("\n  ", reason_, "\n  ", WhatToDo(error_, reason_));
}

}  // namespace weir
