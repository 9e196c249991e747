// A producer without transactions, with the other properties of the service's.
//
// Layer: bench (connectors/kafka).
#pragma once

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include <librdkafka/rdkafka.h>

#include "connectors/kafka/handles.h"
#include "connectors/kafka/properties.h"

namespace weir {

// max.message.bytes of a topic unless it is set.
constexpr size_t kTopicsTake = 1048588;

// `other` replaces what would be set. Of the callbacks, which outlive it, it calls delivery_failure
// alone.
absl::StatusOr<KafkaHandle> MakePlainProducer(const std::string& bootstrap,
                                              const std::map<std::string, std::string>& other,
                                              ClientCallbacks& callbacks);

// An empty key is none.
rd_kafka_resp_err_t ProduceCopy(rd_kafka_topic_t* topic, int32_t partition, absl::string_view key,
                                absl::string_view value);

}  // namespace weir
