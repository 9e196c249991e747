// What all contestants are given: the same keys in the same order.
//
// Layer: bench (engine/throttle).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"

#include "engine/throttle/counter_table.h"

namespace weir {

// How many pairs of code and recipient there are; tags lie in 1..kPairs.
constexpr uint32_t kPairs = 200;

// `count` different keys in random order, of devices with consecutive numbers. Going round them
// again and again keeps all of them live and meets none twice in a batch: nothing but its size
// decides how much of a table is found in a cache.
class Workload {
 public:
  Workload(size_t count, size_t batch);

  absl::Span<const CounterTable::Key> keys() const { return keys_; }

  size_t batch() const { return batch_; }

  // The same keys in ascending order of devices, which has nothing to do with the other order.
  static CounterTable::Key KeyToFill(size_t i);

 private:
  std::vector<CounterTable::Key> keys_;
  size_t batch_;
};

// Gives a workload batch by batch, for ever.
class Rounds {
 public:
  explicit Rounds(const Workload& workload) : workload_(workload) {}

  absl::Span<const CounterTable::Key> Next() {
    if (next_ + workload_.batch() > workload_.keys().size()) {
      next_ = 0;
    }
    const auto batch = workload_.keys().subspan(next_, workload_.batch());
    next_ += batch.size();
    return batch;
  }

 private:
  const Workload& workload_;
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
