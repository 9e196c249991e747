// Reads what the partitions of a topic hold, each in its order, beside whoever else reads them:
// nothing is committed, and no member of a group is disturbed.
//
// Promises: every committed message from where it begins up to where a partition ended when it was
// opened, each once. Messages of different partitions come in any order.
// Errors: as of handles.h. FailedPrecondition also if messages went, by retention, before they were
// read.
//
// Threads: one owner.
//
// Layer: connectors/kafka (engine/base).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include <librdkafka/rdkafka.h>

#include "connectors/kafka/handles.h"
#include "connectors/kafka/properties.h"
#include "engine/base/units.h"

namespace weir {

class TopicReader {
 public:
  struct Choice {
    std::string topic;
    std::optional<TimeMs> since;  // of each partition, from the first message not before that
    bool follow = false;          // goes on beyond the ends, until nobody calls Next any more
  };

  // `group` is one that the client may use; nothing is done in it. `callbacks` outlive the reader.
  static absl::StatusOr<std::unique_ptr<TopicReader>> Open(const KafkaProperties& properties,
                                                           const std::string& group, Choice choice,
                                                           ClientCallbacks& callbacks);

  // The next message; null if none comes within a moment.
  absl::StatusOr<MessageHandle> Next();

  // Whether all partitions have been read to their ends; never, if it follows.
  bool is_done() const { return !choice_.follow && left_ == 0; }

  size_t partitions() const { return partitions_.size(); }

  // How many offsets lie between where it began and the ends, and how many of them it has passed:
  // no fewer than there are messages.
  uint64_t offsets() const { return offsets_; }

  uint64_t passed() const;

 private:
  struct Partition {
    int64_t begin = 0;
    int64_t end = 0;   // when it was opened
    int64_t next = 0;  // offset
    bool done = false;
  };

  explicit TopicReader(Choice choice) : choice_(std::move(choice)) {}

  absl::Status FindPartitions();
  absl::Status FindEnds();
  absl::Status FindBeginnings();
  absl::Status Assign();
  void Finish(Partition& partition);

  Choice choice_;
  KafkaHandle client_;
  std::vector<Partition> partitions_;
  uint64_t offsets_ = 0;
  size_t left_ = 0;  // partitions that are not done
};

}  // namespace weir
