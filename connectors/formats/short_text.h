// A text of up to 16 characters, as words that another text is compared with: the names of fields
// are looked for by the million.
//
// Layer: connectors/formats (engine/base).
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/base/swar.h"

namespace weir {

class ShortText {
 public:
  template <size_t N>
  explicit constexpr ShortText(const char (&text)[N]) : size_(N - 1) {
    static_assert(N > 1 && N - 1 <= 16);
    for (size_t i = 0; i < 8; ++i) {
      front_ |= i < size_ ? Character(text[i]) << (8 * i) : 0;
      back_ |= Character(text[BackAt() + i < size_ ? BackAt() + i : 0]) << (8 * i);
    }
  }

  constexpr size_t size() const { return size_; }

  // Eight characters must be readable, more if there are.
  bool IsAt(const char* text) const {
    if (size_ < 8) {
      return (LoadWord(text) & ((uint64_t{1} << (8 * size_)) - 1)) == front_;
    }
    return LoadWord(text) == front_ && LoadWord(text + BackAt()) == back_;
  }

  // Whether it is at `at`, which then goes on behind it.
  bool Take(const char*& at) const {
    const bool is_next = IsAt(at);
    at += is_next ? size_ : 0;
    return is_next;
  }

 private:
  static constexpr uint64_t Character(char c) { return static_cast<unsigned char>(c); }

  constexpr size_t BackAt() const { return size_ < 8 ? 0 : size_ - 8; }

  size_t size_;
  uint64_t front_ = 0;
  uint64_t back_ = 0;
};

}  // namespace weir
