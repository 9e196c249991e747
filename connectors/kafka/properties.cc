#include "connectors/kafka/properties.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

#include "engine/base/status_macros.h"

namespace weir {

namespace {

using Properties = std::map<std::string, std::string>;

// ---- Callbacks: the opaque of each client is its ClientCallbacks.

ClientCallbacks& CallbacksOf(void* opaque) {
  return *static_cast<ClientCallbacks*>(opaque);
}

void OnLog(const rd_kafka_t* client, int level, const char* facility, const char* text) {
  const ClientCallbacks& callbacks = CallbacksOf(rd_kafka_opaque(client));
  if (callbacks.log) {
    callbacks.log(level, absl::StrCat(rd_kafka_name(client), ": ", facility, ": ", text));
  }
}

void OnError(rd_kafka_t* client, int error, const char* reason, void* opaque) {
  ClientCallbacks& callbacks = CallbacksOf(opaque);
  callbacks.trouble.Take(static_cast<rd_kafka_resp_err_t>(error), reason);
  if (callbacks.error) {
    callbacks.error(client, static_cast<rd_kafka_resp_err_t>(error), reason);
  }
}

void OnRebalance(rd_kafka_t* client, rd_kafka_resp_err_t event,
                 rd_kafka_topic_partition_list_t* partitions, void* opaque) {
  CallbacksOf(opaque).rebalance(client, event, partitions);
}

void OnDelivery(rd_kafka_t* /*client*/, const rd_kafka_message_t* message, void* opaque) {
  const ClientCallbacks& callbacks = CallbacksOf(opaque);
  if (callbacks.delivery_failure && message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    callbacks.delivery_failure(*message);
  }
}

// ---- One property

// librdkafka's text without the value that it is about.
std::string WithoutValue(absl::string_view text, absl::string_view value) {
  text = absl::StripTrailingAsciiWhitespace(text);
  if (value.empty()) {
    return std::string(text);
  }
  return absl::StrReplaceAll(text, {{absl::StrCat("\"", value, "\""), "\"...\""},
                                    {absl::StrCat(" ", value, " is outside"), " is outside"}});
}

// Nothing if librdkafka took it.
std::optional<std::string> Set(rd_kafka_conf_t* conf, const std::string& name,
                               const std::string& value) {
  std::array<char, 512> text{};
  switch (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), text.data(), text.size())) {
    case RD_KAFKA_CONF_OK:
      return std::nullopt;
    case RD_KAFKA_CONF_UNKNOWN:
      return absl::StrCat(name, " is no property of librdkafka ", rd_kafka_version_str());
    case RD_KAFKA_CONF_INVALID:
      break;
  }
  return absl::StrCat("librdkafka does not take ", name, ": ", WithoutValue(text.data(), value));
}

std::optional<std::string> ProblemOf(rd_kafka_conf_t* conf, const std::string& name,
                                     const std::string& value) {
  for (const OwnedProperty& owned : OwnedProperties()) {
    if (owned.name == name) {
      return absl::StrCat(name, " may not be set: ", owned.why);
    }
  }
  return Set(conf, name, value);
}

// librdkafka says of a file that it may not read no more than that OpenSSL failed.
std::optional<std::string> FileProblemOf(const std::string& name, const std::string& value) {
  const bool is_file = absl::StartsWith(name, "ssl.") && absl::EndsWith(name, ".location");
  if (!is_file || value == "probe" || access(value.c_str(), R_OK) == 0) {
    return std::nullopt;
  }
  const int error = errno;
  return absl::StrCat(
      name, ": ", value, " cannot be read: ", std::generic_category().message(error),
      error == EACCES ? "; let the user that weir runs as read it" : "; give the path in full");
}

// ---- One client

// What is added to the properties given. Later settings replace earlier ones.
struct Setting {
  std::string name;
  std::string value;
};

using Settings = std::vector<Setting>;

struct ProtocolProperty {
  ClientKind kind;
  const char* name;
  const char* value;
};

