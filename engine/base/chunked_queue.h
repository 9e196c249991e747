// A queue of small plain values that is read at any place: in chunks of a power of two, so that
// finding a place takes a shift and growing copies no value.
//
// Threads: one owner.
//
// Layer: engine/base.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/base/attributes.h"

namespace weir {

template <typename T>
class ChunkedQueue {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  size_t size() const { return end_ - begin_; }

  bool empty() const { return begin_ == end_; }

  // `place` counts from the front and is below size().
  const T& operator[](size_t place) const {
    const size_t at = begin_ + place;
    return (*chunks_[at / kChunk])[at % kChunk];
  }

  const T& front() const { return (*this)[0]; }

  const T& back() const { return (*this)[size() - 1]; }

  ABSL_ATTRIBUTE_ALWAYS_INLINE void push_back(const T& value) {
    if (end_ == chunks_.size() * kChunk) {
      AddChunk();
    }
    (*chunks_[end_ / kChunk])[end_ % kChunk] = value;
    ++end_;
  }

  void pop_front() {
    ++begin_;
    if (begin_ == kChunk) {
      spare_ = std::move(chunks_.front());
      chunks_.erase(chunks_.begin());
      begin_ -= kChunk;
      end_ -= kChunk;
    }
  }

  // Drops what is behind the first `size` values; there are as many.
  void Truncate(size_t size) {
    end_ = begin_ + size;
    chunks_.resize((end_ + kChunk - 1) / kChunk);
  }

 private:
  static constexpr size_t kChunk = 4096;
  using Chunk = std::array<T, kChunk>;

  ABSL_ATTRIBUTE_NOINLINE void AddChunk() {
    chunks_.push_back(spare_ != nullptr ? std::move(spare_) : std::make_unique<Chunk>());
  }

  std::vector<std::unique_ptr<Chunk>> chunks_;
  std::unique_ptr<Chunk> spare_;  // a queue that keeps its length goes round with it
  size_t begin_ = 0;              // in the first chunk
  size_t end_ = 0;
};

}  // namespace weir
