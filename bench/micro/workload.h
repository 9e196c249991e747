// What all contestants are given: the same keys in the same order.
//
// Threads: one owner each.
//
// Layer: bench (engine/alert, engine/throttle).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"

#include "engine/alert/eui64.h"
#include "engine/throttle/counter_table.h"
#include "engine/throttle/dealing.h"

namespace weir {

using KeyBatch = absl::Span<const CounterTable::Key>;

// How many pairs of code and recipient there are; tags lie in 1..kPairs.
constexpr uint32_t kPairs = 200;

// Different keys in random order, of devices with consecutive numbers. Going round them again and
// again keeps all of them live and meets none twice in a batch: nothing but its size decides how
// much of a table is found in a cache.
class Workload {
 public:
  // `count` keys.
  Workload(size_t count, size_t batch) : Workload(count, batch, 0, 1) {}

  // Those of `count` keys that ShardOf deals to one of `shards`.
  Workload(size_t count, size_t batch, size_t shard, size_t shards);

  // How many keys.
  size_t size() const { return keys_.size(); }

  // The next batch, for ever.
  KeyBatch Next();

  // Calls `fill(batch)` until it has had every key, by ascending device: an order that has nothing
  // to do with the other one. With open addressing the keys that come last stand furthest from
  // where they belong, and a stretch of the workload must not be made of those alone.
  template <typename Fill>
  void ForEachToFill(Fill&& fill) const {
    std::vector<CounterTable::Key> batch;
    for (size_t i = 0; i < count_; ++i) {
      if (IsMine(KeyAt(i))) {
        batch.push_back(KeyAt(i));
      }
      if (batch.size() == batch_) {
        fill(KeyBatch(batch));
        batch.clear();
      }
    }
    fill(KeyBatch(batch));
  }

 private:
  static CounterTable::Key KeyAt(size_t i);

  bool IsMine(const CounterTable::Key& key) const {
    return ShardOf(Eui64{key.device}, shards_) == shard_;
  }

  size_t count_;
  size_t shard_;
  size_t shards_;
  std::vector<CounterTable::Key> keys_;
  size_t batch_;
  size_t next_ = 0;
};

// One number for a key, as good as random. The baselines use it where the counter table uses a hash
// of its own.
inline uint64_t KeyHash(const CounterTable::Key& key) {
  constexpr uint64_t kOdd1 = 0x9E3779B97F4A7C15;
  constexpr uint64_t kOdd2 = 0xD6E8FEB86659FD93;
  uint64_t h = (key.device ^ uint64_t{key.tag} << 45) * kOdd1;
  h = (h ^ (h >> 32)) * kOdd2;
  return h ^ (h >> 32);
}

}  // namespace weir
