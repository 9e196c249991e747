// A fixed number of values, each on cache lines of its own, for types that ask for it by alignas.
//
// The aligned operator new takes several times as long as the plain one, which matters where arrays
// are small and many. So this takes a little more memory than it needs, and begins where a line
// does.
//
// Layer: engine/base.
#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>

namespace weir {

template <typename T>
class AlignedArray {
  static_assert(std::is_trivially_destructible_v<T>);

 public:
  // `size` values as T() makes them.
  explicit AlignedArray(size_t size) : memory_(new std::byte[size * sizeof(T) + alignof(T)]) {
    size_t space = size * sizeof(T) + alignof(T);
    void* begin = memory_.get();
    begin_ = static_cast<T*>(std::align(alignof(T), size * sizeof(T), begin, space));
    end_ = begin_ + size;
    std::uninitialized_value_construct(begin_, end_);
  }

  size_t size() const { return static_cast<size_t>(end_ - begin_); }

  // As with a pointer, the values of a constant array may be changed.
  T& operator[](size_t place) const { return begin_[place]; }

  T* begin() const { return begin_; }

  T* end() const { return end_; }

 private:
  std::unique_ptr<std::byte[]> memory_;
  T* begin_ = nullptr;
  T* end_ = nullptr;
};

}  // namespace weir
