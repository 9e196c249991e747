// How Weir writes its own records: fixed little-endian words and length-prefixed bytes.
//
// One encoding for everything the store keeps. Reading is total: a WireReader that runs out of
// bytes gives zeros from then on and says so through ok(), so a decoder checks once at its end.
//
// Layer: engine/base.
#pragma once

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string>

#include "absl/strings/string_view.h"

namespace weir {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the store's records are little-endian");

inline void PutU64(uint64_t value, std::string& out) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

// Several at once, which is quicker than one by one.
inline void PutWords(std::initializer_list<uint64_t> words, std::string& out) {
  out.append(reinterpret_cast<const char*>(words.begin()), words.size() * sizeof(uint64_t));
}

inline void PutI64(int64_t value, std::string& out) {
  PutU64(static_cast<uint64_t>(value), out);
}

inline void PutU32(uint32_t value, std::string& out) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

inline void PutU8(uint8_t value, std::string& out) {
  out.push_back(static_cast<char>(value));
}

inline void PutBytes(absl::string_view bytes, std::string& out) {
  PutU64(bytes.size(), out);
  out.append(bytes.data(), bytes.size());
}

// Big-endian, for keys: their order as bytes is the order of the numbers.
inline void PutOrderedU64(uint64_t value, std::string& out) {
  PutU64(__builtin_bswap64(value), out);
}

// The name that a number has among others: in the store they stand in the numbers' order.
inline std::string OrderedName(uint64_t number) {
  std::string name;
  PutOrderedU64(number, name);
  return name;
}

class WireReader {
 public:
  explicit WireReader(absl::string_view bytes) : rest_(bytes) {}

  uint64_t U64() { return Fixed<uint64_t>(); }

  int64_t I64() { return static_cast<int64_t>(Fixed<uint64_t>()); }

  uint32_t U32() { return Fixed<uint32_t>(); }

  uint8_t U8() { return Fixed<uint8_t>(); }

  uint64_t OrderedU64() { return __builtin_bswap64(Fixed<uint64_t>()); }

  // A view into the bytes given to the constructor.
  absl::string_view Bytes() {
    const uint64_t size = U64();
    if (size > rest_.size()) {
      Fail();
      return {};
    }
    const absl::string_view bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return bytes;
  }

  // Whether everything asked for was there.
  bool ok() const { return ok_; }

  // ok(), and nothing is left over.
  bool done() const { return ok_ && rest_.empty(); }

  absl::string_view rest() const { return rest_; }

 private:
  template <typename T>
  T Fixed() {
    T value = 0;
    if (rest_.size() < sizeof value) {
      Fail();
      return value;
    }
    std::memcpy(&value, rest_.data(), sizeof value);
    rest_.remove_prefix(sizeof value);
    return value;
  }

  void Fail() {
    ok_ = false;
    rest_ = {};
  }

  absl::string_view rest_;
  bool ok_ = true;
};

}  // namespace weir
