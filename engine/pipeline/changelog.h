// How the state of a partition travels through Kafka: what each commit changed, in two changelogs.
//
// State has two lifetimes. Entries that expire (counts, open keys, messages seen) go, packed, into
// the deltas: one delta a commit, in parts below the message limit, numbered without a gap. Lasting
// entries go one by one, each under its name, into the state, which is compacted; with them goes
// the head, which says where the commit stands. What only keeps a local store small stays there.
//
// Decoding is total: whatever the bytes, there is a result or nothing.
//
// Layer: engine/pipeline (engine/base).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "engine/base/state_batch.h"
#include "engine/base/units.h"

namespace weir {

// Where a partition stands after a commit.
struct Head {
  uint64_t number = 0;        // of the commit, from 1
  int64_t from_offset = 0;    // the next offset of the commit before
  int64_t next_offset = 0;    // of the input
  uint32_t partitions = 0;    // how many the input has
  uint64_t oldest_delta = 1;  // of those still needed

  friend bool operator==(const Head&, const Head&) = default;
};

// The name of the head's record; no entry of a partition has it.
constexpr absl::string_view kHeadName = "head";

std::string EncodeHead(const Head& head);
std::optional<Head> DecodeHead(absl::string_view bytes);

enum class ChangelogTopic : uint8_t { kDeltas, kState };

struct ChangelogRecord {
  ChangelogTopic topic = ChangelogTopic::kDeltas;
  std::string key;                   // empty for a delta
  std::optional<std::string> value;  // none: the entry is erased
};

// The records of a commit. `changes` are what Partition::Export wrote, by names relative to the
// partition; no value in the records is longer than `largest`, but for a lasting entry that is.
std::vector<ChangelogRecord> EncodeCommit(const Head& head, const StateBatch& changes,
                                          size_t largest);

struct Delta {
  uint64_t number = 0;      // of the commit
  int64_t from_offset = 0;  // the next offset of the commit before: what it follows on
  StateBatch changes;
};

// Puts the parts of deltas together again, as they come in the order of the log. Where the log was
// trimmed in the middle of a delta, the rest of that one is passed over.
class DeltaReader {
 public:
  // The delta that `value` completes, if it does. DataLoss if it is no part of one, or not the part
  // that comes next.
  absl::StatusOr<std::optional<Delta>> Add(absl::string_view value);

 private:
  bool begun_ = false;
  Delta delta_;
  uint32_t parts_ = 0;  // added of that delta
  std::string bytes_;
};

}  // namespace weir
