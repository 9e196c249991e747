// Goal: what lies in an arena stays whole until the arena is cleared, objects on their boundaries.
// Method: texts and objects of random sizes side by side, over many blocks, checked at the end.
#include "connectors/formats/arena.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

#include "tests/support/random.h"

namespace weir {
namespace {

struct Pair {
  uint64_t first = 7;
  uint16_t second = 8;
};

TEST(Arena, TextsAndObjectsStayWhole) {
  Random random = Random::FromEnvironment(5);
  SCOPED_TRACE(random.seed_text());
  Arena arena;
  for (int round = 0; round < 3; ++round) {
    std::vector<std::pair<absl::string_view, std::string>> texts;
    std::vector<absl::Span<Pair>> objects;
    for (int i = 0; i < 3000; ++i) {
      const std::string text(random.Below(500), static_cast<char>('a' + i % 26));
      texts.emplace_back(arena.Copy(text), text);
      objects.push_back(arena.MakeSpan<Pair>(random.Below(30)));
      EXPECT_EQ(reinterpret_cast<uintptr_t>(objects.back().data()) % alignof(Pair), 0);
    }
    texts.emplace_back(arena.Copy(std::string(3 << 20, 'x')), std::string(3 << 20, 'x'));
    for (const auto& [kept, text] : texts) {
      EXPECT_EQ(kept, text);
    }
    for (const absl::Span<Pair> span : objects) {
      for (const Pair& pair : span) {
        EXPECT_EQ(pair.first, 7);
        EXPECT_EQ(pair.second, 8);
      }
    }
    EXPECT_EQ(arena.Make<Pair>()->first, 7);
    arena.Clear();
  }
}

}  // namespace
}  // namespace weir
