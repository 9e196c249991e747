// Short numbers for pairs of code and recipient, so that a counter fits into two words.
//
// There are few such pairs and many devices. Numbers are given in the order in which pairs are
// first seen; once in the store, a number means the same for ever.
//
// Threads: one owner.
//
// Layer: engine/throttle (engine/alert, engine/base).
#pragma once

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"

#include "engine/alert/alert_key.h"
#include "engine/base/state_batch.h"

namespace weir {

class PairTags {
 public:
  // Numbers up to `max_tag` are given.
  explicit PairTags(uint32_t max_tag) : max_tag_(max_tag) {}

  // The number of a code and a recipient, from 1; zero once all are given.
  uint32_t TagOf(AlertCode code, Eui64 recipient) {
    const Pair pair{code, recipient};
    Recent& recent = recent_[pair.Bits()];
    if (recent.tag == 0 || !(recent.pair == pair)) {
      recent = {pair, Number(pair)};
    }
    return recent.tag;
  }

  // The same, or zero if none has been given.
  uint32_t KnownTagOf(AlertCode code, Eui64 recipient) const {
    const auto found = tags_.find(Pair{code, recipient});
    return found == tags_.end() ? 0 : found->second;
  }

  // Whether the number has been given.
  bool Knows(uint32_t tag) const { return tag >= 1 && tag <= pairs_.size(); }

  // Only for a number that has been given.
  AlertCode CodeOf(uint32_t tag) const { return pairs_[tag - 1].code; }

  Eui64 RecipientOf(uint32_t tag) const { return pairs_[tag - 1].recipient; }

  // A batch is everything since the last Accept or Rollback. Rollback takes its numbers back.
  void Accept() { accepted_ = pairs_.size(); }

  void Rollback();

  // Writes the pairs of the batch.
  void Export(const StateScope& scope) const;
  absl::Status Load(absl::string_view name, absl::string_view value);

 private:
  struct Pair {
    AlertCode code;
    Eui64 recipient;

    // Twelve bits that tell most pairs apart.
    size_t Bits() const {
      constexpr uint64_t kOdd = 0x9E3779B97F4A7C15;
      return ((recipient.value + code.index() * kOdd) * kOdd) >> 52;
    }

    friend bool operator==(const Pair&, const Pair&) = default;

    template <typename H>
    friend H AbslHashValue(H state, const Pair& pair) {
      return H::combine(std::move(state), pair.code, pair.recipient);
    }
  };

  struct Recent {
    Pair pair;
    uint32_t tag = 0;
  };

  static constexpr size_t kRecent = 4096;  // as many as Bits tells apart

  uint32_t Number(const Pair& pair);

  uint32_t max_tag_;
  std::vector<Recent> recent_{kRecent};  // pairs seen lately, by their bits: faster than tags_
  absl::flat_hash_map<Pair, uint32_t> tags_;
  std::vector<Pair> pairs_;  // by tag, from 1
  size_t accepted_ = 0;      // how many of them the last Accept had
};

}  // namespace weir
