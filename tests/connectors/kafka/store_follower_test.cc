// Goal: a store follows commits once per key, says from where the changelogs are to be read on, and
// may fail without anything being lost. Method: heads and changes by hand, over a store in memory
// that can be full.

#include "connectors/kafka/store_follower.h"

#include <memory>
#include <string>
#include <utility>

#include "gtest/gtest.h"

#include "engine/pipeline/memory_store.h"

namespace weir {
namespace {

// A store whose entries outlive it, and which may be full.
class SharedStore final : public Store {
 public:
  SharedStore(MemoryStore& entries, const bool& full) : entries_(entries), full_(full) {}

  absl::Status Write(const StateBatch& batch) override {
    return full_ ? absl::UnavailableError("full") : entries_.Write(batch);
  }

  absl::Status Scan(absl::string_view prefix, Visitor visit) override {
    return entries_.Scan(prefix, visit);
  }

 private:
  MemoryStore& entries_;
  const bool& full_;
};

StorePoint NothingOf(const std::string& log) {
  StorePoint point;
  point.log = log;
  return point;
}

Head HeadAt(uint64_t number, uint64_t oldest_delta = 1) {
  Head head;
  head.number = number;
  head.next_offset = static_cast<int64_t>(10 * number);
  head.partitions = 1;
  head.oldest_delta = oldest_delta;
  return head;
}

class StoreFollowerTest : public testing::Test {
 protected:
  StoreFollowerTest()
      : follower_(std::make_unique<SharedStore>(entries_, full_), NothingOf("log")) {}

  // Commit `number`, which sets one entry.
  void Follow(uint64_t number, const std::string& name, const std::string& value,
              uint64_t oldest_delta = 1) {
    StateBatch delta;
    delta.Put(name, value);
    follower_.Follow(HeadAt(number, oldest_delta), std::move(delta), StateBatch());
  }

  StorePoint Point() {
    absl::StatusOr<StorePoint> point = ReadStorePoint(entries_);
    EXPECT_TRUE(point.ok()) << point.status();
    return point.ok() ? *point : StorePoint();
  }

  std::string Entry(const std::string& name) {
    StateBatch batch;
    StoreScope(batch).Put(name, "");
    const auto found = entries_.entries().find(batch.changes().front().key);
    return found == entries_.entries().end() ? "" : found->second;
  }

  MemoryStore entries_;
  bool full_ = false;
  StoreFollower follower_;
};

TEST_F(StoreFollowerTest, WritesTheNewestValueOfEachKeyAndWhereItStands) {
  Follow(1, "a", "one");
  Follow(2, "a", "two");
  Follow(3, "b", "three");
  EXPECT_TRUE(entries_.entries().empty());
  ASSERT_TRUE(follower_.WriteOut(TimeMs{77}).ok());
  EXPECT_EQ(Entry("a"), "two");
  EXPECT_EQ(Entry("b"), "three");
  EXPECT_EQ(Point().commit.number, 3U);
  EXPECT_EQ(Point().commit.next_offset, 30);
  EXPECT_EQ(Point().log, "log");
  EXPECT_EQ(Point().written, TimeMs{77});
  EXPECT_EQ(follower_.pending_bytes(), 0U);
}

TEST_F(StoreFollowerTest, NamesNoPositionThatACommitUnderWayMayHaveWrittenBefore) {
  Follow(1, "a", "one");
  follower_.NoteEnd({.deltas = 500, .state = 600});
  // Commit 2 may have written below 500.
  ASSERT_TRUE(follower_.WriteOut(TimeMs{}).ok());
  EXPECT_EQ(Point().changelog.deltas, 0);
  Follow(2, "a", "two");
  ASSERT_TRUE(follower_.WriteOut(TimeMs{}).ok());
  EXPECT_EQ(Point().changelog.deltas, 500);
  EXPECT_EQ(Point().changelog.state, 600);
}

TEST_F(StoreFollowerTest, KeepsWhatAFullStoreMissesUntilItTakesIt) {
  full_ = true;
  Follow(1, "a", "one");
  Follow(1, "b", "one");
  EXPECT_TRUE(absl::IsUnavailable(follower_.WriteOut(TimeMs{})));
  Follow(2, "a", "two");
  EXPECT_TRUE(absl::IsUnavailable(follower_.WriteOut(TimeMs{})));
  full_ = false;
  ASSERT_TRUE(follower_.WriteOut(TimeMs{}).ok());
  EXPECT_EQ(Entry("a"), "two");
  EXPECT_EQ(Entry("b"), "one");
  EXPECT_EQ(Point().commit.number, 2U);
}

TEST_F(StoreFollowerTest, GivesUpWhatThereIsNoRoomFor) {
  full_ = true;
  const std::string large(StoreFollower::kMostPending / 2, 'x');
  Follow(1, "a", "one");
  ASSERT_TRUE(absl::IsUnavailable(follower_.WriteOut(TimeMs{})));
  for (uint64_t number = 2; number < 5; ++number) {
    Follow(number, std::string(1, static_cast<char>('a' + number)), large);
  }
  EXPECT_EQ(follower_.pending_bytes(), 0U);
  full_ = false;
  // What is missing must not be written around.
  EXPECT_TRUE(absl::IsUnavailable(follower_.WriteOut(TimeMs{})));
  EXPECT_TRUE(entries_.entries().empty());
}

TEST_F(StoreFollowerTest, TrimsBelowTheOldestDeltaOnly) {
  Follow(1, "a", "1");
  follower_.NoteEnd({.deltas = 100, .state = 0});  // of commits up to 2
  Follow(5, "a", "5");
  follower_.NoteEnd({.deltas = 200, .state = 0});  // of commits up to 6
  EXPECT_EQ(follower_.TakeTrimOffset(), std::nullopt);
  Follow(9, "a", "9", 3);
  follower_.NoteEnd({.deltas = 300, .state = 0});
  EXPECT_EQ(follower_.TakeTrimOffset(), std::make_optional<int64_t>(100));
  EXPECT_EQ(follower_.TakeTrimOffset(), std::nullopt);
  Follow(10, "a", "10", 7);
  EXPECT_EQ(follower_.TakeTrimOffset(), std::make_optional<int64_t>(200));
}

TEST(StoreFollower, KeepsAccountWithoutAStore) {
  StoreFollower follower(nullptr, NothingOf("log"));
  StateBatch delta;
  delta.Put("a", "one");
  follower.Follow(HeadAt(1), std::move(delta), StateBatch());
  EXPECT_EQ(follower.pending_bytes(), 0U);
  EXPECT_EQ(follower.WriteOut(TimeMs{}).code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace weir
