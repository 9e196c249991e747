// How many alerts of each code went which way, and how many episodes there were.
//
// Layer: engine/throttle (engine/alert, engine/base).
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

#include "engine/alert/alert_code.h"
#include "engine/base/state_batch.h"

namespace weir {

// `duplicates` to `copies` are counted under the alert's own code; the rest, which belongs to keys,
// under the code that the key is counted under.
struct CodeTotals {
  uint64_t duplicates = 0;
  uint64_t alerts = 0;     // without duplicates
  uint64_t forwarded = 0;  // unchanged
  uint64_t copies = 0;     // last words included
  uint64_t unrepresented = 0;
  uint64_t started = 0;
  uint64_t ended = 0;

  // Of the keys in an episode at this moment. Filled in for a summary, not kept.
  uint64_t pending = 0;
  uint64_t open = 0;

  uint64_t consolidated() const { return alerts - forwarded - copies; }

  CodeTotals& operator+=(const CodeTotals& other);
  friend bool operator==(const CodeTotals&, const CodeTotals&) = default;
};

// Of one shard: since the totals last took them up.
//
// Threads: one owner.
class alignas(64) ShardTotals {
 public:
  ShardTotals() : codes_(AlertCode::kCount), is_used_(AlertCode::kCount) {}

  CodeTotals& Of(AlertCode code) {
    const uint16_t index = code.index();
    if (is_used_[index] == 0) {
      Use(code);
    }
    return codes_[index];
  }

 private:
  friend class Totals;

  void Use(AlertCode code);

  std::vector<CodeTotals> codes_;
  std::vector<uint8_t> is_used_;
  std::vector<AlertCode> used_;
};

// Threads: Of by one thread for each shard; everything else by the owner, while no shard is at
// work.
class Totals {
 public:
  explicit Totals(size_t shards) : codes_(AlertCode::kCount), shards_(shards) {}

  // For adding to them.
  ShardTotals& shard(size_t index) { return shards_[index]; }

  // By AlertCode::index(), the open batch included.
  std::vector<CodeTotals> codes() const;

  void Accept();
  void Rollback();
  void Export(const StateScope& scope) const;
  absl::Status Load(absl::string_view name, absl::string_view value);

 private:
  // Adds what the open batch adds; `codes` has a place for each code.
  template <typename Codes>
  void AddBatchTo(Codes& codes) const;

  std::vector<CodeTotals> codes_;    // at the last Accept
  std::vector<ShardTotals> shards_;  // what the open batch adds
};

}  // namespace weir
