// Memory for what decoding makes: base64 turned into bytes, escapes resolved, the objects that an
// event points to.
//
// A decoded event views this memory until Clear(), which a source calls between its batches. Blocks
// are kept, so that a steady stream allocates nothing.
//
// Threads: one owner.
//
// Layer: connectors/formats (engine/alert, engine/base).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace weir {

class Arena {
 public:
  // `size` bytes, uninitialised, valid until Clear().
  char* Allocate(size_t size) {
    if (size >= left_) [[unlikely]] {
      NextBlock(size);
    }
    char* const memory = at_;
    at_ += size;
    left_ -= size;
    return memory;
  }

  // A value-initialised object, valid until Clear(), which runs no destructor.
  template <typename T>
  T* Make() {
    return MakeSpan<T>(1).data();
  }

  // As many of them, one behind the other.
  template <typename T>
  absl::Span<T> MakeSpan(size_t count) {
    static_assert(std::is_trivially_destructible_v<T>);
    static_assert(alignof(T) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);  // that of a block
    char* memory = Allocate(count * sizeof(T) + alignof(T) - 1);
    memory += -reinterpret_cast<uintptr_t>(memory) & (alignof(T) - 1);
    for (size_t i = 0; i < count; ++i) {
      new (memory + i * sizeof(T)) T();
    }
    return {std::launder(reinterpret_cast<T*>(memory)), count};
  }

  // The same text in this memory.
  absl::string_view Copy(absl::string_view text) {
    char* const copy = Allocate(text.size());
    return {copy, text.copy(copy, text.size())};
  }

  void Clear() {
    next_ = 0;
    at_ = nullptr;
    left_ = 0;
  }

 private:
  static constexpr size_t kBlockSize = size_t{1} << 20;

  struct Block {
    std::unique_ptr<char[]> memory;
    size_t size;
  };

  void NextBlock(size_t size) {
    if (next_ == blocks_.size() || blocks_[next_].size < size) {
      const size_t block_size = size > kBlockSize ? size : kBlockSize;
      blocks_.insert(blocks_.begin() + static_cast<std::ptrdiff_t>(next_),
                     Block{std::unique_ptr<char[]>(new char[block_size]), block_size});
    }
    at_ = blocks_[next_].memory.get();
    left_ = blocks_[next_].size;
    ++next_;
  }

  std::vector<Block> blocks_;
  size_t next_ = 0;     // of the blocks, behind the one in use
  char* at_ = nullptr;  // in that one
  size_t left_ = 0;     // of that one, from there
};

}  // namespace weir
