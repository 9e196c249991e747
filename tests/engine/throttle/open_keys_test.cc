// Goal: an open key comes back from the store as it went in.
// Method: worked examples.

#include "engine/throttle/open_keys.h"

#include <optional>
#include <string>

#include "gtest/gtest.h"

namespace weir {
namespace {

const AlertKey kKey{Eui64{1}, *ParseAlertCode("8F3F"), Eui64{2}};

// In its third window.
OpenKey Throttled() {
  KeptAlert last;
  last.device = kKey.device;
  last.code = kKey.code;
  last.counter = 3;
  last.original = "key, headers and payload";
  return {.count = {.window = 2, .current = 3, .previous = 1},
          .window = kMinute,
          .last_position = 5,
          .episode = Episode{.started = TimeMs{7},
                             .started_window = 1,
                             .alerts = 9,
                             .sequence = 2,
                             .pending = 3,
                             .last = last}};
}

TEST(OpenKeys, AnOpenKeyIsTheSameAfterTheStore) {
  OpenKeys keys;
  keys.Open(kKey, Throttled());
  StateBatch batch;
  keys.Export(StateScope(batch, ""));
  ASSERT_EQ(batch.changes().size(), 1U);
  const StateBatch::Change& change = batch.changes()[0];
  const std::optional<NamedOpenKey> named = DecodeOpenKey(change.key, *change.value);
  ASSERT_TRUE(named.has_value());
  EXPECT_EQ(named->key, kKey);
  EXPECT_EQ(named->open.count, Throttled().count);
  EXPECT_EQ(named->open.last_position, 5);
  ASSERT_TRUE(named->open.episode.has_value());
  EXPECT_EQ(named->open.episode->alerts, 9U);
  EXPECT_EQ(named->open.episode->last.counter, 3U);
  EXPECT_EQ(named->open.episode->last.payload, "");
  EXPECT_EQ(named->open.episode->last.original, "key, headers and payload");
}

}  // namespace
}  // namespace weir
