// The benchmarks of this program, by suite. They are named SUITE/CONTESTANT/CASE; what has the same
// suite and case does the same work.
//
// Layer: bench.
#pragma once

#include <cstddef>

namespace weir {

struct DecideOptions {
  size_t keys = 1'000'000;
  size_t batch = 8192;  // how many records the replay takes at a time
};

// Counting alerts of `keys` keys. Contestants are made when they are first run and stay.
void RegisterDecide(const DecideOptions& options);

// Decoding JSON lines.
void RegisterDecode();

}  // namespace weir
