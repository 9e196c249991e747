// A log in memory with the promises that the commit protocol needs of Kafka, and its faults: a
// transaction stands whole or not at all, and an error leaves open which.
//
// Layer: tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/check.h"
#include "engine/pipeline/commit_log.h"
#include "engine/pipeline/recovery.h"
#include "tests/support/memory_ports.h"
#include "tests/support/random.h"

namespace weir {

class SimulatedLog final : public CommitLog {
 public:
  // What stands of one partition.
  struct Stream {
    StandingCommit standing;
    std::vector<std::string> lines;
    std::vector<ChangelogRecord> deltas;
    std::vector<ChangelogRecord> state;
  };

  // `one_in`: how rarely a call fails; 0 for never.
  SimulatedLog(Random& random, uint64_t one_in) : random_(random), one_in_(one_in) {}

  absl::Status Write(int32_t partition, const Results& results) override {
    if (Fails()) {
      return absl::UnavailableError("simulated");
    }
    MemorySink sink;
    sink.Write(results);
    Stream& open = open_[partition];
    open.lines.insert(open.lines.end(), sink.lines().begin(), sink.lines().end());
    return absl::OkStatus();
  }

  absl::Status WriteChanges(int32_t partition, absl::Span<const ChangelogRecord> records) override {
    if (Fails()) {
      return absl::UnavailableError("simulated");
    }
    for (const ChangelogRecord& record : records) {
      Stream& open = open_[partition];
      (record.topic == ChangelogTopic::kDeltas ? open.deltas : open.state).push_back(record);
    }
    return absl::OkStatus();
  }

  size_t LargestDelta() const override { return 200; }

  absl::Status Commit(absl::Span<const StandingCommit> commits) override {
    const bool fails = Fails();
    if (fails && random_.OneIn(2)) {
      return absl::UnavailableError("simulated, and nothing stands");
    }
    for (const StandingCommit& commit : commits) {
      Stream& stands = streams_[commit.partition];
      WEIR_CHECK(commit.number == stands.standing.number + 1);
      WEIR_CHECK(commit.next_offset >= stands.standing.next_offset);
      stands.standing = commit;
      Stream& open = open_[commit.partition];
      Append(open.lines, stands.lines);
      Append(open.deltas, stands.deltas);
      Append(open.state, stands.state);
    }
    open_.clear();
    return fails ? absl::UnavailableError("simulated, and all stands") : absl::OkStatus();
  }

  absl::StatusOr<std::vector<StandingCommit>> Settle(
      absl::Span<const int32_t> partitions) override {
    open_.clear();
    std::vector<StandingCommit> standing;
    for (const int32_t partition : partitions) {
      standing.push_back(streams_[partition].standing);
      standing.back().partition = partition;
    }
    return standing;
  }

  std::map<int32_t, Stream>& streams() { return streams_; }

  // As a compacted topic may look: of each key only the newest record is sure to be there. What is
  // gone leaves its offset empty.
  void Compact(int32_t partition) {
    std::map<std::string, ChangelogRecord*> newest;
    for (ChangelogRecord& record : streams_[partition].state) {
      if (ChangelogRecord*& older = newest[record.key]; older != nullptr) {
        *older = {};
      }
      newest[record.key] = &record;
    }
  }

 private:
  bool Fails() { return one_in_ > 0 && random_.OneIn(one_in_); }

  template <typename T>
  static void Append(const std::vector<T>& from, std::vector<T>& to) {
    to.insert(to.end(), from.begin(), from.end());
  }

  Random& random_;
  uint64_t one_in_;
  std::map<int32_t, Stream> streams_;
  std::map<int32_t, Stream> open_;
};

// Reads the changelogs of a partition of such a log; of the deltas none below `trimmed`.
class SimulatedChangelog final : public ChangelogSource {
 public:
  SimulatedChangelog(const SimulatedLog::Stream& stream, size_t trimmed)
      : stream_(stream), trimmed_(trimmed) {}

  absl::StatusOr<ChangelogPosition> Begin() override {
    return ChangelogPosition{.deltas = static_cast<int64_t>(trimmed_), .state = 0};
  }

  absl::Status Seek(const ChangelogPosition& position) override {
    if (position.deltas < static_cast<int64_t>(trimmed_)) {
      return absl::OutOfRangeError("trimmed");
    }
    deltas_ = static_cast<size_t>(position.deltas);
    state_ = static_cast<size_t>(position.state);
    return absl::OkStatus();
  }

  absl::StatusOr<std::optional<ChangelogRecord>> Next() override {
    if (deltas_ < stream_.deltas.size()) {
      return stream_.deltas[deltas_++];
    }
    while (state_ < stream_.state.size()) {
      const ChangelogRecord& record = stream_.state[state_++];
      if (!record.key.empty()) {
        return record;
      }
    }
    return absl::DeadlineExceededError("the end");
  }

 private:
  const SimulatedLog::Stream& stream_;
  size_t trimmed_;
  size_t deltas_ = 0;
  size_t state_ = 0;
};

}  // namespace weir
