// Goal: what stands in the log is what one uninterrupted run over the records gives, whatever fails
// and whenever the process dies. Method: random logs under random policies in three partitions; a
// simulated log fails at random, with either outcome; the worker dies at random and recovers from
// the changelogs, with its store as it was, older, or gone.

#include "engine/pipeline/commit_protocol.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "engine/pipeline/recovery.h"
#include "tests/support/logs.h"
#include "tests/support/memory_ports.h"
#include "tests/support/random.h"
#include "tests/support/simulated_log.h"

namespace weir {
namespace {

constexpr uint32_t kPartitions = 3;

using Logs = std::map<int32_t, std::vector<Record>>;

// The log by partition, with offsets of its own in each.
Logs ByPartition(const std::vector<Record>& log) {
  Logs logs;
  for (const Record& record : log) {
    std::vector<Record>& own = logs[static_cast<int32_t>(record.partition)];
    own.push_back(record);
    own.back().origin.offset = static_cast<int64_t>(own.size()) - 1;
    own.back().partition = 0;
  }
  return logs;
}

// The lines of one run over the records, without batches or faults.
std::vector<std::string> PlainRun(const PolicySchedule& schedule,
                                  const std::vector<Record>& records) {
  MemorySource source(records);
  MemorySink sink;
  Replay whole(schedule, DefaultRules(), source, sink, nullptr, Alone());
  EXPECT_TRUE(whole.Resume(false).ok());
  EXPECT_TRUE(whole.Step(records.size()).ok());
  return sink.lines();
}

// The first line in which they differ, with its neighbours; empty if they are the same.
std::string Difference(const std::vector<std::string>& got,
                       const std::vector<std::string>& wanted) {
  if (got == wanted) {
    return "";
  }
  const auto at = static_cast<size_t>(
      std::mismatch(got.begin(), got.end(), wanted.begin(), wanted.end()).first - got.begin());
  std::string text = absl::StrCat(got.size(), " lines instead of ", wanted.size(), "\n");
  for (size_t i = at < 3 ? 0 : at - 3; i < at + 3; ++i) {
    absl::StrAppend(&text, i, " got  ", i < got.size() ? got[i] : "-", "\n", i, " want ",
                    i < wanted.size() ? wanted[i] : "-", "\n");
  }
  return text;
}

// A store that follows commits at once, and where it stands.
class Follower final : public CommitFollower {
 public:
  explicit Follower(StorePoint point, MemoryStore& store, const SimulatedLog::Stream& stream)
      : point_(std::move(point)), store_(store), stream_(stream) {}

  void Follow(const Head& head, StateBatch delta, StateBatch upkeep) override {
    StateBatch batch;
    const StateScope scope = StoreScope(batch);
    for (StateBatch* changes : {&delta, &upkeep}) {
      for (const StateBatch::Change& change : changes->changes()) {
        if (change.value) {
          scope.Put(change.key, *change.value);
        } else {
          scope.Erase(change.key);
        }
      }
    }
    point_.head = head;
    point_.commit.number = head.number;
    point_.commit.next_offset = head.next_offset;
    point_.changelog = {.deltas = static_cast<int64_t>(stream_.deltas.size()),
                        .state = static_cast<int64_t>(stream_.state.size())};
    PutStorePoint(point_, batch);
    ASSERT_TRUE(store_.Write(batch).ok());
  }

 private:
  StorePoint point_;
  MemoryStore& store_;
  const SimulatedLog::Stream& stream_;
};

// The parts of the delta that is the oldest one needed begin there.
size_t TrimmedTo(const SimulatedLog::Stream& stream, uint64_t oldest) {
  DeltaReader reader;
  size_t begin = 0;
  for (size_t i = 0; i < stream.deltas.size(); ++i) {
    const absl::StatusOr<std::optional<Delta>> delta = reader.Add(*stream.deltas[i].value);
    EXPECT_TRUE(delta.ok()) << delta.status();
    if (delta.ok() && *delta && (*delta)->number < oldest) {
      begin = i + 1;
    }
  }
  return begin;
}

// A worker with its stores, and the log that it works on.
class Simulation {
 public:
  Simulation(const PolicySchedule& schedule, Random& random, const Logs& logs)
      : schedule_(schedule), random_(random), logs_(logs), log_(random, 8) {}

  void RunToTheEnd() {
    for (int lives = 0; !IsDone(); ++lives) {
      ASSERT_LT(lives, 100000) << "the simulation does not come to its end";
      ASSERT_NO_FATAL_FAILURE(Live());
    }
  }

