// One record of the log on its way through a partition.
//
// Layer: engine/pipeline.
#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"

#include "engine/alert/event.h"

namespace weir {

// Where a record stands, for people and for dead letters. Views live as long as the record.
struct Origin {
  absl::string_view topic;    // empty where the capture does not say
  int32_t partition = 0;      // of the topic
  int64_t offset = 0;         // in the partition: its position there
  absl::string_view capture;  // file that it was read from; empty on Kafka
  uint64_t line = 0;          // in the capture, from 1
};

struct Record {
  uint32_t partition = 0;  // which of the source's partitions, densely numbered
  // The partition's own number: that of the topic, where the log has one topic. No two partitions
  // of a source have the same.
  uint16_t number = 0;
  // Whether `bytes` are an alert just as Weir writes it in JSON, but for the line feed; then one
  // more of them is readable.
  bool is_verbatim = false;
  Origin origin;
  Event event;
  absl::string_view bytes;  // the original bytes
};

}  // namespace weir
