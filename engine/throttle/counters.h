// The counters of a partition: the counter table with a journal, so that a batch can be rolled back
// and its delta written.
//
// In the store a counter lives in two places: in the deltas, one packed value per commit with every
// word that the commit touched, and in the images, one packed value per segment of the table. Each
// commit writes its delta and renews about as many words of images, going round the segments;
// deltas older than the oldest image are erased. So a commit costs what it touched, whatever the
// size of the table, and reading the state back costs at most twice its size.
//
// Threads: the owner calls everything; the table itself may be read by any.
//
// Layer: engine/throttle (engine/alert, engine/base).
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <vector>

#include "absl/status/status.h"

#include "engine/alert/alert_key.h"
#include "engine/base/state_batch.h"
#include "engine/throttle/counter_table.h"
#include "engine/throttle/pair_tags.h"

namespace weir {

class Counters : private CounterTable::Expiry {
 public:
  // Knows what a value means. Called by any thread that updates.
  class Owner {
   public:
    virtual ~Owner() = default;
    // As CounterTable::Expiry, by the code that the key is counted under.
    virtual bool IsOver(AlertCode code, uint64_t value, TimeMs horizon) const = 0;
  };

  // `owner` outlives the counters.
  explicit Counters(const Owner& owner);

  // The table's key; a tag of zero if this key cannot be in the table.
  CounterTable::Key KeyOf(const AlertKey& key);

  AlertCode CodeOf(const CounterTable::Key& key) const { return tags_.CodeOf(key.tag); }

  AlertKey KeyAt(const CounterTable::Key& key) const {
    return {Eui64{key.device}, tags_.CodeOf(key.tag), tags_.RecipientOf(key.tag)};
  }

  [[nodiscard]] Epochs::Pin Enter() { return table_.Enter(); }

  void Prefetch(const CounterTable::Key& key) const { table_.Prefetch(key); }

  // CounterTable::Update, journalled.
  template <typename Next>
  void Update(const CounterTable::Key& key, Next&& next) {
    journal_.push_back({key, table_.Update(key, next)});
  }

  // Removes every key whose code is set in `codes` (by AlertCode::index()), journalled.
  void RemoveCodes(const std::vector<bool>& codes);

  // Words written since the last Accept or Rollback.
  size_t journal_size() const { return journal_.size(); }

  // Makes the batch final; keys that are over at `now` may be dropped from here on.
  void Accept(TimeMs now);
  void Rollback();

  // Writes what the batch touched as commit `number`, ascending from 1.
  void ExportTags(const StateScope& scope) { tags_.Export(scope); }

  void ExportDelta(uint64_t number, const StateScope& deltas, const StateScope& images);

  // In this order: all tags, all images, all deltas by number.
  absl::Status LoadTag(absl::string_view name, absl::string_view value);
  absl::Status LoadImage(absl::string_view name, absl::string_view value);
  absl::Status LoadDelta(absl::string_view name, absl::string_view value);

  const CounterTable& table() const { return table_; }

 private:
  struct Change {
    CounterTable::Key key;
    uint64_t before = 0;
  };

  bool IsOver(uint32_t tag, uint64_t value, TimeMs horizon) const override;

  // Applies packed words of segments whose image is older than `number`.
  absl::Status Apply(absl::string_view words, uint64_t number);
  size_t ExportImage(size_t segment, uint64_t number, const StateScope& images) const;

  const Owner& owner_;
  PairTags tags_;
  CounterTable table_;
  std::vector<Change> journal_;
  std::array<uint64_t, CounterTable::kSegments> image_number_{};  // commit of each segment's image
  size_t next_image_ = 0;        // the segment whose image is renewed next
  std::deque<uint64_t> deltas_;  // numbers of the deltas in the store, ascending
};

}  // namespace weir
