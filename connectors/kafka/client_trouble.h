// Why no broker answers a client, as far as its errors tell, and what to do about it.
//
// Threads: the one that polls the client.
//
// Layer: connectors/kafka.
#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include <librdkafka/rdkafka.h>

namespace weir {

class ClientTrouble {
 public:
  // An error of the client and its text. Those that are not about reaching brokers are ignored.
  void Take(rd_kafka_resp_err_t error, absl::string_view reason);

  // Brokers answer, and refuse the client again and again: waiting does not help.
  bool is_refused() const { return refusals_ >= kTellingRefusals; }

  // Lines to put behind a message: the last error's text, and what to look at. Empty without any.
  std::string Advice() const;

 private:
  static constexpr uint32_t kTellingRefusals = 2;

  rd_kafka_resp_err_t error_ = RD_KAFKA_RESP_ERR_NO_ERROR;
  std::string reason_;
  uint32_t refusals_ = 0;
};

}  // namespace weir
