// The properties of the section `kafka:`, checked, and the clients that are made of them.
//
// Anything that librdkafka knows may be set, but for what the commit protocol rests on: those
// properties are owned (README.md lists them with the reason). What Weir sets itself and does not
// own is a default, which a property given replaces.
//
// A client gets only the properties that concern its kind, so that librdkafka has nothing to warn
// about. Values never stand in a message, since any of them may be a secret; but for the paths of
// files that librdkafka cannot read.
//
// Promises: a client made of checked properties keeps the protocol's settings whatever was given.
// Errors: InvalidArgument from Check that lists all problems at once, one `place: problem` a line;
// from Make* what librdkafka says if it cannot make a client.
//
// Threads: any; a log callback comes from librdkafka's own threads, each other one from the thread
// that polls the client.
//
// Layer: connectors/kafka.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include <librdkafka/rdkafka.h>

#include "connectors/kafka/client_trouble.h"
#include "connectors/kafka/handles.h"

namespace weir {

// Where a property was set, for messages: `weir.yaml:3`. Asked for one that was not given, or for
// the empty name, it gives the place of the whole section.
using PropertyPlace = std::function<std::string(absl::string_view property)>;

// What a client tells. Any of them may be empty. They outlive the client and must not throw.
struct ClientCallbacks {
  // A line of librdkafka's log; `level` as in syslog: 3 error, 4 warning, 6 information, 7 debug.
  std::function<void(int level, absl::string_view text)> log;
  // An error of the client as a whole. Most are for information only; RD_KAFKA_RESP_ERR__FATAL is
  // not, and rd_kafka_fatal_error() has its cause.
  std::function<void(rd_kafka_t* client, rd_kafka_resp_err_t error, absl::string_view reason)>
      error;
  // Of a consumer: partitions are assigned or revoked. It calls rd_kafka_assign() itself. Without
  // one librdkafka assigns and unassigns by itself.
  std::function<void(rd_kafka_t* client, rd_kafka_resp_err_t event,
                     rd_kafka_topic_partition_list_t* partitions)>
      rebalance;
  // Of a producer: a message that could not be delivered. Those delivered are not told.
  std::function<void(const rd_kafka_message_t& message)> delivery_failure;
  // Kept by the client: what its errors say of the way to the brokers.
  ClientTrouble trouble;
};

// Of a client made here. Polling it brings it up to date.
const ClientTrouble& TroubleOf(const rd_kafka_t* client);

// Largest record batches that the topics of a producer take (their max.message.bytes).
struct BatchLimits {
  size_t smallest_topic = 1000000;  // of the topic that takes the least: no batch is larger
  size_t largest_topic = 1000000;   // of the topic that takes the most: no message is larger
};

// The producer's transaction.timeout.ms: the coordinator aborts a transaction open for longer.
constexpr int kTransactionTimeoutMs = 10000;

class KafkaProperties {
 public:
  // Every client is made once, without any broker, so that what is wrong with several properties
  // together, or with files that they name, is a problem here and not later. Nothing is connected
  // to.
  static absl::StatusOr<KafkaProperties> Check(std::map<std::string, std::string> properties,
                                               const PropertyPlace& place);

  // A member of `group` under a name that stays the same from start to start (static membership):
  // eager `range` assignment, read_committed, nothing committed or reset by itself. Its main queue
  // is the consumer's: rd_kafka_consumer_poll() serves all callbacks. With `partition_eof` the end
  // of a partition comes as a message with RD_KAFKA_RESP_ERR__PARTITION_EOF.
  absl::StatusOr<KafkaHandle> MakeConsumer(const std::string& group, const std::string& instance_id,
                                           ClientCallbacks& callbacks,
                                           bool partition_eof = false) const;

  // Transactional; rd_kafka_init_transactions() has not been called.
  absl::StatusOr<KafkaHandle> MakeProducer(const std::string& transactional_id,
                                           const BatchLimits& limits,
                                           ClientCallbacks& callbacks) const;

  // A consumer for rd_kafka_assign() alone: read_committed, tells the end of a partition, never
  // subscribes and never commits. librdkafka wants a group all the same and looks for its
  // coordinator, so it is given the one that the service may use.
  absl::StatusOr<KafkaHandle> MakeReader(const std::string& group,
                                         ClientCallbacks& callbacks) const;

  // For metadata and admin requests.
  absl::StatusOr<KafkaHandle> MakeAdmin(ClientCallbacks& callbacks) const;

 private:
  explicit KafkaProperties(std::map<std::string, std::string> given);

  // A client of each kind, ended again at once.
  absl::Status TryToMake() const;

  std::map<std::string, std::string> given_;
};

// A property that Weir sets and nobody else may, or that would go round the protocol.
struct OwnedProperty {
  absl::string_view name;
  absl::string_view why;  // and what to do instead
};

absl::Span<const OwnedProperty> OwnedProperties();

// Which clients a property concerns.
enum class ClientKind : unsigned char { kBoth, kConsumer, kProducer };

// What a property is unless one is given.
struct DefaultProperty {
  ClientKind kind = ClientKind::kBoth;
  absl::string_view name;
  absl::string_view value;
  absl::string_view why;
};

absl::Span<const DefaultProperty> DefaultProperties();

// Of a property that is not owned.
ClientKind KindOf(absl::string_view property);

}  // namespace weir