  const SimulatedLog::Stream& stream(int32_t partition) { return log_.streams()[partition]; }

  const ProtocolCounts& counts() const { return counts_; }

 private:
  bool IsDone() {
    return std::all_of(logs_.begin(), logs_.end(), [&](const auto& entry) {
      return log_.streams()[entry.first].standing.next_offset ==
             static_cast<int64_t>(entry.second.size());
    });
  }

  // From a start to a death.
  void Live() {
    // What the last life had under way has come to nothing.
    ASSERT_TRUE(log_.Settle({}).ok());
    std::vector<std::unique_ptr<OwnedPartition>> owned;
    for (const auto& [number, records] : logs_) {
      ASSERT_NO_FATAL_FAILURE(Recover(number, owned.emplace_back()));
    }
    CommitProtocol protocol(log_, kPartitions, 1 + random_.Below(4));
    for (bool alive = true; alive && !IsDone();) {
      OwnedPartition& partition = *owned[random_.Below(owned.size())];
      const std::vector<Record>& records = logs_.at(partition.number());
      const size_t begin = static_cast<size_t>(partition.position());
      const size_t count = std::min(records.size() - begin, random_.Below(60));
      absl::StatusOr<bool> stands =
          protocol.Process(partition, absl::MakeConstSpan(records).subspan(begin, count));
      ASSERT_TRUE(stands.ok()) << stands.status();
      if (random_.OneIn(3)) {
        stands = protocol.Commit();
        ASSERT_TRUE(stands.ok()) << stands.status();
      } else if (random_.OneIn(20)) {
        ASSERT_TRUE(protocol.Undo().ok());
      }
      alive = !random_.OneIn(30);
    }
    counts_.commits += protocol.counts().commits;
    counts_.settled_stands += protocol.counts().settled_stands;
    counts_.undone += protocol.counts().undone;
    for (int32_t number = 0; number < static_cast<int32_t>(kPartitions); ++number) {
      log_.Compact(number);
    }
  }

  void Recover(int32_t number, std::unique_ptr<OwnedPartition>& owned) {
    SimulatedLog::Stream& stream = log_.streams()[number];
    stream.standing.partition = number;
    MemoryStore& store = stores_[number];
    if (random_.OneIn(3)) {
      store = MemoryStore();
    } else if (random_.OneIn(3)) {
      store = older_[number];
    }
    absl::StatusOr<StorePoint> point = ReadStorePoint(store);
    ASSERT_TRUE(point.ok()) << point.status();
    point->commit.partition = number;
    if (stream.standing.number == 0) {
      owned = std::make_unique<OwnedPartition>(stream.standing, schedule_, DefaultRules());
    } else {
      if (point->commit != stream.standing) {
        point = CaughtUp(store, *point, stream);
        ASSERT_TRUE(point.ok()) << point.status();
      }
      std::string remarks;
      absl::StatusOr<std::unique_ptr<OwnedPartition>> loaded =
          LoadPartition(store, *point, schedule_, DefaultRules(), remarks);
      ASSERT_TRUE(loaded.ok()) << loaded.status();
      EXPECT_EQ(remarks, "");
      owned = *std::move(loaded);
    }
    older_[number] = store;
    owned->set_follower(std::make_shared<Follower>(*point, store, stream));
  }

  // From the store if it is not too old, else from the changelogs alone.
  absl::StatusOr<StorePoint> CaughtUp(MemoryStore& store, const StorePoint& point,
                                      const SimulatedLog::Stream& stream) {
    const std::optional<Head> head = DecodeHead(*stream.state.back().value);
    SimulatedChangelog changelog(stream, TrimmedTo(stream, head->oldest_delta));
    CatchUpCounts counts;
    absl::StatusOr<StorePoint> reached = CatchUp(store, point, stream.standing, changelog, counts);
    if (reached.ok() || point.commit.number == 0) {
      return reached;
    }
    store = MemoryStore();
    StorePoint nothing;
    nothing.commit.partition = point.commit.partition;
    return CatchUp(store, nothing, stream.standing, changelog, counts);
  }

