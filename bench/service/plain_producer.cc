#include "bench/service/plain_producer.h"

#include <array>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace weir {

namespace {

void OnDelivery(rd_kafka_t* /*client*/, const rd_kafka_message_t* message, void* opaque) {
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    static_cast<ClientCallbacks*>(opaque)->delivery_failure(*message);
  }
}

}  // namespace

absl::StatusOr<KafkaHandle> MakePlainProducer(const std::string& bootstrap,
                                              const std::map<std::string, std::string>& other,
                                              ClientCallbacks& callbacks) {
  std::map<std::string, std::string> properties = {
      {"acks", "all"},
      {"allow.auto.create.topics", "false"},
      {"bootstrap.servers", bootstrap},
      {"delivery.report.only.error", "true"},
      {"enable.idempotence", "true"},
      {"message.max.bytes", absl::StrCat(kTopicsTake)},
  };
  for (const DefaultProperty& preset : DefaultProperties()) {
    if (preset.kind != ClientKind::kConsumer) {
      properties.emplace(preset.name, preset.value);
    }
  }
  for (const auto& [name, value] : other) {
    properties[name] = value;
  }
  ConfHandle conf(rd_kafka_conf_new());
  std::array<char, 512> text{};
  for (const auto& [name, value] : properties) {
    if (rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), text.data(), text.size()) !=
        RD_KAFKA_CONF_OK) {
      return absl::InvalidArgumentError(text.data());
    }
  }
  rd_kafka_conf_set_opaque(conf.get(), &callbacks);
  rd_kafka_conf_set_dr_msg_cb(conf.get(), OnDelivery);
  KafkaHandle client(rd_kafka_new(RD_KAFKA_PRODUCER, conf.get(), text.data(), text.size()));
  if (client == nullptr) {
    return absl::InvalidArgumentError(text.data());
  }
  static_cast<void>(conf.release());  // the client has taken it over
  return client;
}

rd_kafka_resp_err_t ProduceCopy(rd_kafka_topic_t* topic, int32_t partition, absl::string_view key,
                                absl::string_view value) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): it is copied, and not written to
  void* const bytes = const_cast<char*>(value.data());
  return rd_kafka_produce(topic, partition, RD_KAFKA_MSG_F_COPY, bytes, value.size(),
                          key.empty() ? nullptr : key.data(), key.size(), nullptr) == 0
             ? RD_KAFKA_RESP_ERR_NO_ERROR
             : rd_kafka_last_error();
}

}  // namespace weir
