// Which processor a thread runs on.
//
// Layer: bench.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace weir {

// The processors that this process may use, those it should use first at the front.
class Processors {
 public:
  // Those of the list; none: threads go where they are sent.
  explicit Processors(std::vector<int> list) : list_(std::move(list)) {}

  // Keeps the calling thread on the processor of a thread of that number, and so those that it
  // starts from here on. Different numbers mean different processors if there are enough.
  void Pin(size_t thread) const;

 private:
  std::vector<int> list_;
};

}  // namespace weir
