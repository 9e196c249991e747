#include "engine/base/aligned_array.h"

#include <cstddef>
#include <cstdint>

#include <gtest/gtest.h>

namespace weir {
namespace {

struct alignas(64) Line {
  uint64_t first = 1;
  uint64_t second = 2;
};

TEST(AlignedArray, BeginsWhereALineDoesAndHoldsWhatIsMade) {
  for (const size_t size : {1U, 2U, 3U, 8U, 1000U}) {
    const AlignedArray<Line> lines(size);
    ASSERT_EQ(lines.size(), size);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(lines.begin()) % 64, 0U);
    EXPECT_EQ(lines.end() - lines.begin(), static_cast<ptrdiff_t>(size));
    for (size_t i = 0; i < size; ++i) {
      ASSERT_EQ(lines[i].first, 1U);
      ASSERT_EQ(lines[i].second, 2U);
      lines[i].first = i;
    }
    EXPECT_EQ(lines[size - 1].first, size - 1);
  }
}

}  // namespace
}  // namespace weir
