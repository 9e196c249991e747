#include "connectors/capture/line_feeds.h"

#include <bit>
#include <cstring>

#include "connectors/formats/avx2.h"

namespace weir {

namespace {

#ifdef WEIR_HAS_AVX2

constexpr size_t kBlock = 64;

// A bit for each line feed of half a block.
WEIR_AVX2 uint32_t FeedsIn(const char* text) {
  const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text));
  const __m256i is_feed = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\n'));
  return static_cast<uint32_t>(_mm256_movemask_epi8(is_feed));
}

WEIR_AVX2 void FindWithAvx2(const char* text, size_t begin, size_t end,
                            std::vector<uint32_t>& found) {
  for (size_t at = begin; at < end; at += kBlock) {
    const uint64_t back = FeedsIn(text + at + kBlock / 2);
    uint64_t feeds = back << (kBlock / 2) | FeedsIn(text + at);
    if (feeds != 0 && end - at < kBlock) {
      feeds = _bzhi_u64(feeds, static_cast<uint32_t>(end - at));
    }
    for (; feeds != 0; feeds &= feeds - 1) {
      found.push_back(static_cast<uint32_t>(at + static_cast<size_t>(std::countr_zero(feeds))));
    }
  }
}

#endif

}  // namespace

void FindLineFeedsPortably(const char* text, size_t begin, size_t end,
                           std::vector<uint32_t>& found) {
  for (size_t at = begin; at < end;) {
    const void* const feed = std::memchr(text + at, '\n', end - at);
    if (feed == nullptr) {
      return;
    }
    const auto position = static_cast<size_t>(static_cast<const char*>(feed) - text);
    found.push_back(static_cast<uint32_t>(position));
    at = position + 1;
  }
}

void FindLineFeeds(const char* text, size_t begin, size_t end, std::vector<uint32_t>& found) {
#ifdef WEIR_HAS_AVX2
  if (HasAvx2()) {
    FindWithAvx2(text, begin, end, found);
    return;
  }
#endif
  FindLineFeedsPortably(text, begin, end, found);
}

}  // namespace weir
