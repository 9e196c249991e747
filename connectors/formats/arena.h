// Memory for what decoding makes: base64 turned into bytes, escapes resolved.
//
// A decoded event views this memory until Clear(), which a source calls between its batches. Blocks
// are kept, so that a steady stream allocates nothing.
//
// Threads: one owner.
//
// Layer: connectors/formats (engine/alert, engine/base).
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace weir {

class Arena {
 public:
  // `size` bytes, uninitialised, valid until Clear().
  char* Allocate(size_t size) {
    if (block_ == blocks_.size() || used_ + size > blocks_[block_].size) {
      NextBlock(size);
    }
    char* memory = blocks_[block_].memory.get() + used_;
    used_ += size;
    return memory;
  }

  void Clear() {
    block_ = 0;
    used_ = 0;
  }

 private:
  static constexpr size_t kBlockSize = size_t{1} << 20;

  struct Block {
    std::unique_ptr<char[]> memory;
    size_t size;
  };

  void NextBlock(size_t size) {
    block_ += block_ < blocks_.size() ? 1U : 0U;
    used_ = 0;
    if (block_ == blocks_.size() || blocks_[block_].size < size) {
      const size_t block_size = size > kBlockSize ? size : kBlockSize;
      blocks_.insert(blocks_.begin() + static_cast<std::ptrdiff_t>(block_),
                     Block{std::unique_ptr<char[]>(new char[block_size]), block_size});
    }
  }

  std::vector<Block> blocks_;
  size_t block_ = 0;
  size_t used_ = 0;
};

}  // namespace weir
