// Turns a message from Kafka into a record.
//
// The format is found from the content: a JSON object, a DUIS document, a GBCS message in binary,
// hexadecimal or base64. A message gives the event that it gives in a capture which `kcat -J` made
// of it.
//
// Promises: any message gives a record, which views the arena and the topic's name only, so that
// the message may be given back.
// Errors: a DeadReason in the record. An alert, a request or a response that could not be
// forwarded, because the topics of its kind take less, is kTooLarge. What is never forwarded may be
// larger.
//
// Threads: one owner.
//
// Layer: connectors/kafka (connectors/formats, engine/pipeline, engine/alert, engine/base).
#pragma once

#include <cstddef>

#include "absl/strings/string_view.h"
#include <librdkafka/rdkafka.h>

#include "connectors/formats/arena.h"
#include "connectors/formats/json.h"
#include "connectors/kafka/original.h"
#include "engine/pipeline/record.h"

namespace weir {

// What forwarding may add to key, headers and value: the two headers of a copy or of a judged
// request, and what Kafka puts around a record that stands alone in its batch.
constexpr size_t kForwardingRoom = 256;

class MessageDecoder {
 public:
  // `topic` is where all messages come from; its name outlives the records. `largest`:
  // max.message.bytes of the topics that originals are forwarded to.
  MessageDecoder(absl::string_view topic, OriginalLimits largest);

  // Fills all of `record` but `partition`, which the caller numbers densely. `message` is one that
  // was consumed, without an error.
  void Decode(const rd_kafka_message_t& message, Arena& arena, Record& record);

  // The same without looking at what the message says: its event is `reason`.
  void Refuse(const rd_kafka_message_t& message, DeadReason reason, Arena& arena,
              Record& record) const;

 private:
  absl::string_view Fill(const rd_kafka_message_t& message, Arena& arena, Record& record) const;

  absl::string_view topic_;
  OriginalLimits largest_;
  JsonParser parser_;
};

}  // namespace weir
