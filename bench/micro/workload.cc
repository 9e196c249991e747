#include "bench/micro/workload.h"

#include <algorithm>
#include <utility>

namespace weir {

namespace {

constexpr uint64_t kFirstDevice = 0x00DB123400000000;

// splitmix64: the same order on every machine.
uint64_t NextRandom(uint64_t& state) {
  state += 0x9E3779B97F4A7C15;
  uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

}  // namespace

Workload::Workload(size_t count, size_t batch) : batch_(std::min(batch, count)) {
  uint64_t random = 1;
  keys_.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    keys_.push_back({.device = kFirstDevice + i,
                     .tag = 1 + static_cast<uint32_t>(NextRandom(random) % kPairs)});
  }
  for (size_t i = count; i > 1; --i) {
    std::swap(keys_[i - 1], keys_[NextRandom(random) % i]);
  }
}

}  // namespace weir
