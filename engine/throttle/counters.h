// The counters of a partition: the counter table with a journal, so that a batch can be rolled back
// and its delta written.
//
// In the store a counter lives in two places: in the deltas, one packed value per commit with every
// word that the commit touched, and in the images, one packed value per segment of the table. Each
// commit writes its delta and renews about as many words of images, going round the segments;
// deltas older than the oldest image are erased. So a commit costs what it touched, whatever the
// size of the table, and reading the state back costs about twice its size.
//
// A key that is over leaves the table without the store being told: there it would be over as well.
// But when a version removes the keys of some codes, the words that the store has of them mean
// nothing under the next one; so the store also has, by code, the commit before which none counts.
//
// Threads: Enter, KnownKeyOf, Locate and Update may be called by one thread for each shard;
// everything else by the owner, while no shard is at work. The table itself may be read by any.
//
// Layer: engine/throttle (engine/alert, engine/base).
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <vector>

#include "absl/status/status.h"

#include "engine/alert/alert_key.h"
#include "engine/base/plain_vector.h"
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

  // Words of deltas that are gathered while they are loaded, 16 MB; or a quarter as many as there
  // are keys, if that is more.
  static constexpr size_t kSomeGathered = size_t{1} << 20;

  // `owner` outlives the counters. Each shard has a journal of its own. `some_gathered`: of tests.
  Counters(const Owner& owner, size_t shards, size_t some_gathered = kSomeGathered);

  // What stands for code and recipient in the table's key; zero if such a key cannot be in it.
  uint32_t TagOf(const AlertKey& key) {
    return CanHold(key) ? tags_.TagOf(key.code, key.recipient) : 0;
  }

  // The table's key, with a tag of zero if none has been given.
  CounterTable::Key KnownKeyOf(const AlertKey& key) const {
    return {.device = key.device.value,
            .tag = CanHold(key) ? tags_.KnownTagOf(key.code, key.recipient) : 0};
  }

  // Whether any key can be in the table under this tag; tags ascend from 1 without a gap.
  bool KnowsTag(uint32_t tag) const { return tags_.Knows(tag); }

  AlertKey KeyAt(const CounterTable::Key& key) const {
    return {Eui64{key.device}, tags_.CodeOf(key.tag), tags_.RecipientOf(key.tag)};
  }

  [[nodiscard]] Epochs::Pin Enter() const { return table_.Enter(); }

  CounterTable::Place Locate(const CounterTable::Key& key) const { return table_.Locate(key); }

  static void Approach(const CounterTable::Key& key, CounterTable::Place& place) {
    CounterTable::Approach(key, place);
  }

  // CounterTable::Update, journalled. The key belongs to the shard.
  template <typename Next>
  ABSL_ATTRIBUTE_ALWAYS_INLINE uint64_t Update(size_t shard, const CounterTable::Key& key,
                                               const CounterTable::Place& place, Next&& next) {
    const uint64_t before = table_.Update(key, place, next);
    if (const uint64_t after = next(before); after != before) {
      journals_[shard].changes.push_back(
          {key.device, Packed(key.tag, before), Packed(key.tag, after)});
    }
    return before;
  }

  template <typename Next>
  uint64_t Update(size_t shard, const CounterTable::Key& key, Next&& next) {
    return Update(shard, key, Locate(key), next);
  }

  // Removes every key whose code is set in `codes` (by AlertCode::index()), journalled.
  void RemoveCodes(const std::vector<bool>& codes);

  // Words written since the last Accept or Rollback.
  size_t journal_size() const;

  // Makes the batch final; keys that are over at `now` may be dropped from here on.
  void Accept(TimeMs now);
  void Rollback();

  // Writes what the batch touched as commit `number`, ascending from 1.
  void ExportTags(const StateScope& scope) const { tags_.Export(scope); }

  void ExportRemovals(uint64_t number, const StateScope& scope) const;
  void ExportDelta(uint64_t number, const StateScope& deltas) const;

  // Then, unless the batch is rolled back: renews images and erases the deltas that are in them.
  void ExportUpkeep(uint64_t number, const StateScope& deltas, const StateScope& images);

  // In this order: all tags, all removals, all images, all deltas by number; then FinishLoad,
  // before anything else is called.
  absl::Status LoadTag(absl::string_view name, absl::string_view value);
  absl::Status LoadRemoval(absl::string_view name, absl::string_view value);
  absl::Status LoadImage(absl::string_view name, absl::string_view value);
  absl::Status LoadDelta(absl::string_view name, absl::string_view value);
  void FinishLoad();

  const CounterTable& table() const { return table_; }

 private:
  struct Change {
    uint64_t device = 0;
    uint64_t before = 0;  // packed, as it was
    uint64_t after = 0;   // packed, as it is
  };

  // Apart from one another, so that shards do not share a cache line.
  struct alignas(64) Journal {
    PlainVector<Change> changes;
  };

  // Tag and value in one word, as in a slot.
  static uint64_t Packed(uint32_t tag, uint64_t value) {
    return uint64_t{tag} << CounterTable::kValueBits | value;
  }

  static uint32_t TagPart(uint64_t packed) {
    return static_cast<uint32_t>(packed >> CounterTable::kValueBits);
  }

  static uint64_t ValuePart(uint64_t packed) { return packed & CounterTable::kMaxValue; }

  // The table uses a zero device for a free slot.
  static bool CanHold(const AlertKey& key) { return key.device.value != 0; }

  bool IsOver(uint32_t tag, uint64_t value, TimeMs horizon) const override;

  // A word of a delta on its way into the table.
  struct Gathered {
    uint64_t device = 0;
    uint64_t word = 0;  // packed
  };

  static CounterTable::Key KeyOf(const Gathered& each) {
    return {.device = each.device, .tag = TagPart(each.word)};
  }

  // Calls `take(key, packed)` for every word of commit `number` that no removal has overtaken.
  // DataLoss if a word is none, or not taken.
  template <typename Take>
  absl::Status ReadWords(absl::string_view words, uint64_t number, Take take) const;
  void PutGathered();
  size_t ExportImage(size_t segment, uint64_t number, const StateScope& images) const;

  const Owner& owner_;
  PairTags tags_;
  CounterTable table_;
  std::vector<Journal> journals_;         // by shard
  std::vector<bool> removed_codes_;       // of the batch, by AlertCode::index()
  std::vector<uint64_t> removal_number_;  // commit of each code's latest removal, as loaded
  std::array<uint64_t, CounterTable::kSegments> image_number_{};  // commit of each segment's image
  size_t next_image_ = 0;        // the segment whose image is renewed next
  std::deque<uint64_t> deltas_;  // numbers of the deltas in the store, ascending

  // While deltas are loaded, their words by segment. Put into the table in the order of commits
  // each would wait for memory; a segment at a time they meet in the processor's caches.
  std::vector<PlainVector<Gathered>> gathered_;
  size_t gathered_words_ = 0;
  size_t most_gathered_;
};

}  // namespace weir
