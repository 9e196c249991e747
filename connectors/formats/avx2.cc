#include "connectors/formats/avx2.h"

#ifdef WEIR_HAS_AVX2

#include <algorithm>
#include <iterator>

namespace weir {

namespace {

constexpr std::array<ByteBlock, 128> MakeByteBlocks() {
  std::array<ByteBlock, 128> blocks{};
  for (size_t i = 0; i < blocks.size(); ++i) {
    std::fill_n(std::begin(blocks[i].bytes), sizeof blocks[i].bytes, static_cast<char>(i));
  }
  return blocks;
}

}  // namespace

constexpr std::array<ByteBlock, 128> kByteBlocks = MakeByteBlocks();

}  // namespace weir

#endif
