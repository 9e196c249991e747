// Goal: a message seen within the window is found, anything else is not, also across rollbacks and
// the store.
// Method: worked examples, and random messages against a naive list.

#include "engine/throttle/duplicates.h"

#include <map>

#include "gtest/gtest.h"

#include "tests/support/random.h"

namespace weir {
namespace {

Alert Message(uint64_t device, uint64_t counter) {
  Alert alert;
  alert.device = Eui64{device};
  alert.counter = counter;
  return alert;
}

TEST(Duplicates, FindsAMessageWithinTheWindowOnly) {
  Duplicates duplicates(kHour);
  EXPECT_FALSE(duplicates.IsDuplicate(Message(1, 1), TimeMs{0}));
  EXPECT_TRUE(duplicates.IsDuplicate(Message(1, 1), TimeMs{kHour.value - 1}));
  // A dropped duplicate does not renew what is remembered.
  EXPECT_FALSE(duplicates.IsDuplicate(Message(1, 1), TimeMs{kHour.value}));
  EXPECT_TRUE(duplicates.IsDuplicate(Message(1, 1), TimeMs{kHour.value + 1}));
}

TEST(Duplicates, ComparesTheMessageAndNotWhenItWasReceived) {
  Duplicates duplicates(kHour);
  Alert alert = Message(1, 1);
  alert.received = TimeMs{5};
  EXPECT_FALSE(duplicates.IsDuplicate(alert, TimeMs{5}));
  alert.received = TimeMs{6};
  EXPECT_TRUE(duplicates.IsDuplicate(alert, TimeMs{6}));
  for (Alert other : {Message(2, 1), Message(1, 2), Message(1, 1), Message(1, 1), Message(1, 1)}) {
    static int variant = 0;
    switch (variant++) {
      case 2:
        other.recipient = Eui64{0};
        break;
      case 3:
        other.device_time = TimeMs{0};
        break;
      case 4:
        other.payload = "x";
        break;
      default:
        break;
    }
    EXPECT_FALSE(duplicates.IsDuplicate(other, TimeMs{7})) << variant;
  }
}

TEST(Duplicates, AMessageWithNeitherCounterNorPayloadIsNever) {
  Duplicates duplicates(kHour);
  Alert alert = Message(1, 1);
  alert.counter.reset();
  EXPECT_FALSE(duplicates.IsDuplicate(alert, TimeMs{0}));
  EXPECT_FALSE(duplicates.IsDuplicate(alert, TimeMs{0}));
  alert.payload = "x";
  EXPECT_FALSE(duplicates.IsDuplicate(alert, TimeMs{0}));
  EXPECT_TRUE(duplicates.IsDuplicate(alert, TimeMs{0}));
}

TEST(Duplicates, AWindowOfZeroFindsNone) {
  Duplicates duplicates(DurationMs{0});
  EXPECT_FALSE(duplicates.IsDuplicate(Message(1, 1), TimeMs{0}));
  EXPECT_FALSE(duplicates.IsDuplicate(Message(1, 1), TimeMs{0}));
}

TEST(Duplicates, ForgetsWhatIsOver) {
  Duplicates duplicates(kMinute);
  for (int64_t i = 0; i < 10000; ++i) {
    duplicates.IsDuplicate(Message(1, static_cast<uint64_t>(i)), TimeMs{i * 1000});
    duplicates.Accept(TimeMs{i * 1000});
  }
  EXPECT_EQ(duplicates.size(), 60U);
}

// The store's entries, and loading them into a fresh object.
Duplicates Reloaded(const std::map<std::string, std::string>& store, DurationMs window) {
  Duplicates duplicates(window);
  for (const auto& [name, value] : store) {
    EXPECT_TRUE(duplicates.Load(name, value).ok());
  }
  return duplicates;
}

TEST(Duplicates, AgreesWithAListAcrossRollbacksAndReloads) {
  Random random = Random::FromEnvironment(4);
  SCOPED_TRACE(random.seed_text());
  const DurationMs window = kMinute;
  Duplicates duplicates(window);
  std::map<uint64_t, TimeMs> seen;
  std::map<uint64_t, TimeMs> accepted;
  std::map<std::string, std::string> store;
  TimeMs now{0};
  TimeMs accepted_now{0};
  for (uint64_t batch = 1; batch <= 2000; ++batch) {
    for (uint64_t i = random.Below(20); i > 0; --i) {
      now = TimeMs{now.value + static_cast<int64_t>(random.Below(5000))};
      const uint64_t counter = random.Below(60);
      const bool expected = seen.count(counter) != 0 && now - seen[counter] < window;
      ASSERT_EQ(duplicates.IsDuplicate(Message(1, counter), now), expected);
      if (!expected) {
        seen[counter] = now;
      }
    }
    if (random.OneIn(3)) {
      duplicates.Rollback();
      seen = accepted;
      now = accepted_now;
      continue;
    }
    StateBatch changes;
    duplicates.Export(batch, now, StateScope(changes, ""));
    for (const StateBatch::Change& change : changes.changes()) {
      if (change.value) {
        store[change.key] = *change.value;
      } else {
        store.erase(change.key);
      }
    }
    duplicates.Accept(now);
    accepted = seen;
    accepted_now = now;
    if (random.OneIn(5)) {
      duplicates = Reloaded(store, window);
      duplicates.Accept(now);
    }
  }
  EXPECT_LT(store.size(), 100U);
}

}  // namespace
}  // namespace weir
