// Randomness for tests: the same seed gives the same numbers everywhere.
//
// A test prints its seed (SCOPED_TRACE(random.seed_text())), and WEIR_SEED in the environment
// replaces it.
//
// Layer: tests.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>

namespace weir {

// How many times a random test goes round: under a sanitizer, where it takes ten to twenty times as
// long, a fifth.
template <typename Number>
constexpr Number Rounds(Number all) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return all / 5;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  return all / 5;
#else
  return all;
#endif
#else
  return all;
#endif
}

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed), seed_(seed) {}

  // With the seed of the environment, or the one given.
  static Random FromEnvironment(uint64_t seed) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing here changes the environment
    const char* text = std::getenv("WEIR_SEED");
    return Random(text == nullptr ? seed : std::strtoull(text, nullptr, 10));
  }

  // splitmix64.
  uint64_t Next() {
    state_ += 0x9E3779B97F4A7C15;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }

  // 0 to below - 1.
  uint64_t Below(uint64_t below) { return Next() % below; }

  bool OneIn(uint64_t n) { return Below(n) == 0; }

  std::string seed_text() const { return "WEIR_SEED=" + std::to_string(seed_); }

 private:
  uint64_t state_;
  uint64_t seed_;
};

}  // namespace weir
