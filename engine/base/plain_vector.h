// A vector of plain values that are added one by one: a few instructions each, since nothing but
// growing is a call.
//
// Threads: one owner.
//
// Layer: engine/base.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <type_traits>
#include <utility>

#include "absl/base/attributes.h"

namespace weir {

template <typename T>
class PlainVector {
  static_assert(std::is_trivially_copyable_v<T>);
  static_assert(alignof(T) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);

 public:
  using value_type = T;

  PlainVector() = default;

  PlainVector(PlainVector&& other) noexcept
      : memory_(std::move(other.memory_)),
        values_(std::exchange(other.values_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}

  PlainVector& operator=(PlainVector&&) = delete;
  PlainVector(const PlainVector&) = delete;
  PlainVector& operator=(const PlainVector&) = delete;
  ~PlainVector() = default;

  size_t size() const { return size_; }

  bool empty() const { return size_ == 0; }

  const T* data() const { return values_; }

  const T* begin() const { return data(); }

  const T* end() const { return data() + size_; }

  const T& operator[](size_t place) const { return values_[place]; }

  const T& front() const { return values_[0]; }

  const T& back() const { return values_[size_ - 1]; }

  ABSL_ATTRIBUTE_ALWAYS_INLINE void push_back(const T& value) {  // that is none of its own
    if (size_ == capacity_) {
      Reserve(2 * size_);
    }
    values_[size_] = value;
    ++size_;
  }

  void pop_back() { --size_; }

  void clear() { size_ = 0; }

  // Makes room for `wanted` values, or some.
  ABSL_ATTRIBUTE_NOINLINE void Reserve(size_t wanted) {
    constexpr size_t kSome = 16;
    if (wanted > capacity_ || capacity_ == 0) {
      capacity_ = std::max(wanted, kSome);
      std::unique_ptr<std::byte[]> larger(new std::byte[capacity_ * sizeof(T)]);
      if (size_ > 0) {
        std::memcpy(larger.get(), memory_.get(), size_ * sizeof(T));
      }
      memory_ = std::move(larger);
      values_ = reinterpret_cast<T*>(memory_.get());
    }
  }

 private:
  std::unique_ptr<std::byte[]> memory_;
  T* values_ = nullptr;  // in it
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace weir
