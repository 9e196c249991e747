// Which of a code's settings. The one setting of a code that is not swept stands for all.
//
// Layer: engine/tune (engine/base).
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/container/inlined_vector.h"

namespace weir {

class SettingSet {
 public:
  static constexpr size_t kWordBits = 64;

  SettingSet() = default;

  // None of so many.
  explicit SettingSet(size_t settings)
      : size_(settings), words_((settings + kWordBits - 1) / kWordBits) {}

  // How many settings the code has, in the set or not.
  size_t size() const { return size_; }

  void Add(size_t setting) { words_[setting / kWordBits] |= BitOf(setting); }

  // Of as many settings.
  void Add(const SettingSet& others) {
    for (size_t i = 0; i < words_.size(); ++i) {
      words_[i] |= others.words_[i];
    }
  }

  void Remove(size_t setting) { words_[setting / kWordBits] &= ~BitOf(setting); }

  void Clear() {
    for (uint64_t& word : words_) {
      word = 0;
    }
  }

  bool Contains(size_t setting) const {
    const size_t i = size_ == 1 ? 0 : setting;
    return (words_[i / kWordBits] & BitOf(i)) != 0;
  }

  // Whether there is none in it.
  bool none() const {
    for (const uint64_t word : words_) {
      if (word != 0) {
        return false;
      }
    }
    return true;
  }

  // Setting n is bit n % kWordBits of word n / kWordBits.
  uint64_t word(size_t i) const { return words_[i]; }

 private:
  static uint64_t BitOf(size_t setting) { return uint64_t{1} << setting % kWordBits; }

  size_t size_ = 0;
  absl::InlinedVector<uint64_t, 1> words_;
};

}  // namespace weir
