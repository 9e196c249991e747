// Drives one partition as a service does: rounds, commits that may be undone, and a state that is
// taken up by another partition.
//
// Layer: tests.
#pragma once

#include <cstdint>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "gtest/gtest.h"

#include "engine/pipeline/partition.h"
#include "tests/support/memory_ports.h"

namespace weir {

class PartitionRun {
 public:
  // `schedule` outlives the run.
  explicit PartitionRun(const PolicySchedule& schedule, size_t shards = 1)
      : schedule_(schedule),
        partition_(std::make_unique<Partition>(schedule, DefaultRules(), shards)) {}

  void Round(absl::Span<const Record> records) {
    std::vector<uint32_t> all(records.size());
    std::iota(all.begin(), all.end(), 0);
    std::vector<Verdict> verdicts(records.size());
    partition_->Begin(records, all, absl::MakeSpan(verdicts));
    Decide(records, verdicts);
  }

  void Idle(TimeMs until) {
    partition_->BeginIdle(until);
    Decide({}, {});
  }

  bool FireSome(TimeMs by, size_t limit) {
    const bool more = partition_->FireSome(by, limit);
    WriteResults({}, {});
    return more;
  }

  // The delta of the open batch, as commit `number`.
  StateBatch Export(uint64_t number) const {
    StateBatch batch;
    partition_->Export(number, StateScope(batch, ""));
    return batch;
  }

  StateBatch ExportUpkeep(uint64_t number) {
    StateBatch batch;
    partition_->ExportUpkeep(number, StateScope(batch, ""));
    return batch;
  }

  void Accept() {
    partition_->Accept();
    ASSERT_TRUE(sink_.Seal().ok());
  }

  void Rollback() {
    partition_->Rollback();
    ASSERT_TRUE(sink_.Discard().ok());
  }

  // Goes on with another partition, which takes up what the store holds, if anything. What was not
  // accepted is gone.
  absl::Status Restart(MemoryStore& store, size_t shards = 1) {
    partition_ = std::make_unique<Partition>(schedule_, DefaultRules(), shards);
    sink_.Discard().IgnoreError();
    absl::Status loaded = store.Scan("", [this](absl::string_view name, absl::string_view value) {
      return partition_->Load(name, value);
    });
    return loaded.ok() && !store.entries().empty() ? partition_->FinishLoad(false) : loaded;
  }

  Partition& partition() { return *partition_; }

  // A line for each result, in their order.
  const std::vector<std::string>& lines() const { return sink_.lines(); }

  // Those behind the first `count`.
  std::vector<std::string> LinesBehind(size_t count) const {
    const absl::Span<const std::string> behind = absl::MakeConstSpan(lines()).subspan(count);
    return {behind.begin(), behind.end()};
  }

 private:
  void Decide(absl::Span<const Record> records, absl::Span<const Verdict> verdicts) {
    while (partition_->DealOut()) {
      for (size_t shard = 0; shard < partition_->throttle().shards(); ++shard) {
        partition_->Decide(shard);
      }
    }
    WriteResults(records, verdicts);
  }

  void WriteResults(absl::Span<const Record> records, absl::Span<const Verdict> verdicts) {
    std::vector<LedgerEntry> ledger;
    partition_->MoveLedgerTo(ledger);
    PutInOrder(ledger);
    sink_.Write({.records = records, .verdicts = verdicts, .ledger = ledger});
  }

  const PolicySchedule& schedule_;
  std::unique_ptr<Partition> partition_;
  MemorySink sink_;
};

// What a partition's totals say, beside its lines.
inline void ExpectSameTotals(const Partition& a, const Partition& b) {
  EXPECT_EQ(a.throttle().TotalsByCode(), b.throttle().TotalsByCode());
  EXPECT_EQ(a.counts().read, b.counts().read);
  EXPECT_EQ(a.stream_time(), b.stream_time());
}

}  // namespace weir