  const PolicySchedule& schedule_;
  Random& random_;
  const Logs& logs_;
  SimulatedLog log_;
  std::map<int32_t, MemoryStore> stores_;
  std::map<int32_t, MemoryStore> older_;
  ProtocolCounts counts_;
};

TEST(CommitProtocol, WhatStandsIsWhatOneRunGives) {
  Random random = Random::FromEnvironment(31);
  SCOPED_TRACE(random.seed_text());
  ProtocolCounts counts;
  for (int round = 0; round < Rounds(25); ++round) {
    const PolicySchedule schedule = RandomSchedule(random);
    const Logs logs = ByPartition(RandomLog(random, 2500));
    Simulation simulation(schedule, random, logs);
    ASSERT_NO_FATAL_FAILURE(simulation.RunToTheEnd()) << "round " << round;
    for (const auto& [number, records] : logs) {
      ASSERT_EQ(Difference(ByStream(simulation.stream(number).lines),
                           ByStream(PlainRun(schedule, records))),
                "")
          << "round " << round << ", partition " << number;
    }
    counts.settled_stands += simulation.counts().settled_stands;
    counts.undone += simulation.counts().undone;
  }
  // Both branches have been there.
  EXPECT_GT(counts.settled_stands, 0U);
  EXPECT_GT(counts.undone, 0U);
}

TEST(CommitProtocol, FindsOutThatAnotherOwnerHasWritten) {
  Random random = Random::FromEnvironment(32);
  SCOPED_TRACE(random.seed_text());
  SimulatedLog log(random, 1);  // every call fails
  OwnedPartition partition(StandingCommit{}, PolicySchedule::Default(), DefaultRules());
  CommitProtocol protocol(log, 1);
  log.streams()[0].standing = {.partition = 0, .number = 7, .next_offset = 70};
  const absl::StatusOr<bool> stands = protocol.Process(partition, Storm());
  EXPECT_EQ(stands.status().code(), absl::StatusCode::kFailedPrecondition) << stands.status();
}

// A partition that has processed Storm() in as many commits as it has records.
class AfterStorm : public testing::Test {
 protected:
  AfterStorm()
      : random_(1), log_(random_, 0), partition_({}, PolicySchedule::Default(), DefaultRules()) {
    CommitProtocol protocol(log_, 1);
    for (const Record& record : Storm()) {
      EXPECT_TRUE(*protocol.Process(partition_, absl::MakeConstSpan(&record, 1)));
      EXPECT_TRUE(*protocol.Commit());
    }
  }

  absl::StatusOr<StorePoint> Rebuilt(const StandingCommit& target, size_t trimmed = 0) {
    SimulatedChangelog changelog(stream(), trimmed);
    CatchUpCounts counts;
    return CatchUp(store_, StorePoint(), target, changelog, counts);
  }

  SimulatedLog::Stream& stream() { return log_.streams()[0]; }

  Random random_;
  SimulatedLog log_;
  OwnedPartition partition_;
  MemoryStore store_;
};

TEST_F(AfterStorm, IsRebuiltFromTheChangelogsAlone) {
  ASSERT_TRUE(Rebuilt(stream().standing).ok()) << Rebuilt(stream().standing).status();
}

TEST_F(AfterStorm, IsNotRebuiltWithoutADeltaThatIsNeeded) {
  EXPECT_TRUE(absl::IsDataLoss(Rebuilt(stream().standing, 1).status()));
  stream().deltas.erase(stream().deltas.begin() + 5);
  EXPECT_TRUE(absl::IsDataLoss(Rebuilt(stream().standing).status()));
}

TEST_F(AfterStorm, IsNotRebuiltBeforeItsLastCommitHasBeenRead) {
  stream().state.pop_back();
  EXPECT_TRUE(absl::IsDeadlineExceeded(Rebuilt(stream().standing).status()));
}

TEST_F(AfterStorm, IsNotRebuiltFromALogThatIsAhead) {
  StandingCommit before = stream().standing;
  --before.number;
  --before.next_offset;
  EXPECT_TRUE(absl::IsAborted(Rebuilt(before).status()));
}

TEST_F(AfterStorm, IsNotRebuiltToAnotherOffset) {
  StandingCommit other = stream().standing;
  ++other.next_offset;
  EXPECT_TRUE(absl::IsDataLoss(Rebuilt(other).status()));
}

TEST_F(AfterStorm, AStoreOfAnotherPastIsNotFollowedOnFrom) {
  const absl::StatusOr<StorePoint> point = Rebuilt(stream().standing);
  ASSERT_TRUE(point.ok());
  StorePoint forked = *point;
  forked.commit.number -= 5;
  forked.head.number -= 5;
  forked.commit.next_offset -= 4;  // the delta that follows begins elsewhere
  SimulatedChangelog changelog(stream(), 0);
  CatchUpCounts counts;
  forked.changelog = {};
  const absl::Status status =
      CatchUp(store_, forked, stream().standing, changelog, counts).status();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
}

}  // namespace
}  // namespace weir
