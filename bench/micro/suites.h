// The benchmarks of this program, by suite. They are named SUITE/CONTESTANT/CASE, and behind that
// comes what Google Benchmark adds; what has the same suite and case does the same work.
//
// Layer: bench.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace weir {

struct DecideOptions {
  size_t keys = 1'000'000;
  size_t batch = 2048;          // how many records the replay takes at a time
  size_t threads = 2;           // 1 leaves the suite decide-2 out
  std::vector<int> processors;  // of each thread; empty: any
};

// Counting alerts of `keys` keys: `decide` by one thread, in processor time, and `decide-2` by two
// threads side by side, in wall time. Contestants are made when they are first run and stay.
void RegisterDecide(const DecideOptions& options);

// Decoding lines of each format.
void RegisterDecode();

struct StoreOptions {
  std::vector<size_t> keys = {1'000'000};  // live keys of the states to reopen
  std::string directory;                   // where states may be made and are removed again
};

// Committing state and reopening it, in wall time.
void RegisterStore(const StoreOptions& options);

}  // namespace weir