constexpr ProtocolProperty kProtocol[] = {
    {ClientKind::kBoth, "allow.auto.create.topics", "false"},
    {ClientKind::kConsumer, "auto.offset.reset", "error"},
    {ClientKind::kConsumer, "check.crcs", "true"},
    {ClientKind::kConsumer, "enable.auto.commit", "false"},
    {ClientKind::kConsumer, "enable.auto.offset.store", "false"},
    {ClientKind::kConsumer, "isolation.level", "read_committed"},
    {ClientKind::kConsumer, "partition.assignment.strategy", "range"},
    {ClientKind::kProducer, "acks", "all"},
    {ClientKind::kProducer, "delivery.report.only.error", "true"},
    {ClientKind::kProducer, "enable.idempotence", "true"},
    {ClientKind::kProducer, "max.in.flight.requests.per.connection", "5"},
    {ClientKind::kProducer, "message.timeout.ms", "9000"},
    {ClientKind::kProducer, "request.timeout.ms", "5000"},
};

absl::Status SetAll(rd_kafka_conf_t* conf, const Settings& settings) {
  for (const Setting& setting : settings) {
    if (const std::optional<std::string> problem = Set(conf, setting.name, setting.value)) {
      return absl::InvalidArgumentError(absl::StrCat("making a Kafka client: ", *problem));
    }
  }
  return absl::OkStatus();
}

// Defaults, what was given, and the protocol, so far as they concern this kind of client.
absl::StatusOr<ConfHandle> ConfOf(const Properties& given, ClientKind kind,
                                  const std::string& client_id, const Settings& own) {
  const auto concerns = [kind](ClientKind other) {
    return other == ClientKind::kBoth || other == kind;
  };
  Settings settings = {{"client.id", client_id}};
  for (const DefaultProperty& preset : DefaultProperties()) {
    if (concerns(preset.kind)) {
      settings.push_back({std::string(preset.name), std::string(preset.value)});
    }
  }
  for (const auto& [name, value] : given) {
    if (concerns(KindOf(name))) {
      settings.push_back({name, value});
    }
  }
  for (const ProtocolProperty& fixed : kProtocol) {
    if (concerns(fixed.kind)) {
      settings.push_back({fixed.name, fixed.value});
    }
  }
  settings.insert(settings.end(), own.begin(), own.end());
  ConfHandle conf(rd_kafka_conf_new());
  WEIR_RETURN_IF_ERROR(SetAll(conf.get(), settings));
  return conf;
}

absl::StatusOr<KafkaHandle> Make(rd_kafka_type_t type, ConfHandle conf,
                                 ClientCallbacks& callbacks) {
  rd_kafka_conf_set_opaque(conf.get(), &callbacks);
  rd_kafka_conf_set_log_cb(conf.get(), OnLog);
  rd_kafka_conf_set_error_cb(conf.get(), OnError);
  std::array<char, 512> text{};
  KafkaHandle client(rd_kafka_new(type, conf.get(), text.data(), text.size()));
  if (client == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat("making a Kafka client: ", text.data()));
  }
  // It has taken the configuration over.
  static_cast<void>(conf.release());
  return client;
}

absl::StatusOr<KafkaHandle> MakeOneConsumer(const Properties& given, const std::string& client_id,
                                            const Settings& own, ClientCallbacks& callbacks) {
  WEIR_ASSIGN_OR_RETURN(ConfHandle conf, ConfOf(given, ClientKind::kConsumer, client_id, own));
  if (callbacks.rebalance) {
    rd_kafka_conf_set_rebalance_cb(conf.get(), OnRebalance);
  }
  WEIR_ASSIGN_OR_RETURN(KafkaHandle client, Make(RD_KAFKA_CONSUMER, std::move(conf), callbacks));
  rd_kafka_poll_set_consumer(client.get());
  return client;
}

// The smaller of batch.size as it stands and what the topics take.
absl::Status LimitBatches(rd_kafka_conf_t* conf, const BatchLimits& limits) {
  // The range of both properties.
  constexpr size_t kSmallest = 1000;
  constexpr size_t kLargest = 1000000000;
  std::array<char, 32> text{};
  size_t text_size = text.size();
  size_t batch_size = 0;
  if (rd_kafka_conf_get(conf, "batch.size", text.data(), &text_size) != RD_KAFKA_CONF_OK ||
      !absl::SimpleAtoi(text.data(), &batch_size)) {
    return absl::InternalError("making a Kafka client: librdkafka does not tell its batch.size");
  }
  const size_t message = std::clamp(limits.largest_topic, kSmallest, kLargest);
  const size_t batch = std::min(batch_size, std::max(limits.smallest_topic, size_t{1}));
  return SetAll(
      conf, {{"batch.size", absl::StrCat(batch)}, {"message.max.bytes", absl::StrCat(message)}});
}

