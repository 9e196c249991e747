// Goal: the counter table loses no update and invents none, while it grows, shrinks, drops what is
// over and is read, whatever the number of threads.
// Method: compared with a plain map on random operations; and writers that share keys, with readers
// and a sweeper beside them, whose totals must come out exactly, under the thread sanitizer too.

#include "engine/throttle/counter_table.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <thread>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

#include "tests/support/random.h"

namespace weir {
namespace {

// A value is over once the horizon has reached it; tags from kForever on are never over.
class OverAtItsValue : public CounterTable::Expiry {
 public:
  static constexpr uint32_t kForever = 1000;

  bool IsOver(uint32_t tag, uint64_t value, TimeMs horizon) const override {
    return tag < kForever && static_cast<int64_t>(value) <= horizon.value;
  }
};

uint64_t Get(CounterTable& table, const CounterTable::Key& key) {
  const Epochs::Pin pin = table.Enter();
  return table.Find(key);
}

void Add(CounterTable& table, const CounterTable::Key& key, uint64_t amount) {
  const Epochs::Pin pin = table.Enter();
  table.Update(key, [&](uint64_t before) { return before + amount; });
}

using Model = std::map<std::pair<uint64_t, uint32_t>, uint64_t>;

// Of some tens of thousands of keys, none of which is ever over.
CounterTable::Key AnyKey(Random& random) {
  return {.device = 1 + random.Below(40000),
          .tag = OverAtItsValue::kForever + static_cast<uint32_t>(random.Below(3))};
}

uint64_t AnyValue(Random& random) {
  return random.OneIn(10) ? 0 : random.Next() & CounterTable::kMaxValue;
}

// Sets random keys to random values by `set(table, random, key, value, before)`, where `before` is
// the value that the key had, and compares the table with a map of the same.
template <typename Set>
void ExpectAgreesWithAMap(Set&& set) {
  Random random = Random::FromEnvironment(1);
  SCOPED_TRACE(random.seed_text());
  const OverAtItsValue expiry;
  CounterTable table(expiry);
  Model model;
  for (int i = 0; i < 300000; ++i) {
    const CounterTable::Key key = AnyKey(random);
    const uint64_t value = AnyValue(random);
    uint64_t& modelled = model[{key.device, key.tag}];
    ASSERT_NO_FATAL_FAILURE(set(table, random, key, value, modelled));
    modelled = value;
  }
  size_t live = 0;
  for (const auto& [key, value] : model) {
    ASSERT_EQ(Get(table, {.device = key.first, .tag = key.second}), value);
    live += value != 0;
  }
  size_t visited = 0;
  const Epochs::Pin pin = table.Enter();
  table.ForEach([&](const CounterTable::Key& key, uint64_t value) {
    EXPECT_EQ(value, (model[{key.device, key.tag}]));
    ++visited;
  });
  EXPECT_EQ(visited, live);
}

TEST(CounterTable, AgreesWithAMap) {
  ExpectAgreesWithAMap([](CounterTable& table, Random& /*random*/, const CounterTable::Key& key,
                          uint64_t value, uint64_t before) {
    const Epochs::Pin pin = table.Enter();
    ASSERT_EQ(table.Update(key, [&](uint64_t /*now*/) { return value; }), before);
  });
}

TEST(CounterTable, FilledByItsOwnerItAgreesWithAMap) {
  ExpectAgreesWithAMap([](CounterTable& table, Random& random, const CounterTable::Key& key,
                          uint64_t value, uint64_t /*before*/) {
    if (random.OneIn(1000)) {
      const Epochs::Pin pin = table.Enter();
      size_t held = 0;
      const size_t segment = CounterTable::SegmentOf(key);
      table.ForEachIn(segment,
                      [&](const CounterTable::Key& /*key*/, uint64_t /*value*/) { ++held; });
      table.Reserve(segment, held + random.Below(200));
    }
    table.Prefetch(key);
    table.Put(key, value);
  });
}

TEST(CounterTable, FilledByItsOwnerItIsNoLarger) {
  const OverAtItsValue expiry;
  CounterTable table(expiry);
  for (uint64_t keys = 1; keys <= 3000000; ++keys) {
    table.Put({.device = keys * 0x10001, .tag = OverAtItsValue::kForever}, 1);
  }
  EXPECT_LE(table.MemoryBytes(), 3000000U * 25);
  EXPECT_EQ(table.KeysHeld(), 3000000U);
}

TEST(CounterTable, UsesAtMost24BytesAKeyOnceItIsLarge) {
  const OverAtItsValue expiry;
  CounterTable table(expiry);
  for (uint64_t keys = 1; keys <= 3000000; ++keys) {
    Add(table, {.device = keys * 0x10001, .tag = OverAtItsValue::kForever}, 1);
    if (keys >= 1000000 && keys % 50000 == 0) {
      table.Sweep(0);
      EXPECT_LE(table.MemoryBytes(), keys * 25) << keys;
    }
  }
}

TEST(CounterTable, GivesMemoryBackOnceKeysAreOver) {
  const OverAtItsValue expiry;
  CounterTable table(expiry);
  const size_t empty = table.MemoryBytes();
  for (uint64_t device = 1; device <= 500000; ++device) {
    Add(table, {.device = device, .tag = 1}, 10);
  }
  Add(table, {.device = 7, .tag = OverAtItsValue::kForever}, 3);
  EXPECT_GT(table.MemoryBytes(), 500000U * 16);
  table.SetHorizon(TimeMs{10});
  table.Sweep(1U << 30);
  EXPECT_EQ(table.MemoryBytes(), empty);
  EXPECT_EQ(Get(table, {.device = 7, .tag = OverAtItsValue::kForever}), 3U);
  EXPECT_EQ(Get(table, {.device = 8, .tag = 1}), 0U);
}

TEST(CounterTable, AFloodOfKeysThatAreOverDoesNotGrowIt) {
  const OverAtItsValue expiry;
  CounterTable table(expiry);
  size_t largest = 0;
  for (uint64_t i = 1; i <= 3000000; ++i) {
    Add(table, {.device = i, .tag = 1}, i);
    if (i % 10000 == 0) {
      // The latest 100,000 keys are live.
      table.SetHorizon(
          TimeMs{static_cast<int64_t>(i) - 100000 > 0 ? static_cast<int64_t>(i) - 100000 : 0});
      table.Sweep(10000);
      largest = std::max(largest, table.MemoryBytes());
    }
  }
  EXPECT_LT(largest, 3 * 100000U * 24);
}

// A device whose keys lie in one of the first segments: so that few keys make them grow.
uint64_t DeviceOfFirstSegments(Random& random) {
  constexpr size_t kCrowded = 32;
  for (;;) {
    const uint64_t device = random.Next() | 1;
    if (CounterTable::SegmentOf({.device = device, .tag = 1}) < kCrowded) {
      return device;
    }
  }
}

// Four writers add to keys that they all share and that never are over, and each inserts keys of
// its own that soon are; two readers and a sweeper run beside them.
void CountConcurrently(uint64_t seed, uint64_t rounds) {
  constexpr uint64_t kWriters = 4;
  constexpr uint64_t kSharedKeys = 500;
  const OverAtItsValue expiry;
  CounterTable table(expiry);
  Random shared_random(seed);
  std::vector<uint64_t> shared;
  for (uint64_t i = 0; i < kSharedKeys; ++i) {
    shared.push_back(DeviceOfFirstSegments(shared_random));
  }
  std::atomic<uint64_t> writing{kWriters};
  std::vector<std::thread> threads;
  for (uint64_t writer = 0; writer < kWriters; ++writer) {
    threads.emplace_back([&, writer] {
      Random random(seed * kWriters + writer);
      for (uint64_t i = 1; i <= rounds; ++i) {
        const Epochs::Pin pin = table.Enter();
        table.Update({.device = shared[random.Below(kSharedKeys)], .tag = OverAtItsValue::kForever},
                     [](uint64_t before) { return before + 1; });
        table.Update({.device = DeviceOfFirstSegments(random), .tag = 1},
                     [&](uint64_t /*now*/) { return i; });
      }
      --writing;
    });
  }
  for (int reader = 0; reader < 2; ++reader) {
    threads.emplace_back([&] {
      uint64_t last = 0;
      while (writing > 0) {
        const Epochs::Pin pin = table.Enter();
        const uint64_t now = table.Find({.device = shared[0], .tag = OverAtItsValue::kForever});
        EXPECT_GE(now, last);
        last = now;
        uint64_t sum = 0;
        table.ForEach([&](const CounterTable::Key& key, uint64_t value) {
          sum += key.tag == OverAtItsValue::kForever ? value : 0;
        });
        EXPECT_LE(sum, kWriters * rounds);
      }
    });
  }
  for (int64_t horizon = 0; writing > 0; ++horizon) {
    table.SetHorizon(TimeMs{std::min(horizon, static_cast<int64_t>(rounds) / 2)});
    table.Sweep(4096);
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  uint64_t total = 0;
  std::sort(shared.begin(), shared.end());
  shared.erase(std::unique(shared.begin(), shared.end()), shared.end());
  for (const uint64_t device : shared) {
    total += Get(table, {.device = device, .tag = OverAtItsValue::kForever});
  }
  EXPECT_EQ(total, kWriters * rounds);
}

TEST(CounterTable, CountsExactlyUnderFourWritersTwoReadersGrowthAndExpiry) {
  Random random = Random::FromEnvironment(2);
  SCOPED_TRACE(random.seed_text());
  for (int run = 0; run < 100; ++run) {
    CountConcurrently(random.Next(), 2000);
  }
}

}  // namespace
}  // namespace weir
