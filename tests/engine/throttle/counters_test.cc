// Goal: what the store gives back are the counters as they were, whatever had left the table
// without being told to the store. Method: worked examples on the counters alone, with a store that
// is a map; and random words, however many are gathered while they are loaded.

#include "engine/throttle/counters.h"

#include <map>
#include <string>
#include <vector>

#include "gtest/gtest.h"

#include "tests/support/random.h"

namespace weir {
namespace {

constexpr uint64_t kValue = 7;

// A value is over a minute after the epoch.
class OverAfterAMinute : public Counters::Owner {
 public:
  bool IsOver(AlertCode /*code*/, uint64_t /*value*/, TimeMs horizon) const override {
    return horizon >= TimeMs{kMinute.value};
  }
};

using Store = std::map<std::string, std::string>;

void Commit(Counters& counters, uint64_t number, TimeMs now, Store& store) {
  StateBatch batch;
  counters.ExportTags(StateScope(batch, "a"));
  counters.ExportRemovals(number, StateScope(batch, "b"));
  counters.ExportDelta(number, StateScope(batch, "d"));
  counters.ExportUpkeep(number, StateScope(batch, "d"), StateScope(batch, "c"));
  for (const StateBatch::Change& change : batch.changes()) {
    if (change.value) {
      store[change.key] = *change.value;
    } else {
      store.erase(change.key);
    }
  }
  counters.Accept(now);
}

void Load(const Store& store, Counters& counters) {
  for (const auto& [key, value] : store) {
    const absl::string_view name = absl::string_view(key).substr(1);
    const absl::Status loaded = key[0] == 'a'   ? counters.LoadTag(name, value)
                                : key[0] == 'b' ? counters.LoadRemoval(name, value)
                                : key[0] == 'c' ? counters.LoadImage(name, value)
                                                : counters.LoadDelta(name, value);
    ASSERT_TRUE(loaded.ok()) << loaded;
  }
  counters.FinishLoad();
}

AlertKey KeyOf(uint64_t device, const char* code) {
  return {Eui64{device}, *ParseAlertCode(code), Eui64{}};
}

void Set(Counters& counters, const AlertKey& key, uint64_t value = kValue) {
  const Epochs::Pin pin = counters.Enter();
  counters.Update(0, {.device = key.device.value, .tag = counters.TagOf(key)},
                  [&](uint64_t /*before*/) { return value; });
}

uint64_t Get(Counters& counters, const AlertKey& key) {
  const Epochs::Pin pin = counters.Enter();
  return counters.table().Find(counters.KnownKeyOf(key));
}

// A key that is over leaves the table when its segment is rebuilt, and the store is not told, since
// it would be over there as well. When a version then removes its code, it is not there to be
// removed; and what the store has of it must not come back, to be read under that version.
TEST(Counters, WhatAVersionRemovesDoesNotComeBackOutOfTheStore) {
  const OverAfterAMinute owner;
  Counters counters(owner, 1);
  Store store;
  // Far from the segments whose images the few commits of this test renew.
  uint64_t device = 1;
  while (CounterTable::SegmentOf({.device = device, .tag = 1}) < 900) {
    ++device;
  }
  const size_t segment = CounterTable::SegmentOf({.device = device, .tag = 1});
  const AlertKey removed = KeyOf(device, "8F3F");
  Set(counters, removed);
  Commit(counters, 1, TimeMs{0}, store);
  Commit(counters, 2, TimeMs{kHour.value}, store);  // it is over from here on
  // Others crowd its segment, which is rebuilt.
  std::vector<AlertKey> others;
  for (; others.size() < 14; ++device) {
    if (CounterTable::SegmentOf({.device = device, .tag = 1}) == segment) {
      others.push_back(KeyOf(device, "8F40"));
      Set(counters, others.back());
    }
  }
  ASSERT_EQ(Get(counters, removed), 0U);
  std::vector<bool> codes(AlertCode::kCount);
  codes[removed.code.index()] = true;
  counters.RemoveCodes(codes);
  Commit(counters, 3, TimeMs{kHour.value}, store);
  Set(counters, KeyOf(1, "8F3F"));  // counted under the new version
  Commit(counters, 4, TimeMs{kHour.value}, store);
  Counters loaded(owner, 1);
  Load(store, loaded);
  EXPECT_EQ(Get(loaded, removed), 0U);
  EXPECT_EQ(Get(loaded, KeyOf(1, "8F3F")), kValue);
  for (const AlertKey& other : others) {
    EXPECT_EQ(Get(loaded, other), kValue);
  }
}

// Few keys change at random in many commits, so that the store has several words of most of them:
// in images and in deltas.
TEST(Counters, TheLastWordOfAKeyHoldsHoweverManyWordsAreGathered) {
  Random random = Random::FromEnvironment(1);
  SCOPED_TRACE(random.seed_text());
  const OverAfterAMinute owner;
  Counters counters(owner, 1);
  Store store;
  std::map<uint64_t, uint64_t> values;  // by device
  constexpr uint64_t kCommits = 60;
  for (uint64_t number = 1; number <= kCommits; ++number) {
    for (int i = 0; i < 100; ++i) {
      const uint64_t device = 1 + random.Below(3000);
      values[device] = 1 + random.Below(1000);
      Set(counters, KeyOf(device, "8F3F"), values[device]);
    }
    Commit(counters, number, TimeMs{0}, store);
  }
  for (const size_t some_gathered : {size_t{1}, size_t{1500}, Counters::kSomeGathered}) {
    Counters loaded(owner, 1, some_gathered);
    Load(store, loaded);
    for (const auto& [device, value] : values) {
      ASSERT_EQ(Get(loaded, KeyOf(device, "8F3F")), value)
          << "device " << device << ", " << some_gathered << " gathered";
    }
    EXPECT_EQ(loaded.table().KeysHeld(), values.size());
  }
}

TEST(Counters, ARolledBackRemovalRemovesNothing) {
  const OverAfterAMinute owner;
  Counters counters(owner, 1);
  Store store;
  const AlertKey key = KeyOf(5, "8F3F");
  Set(counters, key);
  Commit(counters, 1, TimeMs{0}, store);
  counters.RemoveCodes(std::vector<bool>(AlertCode::kCount, true));
  EXPECT_EQ(Get(counters, key), 0U);
  counters.Rollback();
  EXPECT_EQ(Get(counters, key), kValue);
  Commit(counters, 2, TimeMs{0}, store);
  Counters loaded(owner, 1);
  Load(store, loaded);
  EXPECT_EQ(Get(loaded, key), kValue);
}

}  // namespace
}  // namespace weir
