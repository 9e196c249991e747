// The tables of properties.h: what is owned, what is a default, and whom a property concerns.
#include <algorithm>
#include <array>

#include "connectors/kafka/properties.h"

namespace weir {

namespace {

constexpr absl::string_view kCallback = "it is no text: Weir sets its own callbacks";
constexpr absl::string_view kOffsets =
    "offsets are committed with the transaction and never by themselves";
constexpr absl::string_view kOneAnswer =
    "a message must be acknowledged by all replicas in sync, once and in order";
constexpr absl::string_view kTimeouts =
    "it must end before a transaction does, which is after 10 s; commits are set by service.commit";
constexpr absl::string_view kPartitioner =
    "a result goes to the partition of the record that it came from";
constexpr absl::string_view kVersions = "transactions need what the brokers say of their versions";

constexpr std::array kOwned = {
    OwnedProperty{"acks", kOneAnswer},
    OwnedProperty{"allow.auto.create.topics",
                  "a topic made by accident has the wrong partitions and settings; make topics "
                  "with deploy/kafka/topics.sh"},
    OwnedProperty{"api.version.fallback.ms", kVersions},
    OwnedProperty{"api.version.request", kVersions},
    OwnedProperty{"auto.commit.enable", kOffsets},
    OwnedProperty{"auto.commit.interval.ms", kOffsets},
    OwnedProperty{"auto.offset.reset",
                  "an offset that is gone is an error, since records would be passed over or "
                  "processed twice"},
    OwnedProperty{"background_event_cb", kCallback},
    OwnedProperty{"broker.version.fallback", kVersions},
    OwnedProperty{"check.crcs", "records are always checked against damage"},
    OwnedProperty{"closesocket_cb", kCallback},
    OwnedProperty{"connect_cb", kCallback},
    OwnedProperty{"consume.callback.max.messages", "records are not consumed by callbacks"},
    OwnedProperty{"consume_cb", kCallback},
    OwnedProperty{"default_topic_conf", kCallback},
    OwnedProperty{"delivery.report.only.error", "a commit tells what was delivered"},
    OwnedProperty{"delivery.timeout.ms", kTimeouts},
    OwnedProperty{"dr_cb", kCallback},
    OwnedProperty{"dr_msg_cb", kCallback},
    OwnedProperty{"enable.auto.commit", kOffsets},
    OwnedProperty{"enable.auto.offset.store", kOffsets},
    OwnedProperty{"enable.gapless.guarantee",
                  "a transaction is gapless as it is, and this would end the process"},
    OwnedProperty{"enable.idempotence", "transactions need it"},
    OwnedProperty{"enable.partition.eof", "a restore has to see the end of a partition"},
    OwnedProperty{"enabled_events", kCallback},
    OwnedProperty{"error_cb", kCallback},
    OwnedProperty{"group.id", "set service.group"},
    OwnedProperty{"group.instance.id", "set service.instance"},
    OwnedProperty{"group.protocol.type", "the group is one of consumers"},
    OwnedProperty{"interceptors", kCallback},
    OwnedProperty{"internal.termination.signal", "Weir handles signals itself"},
    OwnedProperty{"isolation.level",
                  "records of transactions that were given up must not be processed"},
    OwnedProperty{"log.queue", "nothing would read the lines; log_level says how many there are"},
    OwnedProperty{"log_cb", kCallback},
    OwnedProperty{"max.in.flight", kOneAnswer},
    OwnedProperty{"max.in.flight.requests.per.connection", kOneAnswer},
    OwnedProperty{"message.max.bytes", "it follows max.message.bytes of the topics"},
    OwnedProperty{"message.send.max.retries", kOneAnswer},
    OwnedProperty{"message.timeout.ms", kTimeouts},
    OwnedProperty{"msg_order_cmp", kCallback},
    OwnedProperty{"oauthbearer_token_refresh_cb", kCallback},
    OwnedProperty{"offset.store.method", kOffsets},
    OwnedProperty{"offset.store.path", kOffsets},
    OwnedProperty{"offset.store.sync.interval.ms", kOffsets},
    OwnedProperty{"offset_commit_cb", kCallback},
    OwnedProperty{"opaque", kCallback},
    OwnedProperty{"open_cb", kCallback},
    OwnedProperty{"partition.assignment.strategy",
                  "eager `range`: librdkafka 2.0 may lose records when it assigns in steps"},
    OwnedProperty{"partitioner", kPartitioner},
    OwnedProperty{"partitioner_cb", kPartitioner},
    OwnedProperty{"plugin.library.paths",
                  "code that changes what is read or written would go round the protocol"},
    OwnedProperty{"produce.offset.report", "a commit tells what was delivered"},
    OwnedProperty{"queuing.strategy", "results keep the order of the records"},
    OwnedProperty{"rebalance_cb", kCallback},
    OwnedProperty{"request.required.acks", kOneAnswer},
    OwnedProperty{"request.timeout.ms", kTimeouts},
    OwnedProperty{"resolve_cb", kCallback},
    OwnedProperty{"retries", kOneAnswer},
    OwnedProperty{"socket_cb", kCallback},
    OwnedProperty{"ssl.certificate.verify_cb", kCallback},
    OwnedProperty{"ssl_ca", "set ssl.ca.location or ssl.ca.pem"},
    OwnedProperty{"ssl_certificate", "set ssl.certificate.location or ssl.certificate.pem"},
    OwnedProperty{"ssl_engine_callback_data", kCallback},
    OwnedProperty{"ssl_key", "set ssl.key.location or ssl.key.pem"},
    OwnedProperty{"statistics.interval.ms", "nothing would read them; see /metrics"},
    OwnedProperty{"stats_cb", kCallback},
    OwnedProperty{"test.mock.broker.rtt", "a service runs on a cluster, not on a made-up one"},
    OwnedProperty{"test.mock.num.brokers", "a service runs on a cluster, not on a made-up one"},
    OwnedProperty{"throttle_cb", kCallback},
    OwnedProperty{"transaction.timeout.ms",
                  "a transaction left open holds every reader up, so it ends after 10 s"},
    OwnedProperty{"transactional.id",
                  "it is made of service.group, service.instance and the number of the worker"},
};

constexpr std::array kDefaults = {
    DefaultProperty{ClientKind::kBoth, "reconnect.backoff.max.ms", "2000",
                    "a broker that is back is found again before a transaction ends"},
    DefaultProperty{ClientKind::kBoth, "socket.keepalive.enable", "true",
                    "a connection that a firewall dropped is noticed"},
    DefaultProperty{ClientKind::kBoth, "socket.nagle.disable", "true",
                    "a small request does not wait for the next one"},
    DefaultProperty{ClientKind::kConsumer, "socket.timeout.ms", "10000",
                    "a broker that says nothing more is given up"},
    DefaultProperty{ClientKind::kConsumer, "session.timeout.ms", "30000",
                    "a process that ended may start again and keep its partitions"},
    DefaultProperty{ClientKind::kConsumer, "max.poll.interval.ms", "120000",
                    "a process that hangs loses its partitions"},
    DefaultProperty{ClientKind::kConsumer, "fetch.wait.max.ms", "100",
                    "a partition that is resumed or sought waits for the fetch under way"},
    DefaultProperty{ClientKind::kConsumer, "fetch.error.backoff.ms", "100",
                    "a partition whose leader moved is read on soon"},
    DefaultProperty{ClientKind::kConsumer, "queued.min.messages", "1000000",
                    "the size limits the queue, and not the number of small records"},
    DefaultProperty{ClientKind::kConsumer, "queued.max.messages.kbytes", "131072",
                    "128 MiB a worker, about 400 MiB in memory, whatever the number of partitions"},
    DefaultProperty{ClientKind::kProducer, "socket.timeout.ms", "6000",
                    "a request can be sent again before the transaction ends"},
    DefaultProperty{ClientKind::kProducer, "retry.backoff.ms", "10",
                    "what a transaction waits for after the one before is soon over"},
    DefaultProperty{ClientKind::kProducer, "linger.ms", "5",
                    "batches fill up; a commit sends what there is at once"},
    DefaultProperty{ClientKind::kProducer, "batch.size", "1000000",
                    "never more than the topics take"},
    DefaultProperty{ClientKind::kProducer, "compression.codec", "lz4",
                    "it costs less than the bytes that it saves"},
    DefaultProperty{ClientKind::kProducer, "queue.buffering.max.messages", "500000",
                    "the results of a commit fit in"},
    DefaultProperty{ClientKind::kProducer, "queue.buffering.max.kbytes", "131072",
                    "128 MiB a worker"},
};

constexpr absl::string_view kConsumerOnly[] = {
    "coordinator.query.interval.ms", "fetch.error.backoff.ms",    "fetch.max.bytes",
    "fetch.message.max.bytes",       "fetch.min.bytes",           "fetch.wait.max.ms",
    "heartbeat.interval.ms",         "max.partition.fetch.bytes", "max.poll.interval.ms",
    "queued.max.messages.kbytes",    "queued.min.messages",       "session.timeout.ms",
};

constexpr absl::string_view kProducerOnly[] = {
    "batch.num.messages",
    "batch.size",
    "compression.codec",
    "compression.level",
    "compression.type",
    "linger.ms",
    "queue.buffering.backpressure.threshold",
    "queue.buffering.max.kbytes",
    "queue.buffering.max.messages",
    "queue.buffering.max.ms",
    "retry.backoff.ms",
    "sticky.partitioning.linger.ms",
};

bool IsAmong(absl::Span<const absl::string_view> names, absl::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

absl::Span<const OwnedProperty> OwnedProperties() {
  return kOwned;
}

absl::Span<const DefaultProperty> DefaultProperties() {
  return kDefaults;
}

ClientKind KindOf(absl::string_view property) {
  if (IsAmong(kConsumerOnly, property)) {
    return ClientKind::kConsumer;
  }
  return IsAmong(kProducerOnly, property) ? ClientKind::kProducer : ClientKind::kBoth;
}

}  // namespace weir
