#include "bench/micro/workload.h"

#include <algorithm>
#include <utility>

namespace weir {

namespace {

constexpr uint64_t kFirstDevice = 0x00DB123400000000;

// splitmix64, by number: the same order on every machine.
uint64_t RandomAt(uint64_t i) {
  uint64_t z = (i + 1) * 0x9E3779B97F4A7C15;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

}  // namespace

CounterTable::Key Workload::KeyAt(size_t i) {
  return {.device = kFirstDevice + i, .tag = 1 + static_cast<uint32_t>(RandomAt(i) % kPairs)};
}

Workload::Workload(size_t count, size_t batch, size_t shard, size_t shards)
    : count_(count), shard_(shard), shards_(shards) {
  // Not a byte more than is needed: these are many.
  const auto mine = [this](size_t i) { return IsMine(KeyAt(i)); };
  size_t size = 0;
  for (size_t i = 0; i < count; ++i) {
    size += mine(i) ? 1U : 0U;
  }
  keys_.reserve(size);
  for (size_t i = 0; i < count; ++i) {
    if (mine(i)) {
      keys_.push_back(KeyAt(i));
    }
  }
  // Fisher and Yates, with numbers that KeyAt has not used.
  for (size_t i = size; i > 1; --i) {
    std::swap(keys_[i - 1], keys_[RandomAt(count + i) % i]);
  }
  batch_ = std::clamp(size, size_t{1}, batch);
}

KeyBatch Workload::Next() {
  if (next_ + batch_ > keys_.size()) {
    next_ = 0;
  }
  const KeyBatch batch = KeyBatch(keys_).subspan(next_, batch_);
  next_ += batch.size();
  return batch;
}

}  // namespace weir
