// Tens of millions of small records by key, each packed into one piece of memory, with a journal.
//
// Keys are bytes, all of one size; values are bytes, up to 65,535 of them. What a key's owner keeps
// of a record is what it packs and unpacks.
//
// Memory: a record takes the size of its key and value and 2 bytes, rounded up by the allocator,
// and about 20 bytes of index.
//
// Threads: one owner.
//
// Layer: engine/base.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"

#include "engine/base/state_batch.h"

namespace weir {

class PackedTable {
 public:
  explicit PackedTable(size_t key_size);

  // Views the table until the key is changed.
  std::optional<absl::string_view> Find(absl::string_view key) const;

  void Put(absl::string_view key, absl::string_view value);

  // Nothing happens if there is no such key.
  void Erase(absl::string_view key);

  size_t size() const;

  // Calls `visit(key, value)` for every record, in no particular order.
  template <typename Visit>
  void ForEach(Visit&& visit) const {
    for (const Segment& segment : segments_) {
      for (const Packed& packed : segment) {
        visit(packed.key(key_size_), packed.value(key_size_));
      }
    }
  }

  // Calls `visit(key, value)` for every key that the open batch has changed, with what stands there
  // now: an optional value.
  template <typename Visit>
  void ForEachChange(Visit&& visit) const {
    absl::flat_hash_set<absl::string_view> seen;
    for (const Change& change : journal_) {
      if (seen.insert(change.key).second) {
        visit(absl::string_view(change.key), Find(change.key));
      }
    }
  }

  // Writes what the open batch has changed.
  void Export(const StateScope& scope) const;

  void Accept() { journal_.clear(); }

  // Calls `visit(key, now, before)` for every change, the last one first, as it is taken back; the
  // values are optional.
  template <typename Visit>
  void Rollback(Visit&& visit) {
    for (; !journal_.empty(); journal_.pop_back()) {
      const Change& change = journal_.back();
      visit(absl::string_view(change.key), Find(change.key),
            change.before ? std::optional<absl::string_view>(*change.before) : std::nullopt);
      Restore(change);
    }
  }

  // As Put, but not part of a batch.
  void Load(absl::string_view key, absl::string_view value);

 private:
  // Each segment grows by itself, so that no step is long.
  static constexpr int kSegmentBits = 8;
  static constexpr size_t kSegments = size_t{1} << kSegmentBits;

  // One piece of memory: the size of the value, the key, the value.
  class Packed {
   public:
    Packed(absl::string_view key, absl::string_view value);

    absl::string_view key(size_t size) const { return {bytes_.get() + kHead, size}; }

    absl::string_view value(size_t key_size) const;

   private:
    static constexpr size_t kHead = sizeof(uint16_t);

    std::unique_ptr<char[]> bytes_;
  };

  struct Hash {
    using is_transparent = void;

    size_t key_size;

    size_t operator()(absl::string_view key) const { return absl::Hash<absl::string_view>()(key); }

    size_t operator()(const Packed& packed) const { return (*this)(packed.key(key_size)); }
  };

  struct Equal {
    using is_transparent = void;

    size_t key_size;

    bool operator()(const Packed& a, const Packed& b) const {
      return a.key(key_size) == b.key(key_size);
    }

    bool operator()(const Packed& a, absl::string_view b) const { return a.key(key_size) == b; }
  };

  using Segment = absl::flat_hash_set<Packed, Hash, Equal>;

  struct Change {
    std::string key;
    std::optional<std::string> before;  // none: there was no such key
  };

  Segment& SegmentOf(absl::string_view key);
  const Segment& SegmentOf(absl::string_view key) const;
  void Note(absl::string_view key);
  void Restore(const Change& change);

  size_t key_size_;
  std::vector<Segment> segments_;
  std::vector<Change> journal_;
};

}  // namespace weir