// ---- All together

// The place of the first property given that the text names.
std::string PlaceOf(absl::string_view text, const Properties& given, const PropertyPlace& place) {
  for (const auto& [name, value] : given) {
    if (absl::StrContains(text, name)) {
      return place(name);
    }
  }
  return place("");
}

}  // namespace

const ClientTrouble& TroubleOf(const rd_kafka_t* client) {
  return CallbacksOf(rd_kafka_opaque(client)).trouble;
}

KafkaProperties::KafkaProperties(Properties given) : given_(std::move(given)) {}

absl::Status KafkaProperties::TryToMake() const {
  Properties apart = given_;
  // No broker to connect to, and no command run to fetch a ticket for it.
  apart.erase("bootstrap.servers");
  apart.erase("metadata.broker.list");
  apart.erase("debug");
  apart["sasl.kerberos.kinit.cmd"] = "true";
  const KafkaProperties tried(std::move(apart));
  ClientCallbacks silent;
  WEIR_RETURN_IF_ERROR(tried.MakeConsumer("check", "check", silent).status());
  return tried.MakeProducer("check", {}, silent).status();
}

absl::StatusOr<KafkaProperties> KafkaProperties::Check(Properties properties,
                                                       const PropertyPlace& place) {
  std::vector<std::string> problems;
  const ConfHandle conf(rd_kafka_conf_new());
  for (const auto& [name, value] : properties) {
    std::optional<std::string> problem = ProblemOf(conf.get(), name, value);
    if (!problem) {
      problem = FileProblemOf(name, value);
    }
    if (problem) {
      problems.push_back(absl::StrCat(place(name), ": ", *problem));
    }
  }
  if (properties.count("bootstrap.servers") + properties.count("metadata.broker.list") == 0) {
    problems.push_back(absl::StrCat(place("bootstrap.servers"),
                                    ": bootstrap.servers is missing: name one or more brokers as "
                                    "host:port, separated by commas"));
  }
  if (!problems.empty()) {
    return absl::InvalidArgumentError(absl::StrJoin(problems, "\n"));
  }
  KafkaProperties checked(std::move(properties));
  const absl::Status tried = checked.TryToMake();
  if (!tried.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(PlaceOf(tried.message(), checked.given_, place), ": ", tried.message()));
  }
  return checked;
}

absl::StatusOr<KafkaHandle> KafkaProperties::MakeConsumer(const std::string& group,
                                                          const std::string& instance_id,
                                                          ClientCallbacks& callbacks,
                                                          bool partition_eof) const {
  return MakeOneConsumer(given_, instance_id,
                         {{"group.id", group},
                          {"group.instance.id", instance_id},
                          {"enable.partition.eof", partition_eof ? "true" : "false"}},
                         callbacks);
}

absl::StatusOr<KafkaHandle> KafkaProperties::MakeReader(const std::string& group,
                                                        ClientCallbacks& callbacks) const {
  return MakeOneConsumer(given_, absl::StrCat(group, "-reader"),
                         {{"group.id", group}, {"enable.partition.eof", "true"}}, callbacks);
}

absl::StatusOr<KafkaHandle> KafkaProperties::MakeProducer(const std::string& transactional_id,
                                                          const BatchLimits& limits,
                                                          ClientCallbacks& callbacks) const {
  WEIR_ASSIGN_OR_RETURN(ConfHandle conf,
                        ConfOf(given_, ClientKind::kProducer, transactional_id,
                               {{"transactional.id", transactional_id},
                                {"transaction.timeout.ms", absl::StrCat(kTransactionTimeoutMs)}}));
  WEIR_RETURN_IF_ERROR(LimitBatches(conf.get(), limits));
  rd_kafka_conf_set_dr_msg_cb(conf.get(), OnDelivery);
  return Make(RD_KAFKA_PRODUCER, std::move(conf), callbacks);
}

absl::StatusOr<KafkaHandle> KafkaProperties::MakeAdmin(ClientCallbacks& callbacks) const {
  WEIR_ASSIGN_OR_RETURN(ConfHandle conf, ConfOf(given_, ClientKind::kBoth, "weir-admin", {}));
  return Make(RD_KAFKA_PRODUCER, std::move(conf), callbacks);
}

}  // namespace weir
