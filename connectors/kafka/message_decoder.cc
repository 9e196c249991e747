#include "connectors/kafka/message_decoder.h"

#include <cstdint>
#include <limits>
#include <variant>

#include "connectors/formats/log_message.h"
#include "connectors/kafka/original.h"

namespace weir {

namespace {

// Whoever set it, the producer or the log.
int64_t TimestampOf(const rd_kafka_message_t& message) {
  rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  const int64_t timestamp = rd_kafka_message_timestamp(&message, &type);
  return type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? kNoTimestamp : timestamp;
}

bool IsRequest(const OtherEvent& event) {
  return std::holds_alternative<const Request*>(event.what);
}

bool IsResponse(const OtherEvent& event) {
  return std::holds_alternative<const Response*>(event.what);
}

// How large the message may be; what is never forwarded has no limit.
size_t LimitOf(const Event& event, const OriginalLimits& largest) {
  if (std::holds_alternative<Alert>(event)) {
    return largest.alert;
  }
  if (const auto* other = std::get_if<OtherEvent>(&event)) {
    if (IsRequest(*other)) {
      return largest.request;
    }
    if (IsResponse(*other)) {
      return largest.response;
    }
  }
  return std::numeric_limits<size_t>::max();
}

void SetOriginal(absl::string_view original, Event& event) {
  if (auto* alert = std::get_if<Alert>(&event)) {
    alert->original = original;
  } else if (auto* other = std::get_if<OtherEvent>(&event)) {
    other->original = original;
  }
}

}  // namespace

MessageDecoder::MessageDecoder(absl::string_view topic, OriginalLimits largest)
    : topic_(topic), largest_(largest) {}

// All but the event; gives the message as it is laid down.
absl::string_view MessageDecoder::Fill(const rd_kafka_message_t& message, Arena& arena,
                                       Record& record) const {
  absl::string_view value;
  const absl::string_view original = LayDown(message, arena, &value);
  record.origin = {.topic = topic_,
                   .partition = message.partition,
                   .offset = message.offset,
                   .capture = {},
                   .line = 0};
  // CheckTopics refuses more partitions than there are numbers.
  record.number = static_cast<uint16_t>(message.partition);
  record.bytes = value;
  return original;
}

void MessageDecoder::Decode(const rd_kafka_message_t& message, Arena& arena, Record& record) {
  const absl::string_view original = Fill(message, arena, record);
  const absl::string_view key(static_cast<const char*>(message.key), message.key_len);
  record.event = DecodeLogMessage({key, record.bytes, TimestampOf(message)}, parser_, arena);
  if (original.size() + kForwardingRoom > LimitOf(record.event, largest_)) {
    record.event = DeadReason::kTooLarge;
  } else {
    SetOriginal(original, record.event);
  }
}

void MessageDecoder::Refuse(const rd_kafka_message_t& message, DeadReason reason, Arena& arena,
                            Record& record) const {
  Fill(message, arena, record);
  record.event = reason;
}

}  // namespace weir
