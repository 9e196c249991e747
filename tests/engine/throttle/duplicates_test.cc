// Goal: a message seen within the window is found, anything else is not, also across rollbacks and
// the store.
// Method: worked examples, and random messages against a naive list.

#include "engine/throttle/duplicates.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

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

bool IsDuplicate(Duplicates& duplicates, const Alert& alert, TimeMs now) {
  const std::optional<Fingerprint> id = FingerprintOf(alert);
  return id && duplicates.IsDuplicate(*id, now);
}

TEST(Duplicates, FindsAMessageWithinTheWindowOnly) {
  Duplicates duplicates(kHour);
  EXPECT_FALSE(IsDuplicate(duplicates, Message(1, 1), TimeMs{0}));
  EXPECT_TRUE(IsDuplicate(duplicates, Message(1, 1), TimeMs{kHour.value - 1}));
  // A dropped duplicate does not renew what is remembered.
  EXPECT_FALSE(IsDuplicate(duplicates, Message(1, 1), TimeMs{kHour.value}));
  EXPECT_TRUE(IsDuplicate(duplicates, Message(1, 1), TimeMs{kHour.value + 1}));
}

TEST(Duplicates, ComparesTheMessageAndNotWhenItWasReceived) {
  Duplicates duplicates(kHour);
  Alert alert = Message(1, 1);
  alert.received = TimeMs{5};
  EXPECT_FALSE(IsDuplicate(duplicates, alert, TimeMs{5}));
  alert.received = TimeMs{6};
  EXPECT_TRUE(IsDuplicate(duplicates, alert, TimeMs{6}));
  alert.original = "the bytes around it";
  EXPECT_TRUE(IsDuplicate(duplicates, alert, TimeMs{6}));
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
    EXPECT_FALSE(IsDuplicate(duplicates, other, TimeMs{7})) << variant;
  }
}

TEST(Duplicates, AMessageWithNeitherCounterNorPayloadIsNever) {
  Duplicates duplicates(kHour);
  Alert alert = Message(1, 1);
  alert.counter.reset();
  EXPECT_FALSE(IsDuplicate(duplicates, alert, TimeMs{0}));
  EXPECT_FALSE(IsDuplicate(duplicates, alert, TimeMs{0}));
  alert.payload = "x";
  EXPECT_FALSE(IsDuplicate(duplicates, alert, TimeMs{0}));
  EXPECT_TRUE(IsDuplicate(duplicates, alert, TimeMs{0}));
}

TEST(Duplicates, AWindowOfZeroFindsNone) {
  Duplicates duplicates(DurationMs{0});
  EXPECT_FALSE(IsDuplicate(duplicates, Message(1, 1), TimeMs{0}));
  EXPECT_FALSE(IsDuplicate(duplicates, Message(1, 1), TimeMs{0}));
}

TEST(Duplicates, ForgetsWhatIsOver) {
  Duplicates duplicates(kMinute);
  for (int64_t i = 0; i < 10000; ++i) {
    IsDuplicate(duplicates, Message(1, static_cast<uint64_t>(i)), TimeMs{i * 1000});
    duplicates.Accept(TimeMs{i * 1000});
  }
  EXPECT_EQ(duplicates.size(), 60U);
}

TEST(Duplicates, FindsAllThatGrewAndWhatCameAfterARollback) {
  constexpr uint64_t kMany = 50000;
  for (const uint64_t undone : {uint64_t{0}, uint64_t{1}, uint64_t{500}}) {
    Duplicates duplicates(kHour);
    for (uint64_t i = 0; i < kMany; ++i) {
      if (i % 5000 == 0) {
        duplicates.Accept(TimeMs{0});
        for (uint64_t other = 0; other < undone; ++other) {
          ASSERT_FALSE(IsDuplicate(duplicates, Message(2, other), TimeMs{0}));
        }
        duplicates.Rollback();
      }
      ASSERT_FALSE(IsDuplicate(duplicates, Message(1, i), TimeMs{0})) << i;
    }
    for (uint64_t i = 0; i < kMany; ++i) {
      ASSERT_TRUE(IsDuplicate(duplicates, Message(1, i), TimeMs{1})) << i;
      ASSERT_FALSE(IsDuplicate(duplicates, Message(3, i), TimeMs{1})) << i;
    }
  }
}

// What a fresh object holds that has been given these.
Duplicates Reloaded(const std::vector<Sighting>& kept, DurationMs window) {
  Duplicates duplicates(window);
  for (const Sighting& sighting : kept) {
    std::string bytes;
    sighting.Encode(bytes);
    WireReader in(bytes);
    duplicates.Load(*Sighting::Decode(in));
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
  std::vector<Sighting> kept;
  TimeMs now{0};
  TimeMs accepted_now{0};
  for (uint64_t batch = 1; batch <= 2000; ++batch) {
    for (uint64_t i = random.Below(20); i > 0; --i) {
      now = TimeMs{now.value + static_cast<int64_t>(random.Below(5000))};
      const uint64_t counter = random.Below(60);
      const bool expected = seen.count(counter) != 0 && now - seen[counter] < window;
      ASSERT_EQ(IsDuplicate(duplicates, Message(1, counter), now), expected);
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
    duplicates.ForEachOfBatch([&](const Sighting& sighting) { kept.push_back(sighting); });
    duplicates.Accept(now);
    accepted = seen;
    accepted_now = now;
    if (random.OneIn(5)) {
      duplicates = Reloaded(kept, window);
      duplicates.Accept(now);
    }
  }
  EXPECT_LT(duplicates.size(), 100U);
}

}  // namespace
}  // namespace weir
