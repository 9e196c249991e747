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

CounterTable::Key Workload::KeyToFill(size_t i) {
  return {.device = kFirstDevice + i, .tag = 1 + static_cast<uint32_t>(RandomAt(i) % kPairs)};
}

Workload::Workload(size_t count, size_t batch) : batch_(std::min(batch, count)) {
  keys_.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    keys_.push_back(KeyToFill(i));
  }
  // Fisher and Yates, with numbers that KeyToFill has not used.
  for (size_t i = count; i > 1; --i) {
    std::swap(keys_[i - 1], keys_[RandomAt(count + i) % i]);
  }
}

}  // namespace weir
