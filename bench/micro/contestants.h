// The contestants: everything that can count a batch of alerts, and the baselines.
//
// All are filled with every key of the workload when they are made, by the way they will go on
// counting, and then have the same members: Decide counts the keys of one batch, and bytes() is
// what holds the counts by its own account.
//
// Stream time stands still and the threshold is one that no key reaches: every key stays live and
// every alert passes, as nearly all do.
//
// Threads: one owner each.
//
// Layer: bench (engine/throttle, engine/alert, engine/base).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"

#include "bench/micro/workload.h"
#include "engine/alert/event.h"
#include "engine/throttle/counter_table.h"
#include "engine/throttle/ledger.h"
#include "engine/throttle/policy.h"
#include "engine/throttle/shard.h"
#include "engine/throttle/throttle.h"
#include "engine/throttle/window_count.h"

namespace weir {

using KeyBatch = absl::Span<const CounterTable::Key>;

// Whether keys are prefetched some before they are counted, as the throttle does.
enum class Prefetching : uint8_t { kNone, kGroup };

// What counting one alert does to a word: the throttle's arithmetic, for the contestants that are
// no throttle.
class WordCounter {
 public:
  WordCounter();

  uint64_t Next(uint64_t before);

  bool IsOver(uint64_t word, TimeMs horizon) const { return codec_.IsOver(word, horizon); }

  // Alerts that went beyond the threshold: none. Keeps the comparison from being optimised away.
  uint64_t beyond() const { return beyond_; }

 private:
  CodePolicy policy_;
  CountCodec codec_;
  WindowClock clock_;
  uint64_t beyond_ = 0;
};

// The counter table alone.
class TableContestant : private CounterTable::Expiry {
 public:
  TableContestant(const Workload& workload, Prefetching prefetching);
  void Decide(KeyBatch batch);

  size_t bytes() const { return table_.MemoryBytes(); }

 private:
  bool IsOver(uint32_t tag, uint64_t value, TimeMs horizon) const override;

  WordCounter counter_;
  CounterTable table_;
  Prefetching prefetching_;
};

// The whole throttle of one shard, with its rounds, journal, totals and commits.
class ThrottleContestant {
 public:
  explicit ThrottleContestant(const Workload& workload);
  void Decide(KeyBatch batch);

  size_t bytes() const { return throttle_.counters().table().MemoryBytes(); }

 private:
  PolicySchedule schedule_;
  Throttle throttle_;
  std::vector<AlertKey> pairs_;  // by tag, from 1; only code and recipient
  int64_t position_ = 0;

  // Of one round.
  std::vector<Alert> alerts_;
  std::vector<Arrival> arrivals_;
  std::vector<Verdict> verdicts_;
};

// A map of Abseil from a 64-bit hash of the key to the same word. It is not atomic, and it would
// take two keys of the same hash for one.
class FlatMapContestant {
 public:
  FlatMapContestant(const Workload& workload, Prefetching prefetching);
  void Decide(KeyBatch batch);

  size_t bytes() const;

 private:
  WordCounter counter_;
  absl::flat_hash_map<uint64_t, uint64_t> map_;
  Prefetching prefetching_;
};

// Adds one to a random word of an array of `bytes` bytes for each key: what the memory can do.
class ArrayContestant {
 public:
  ArrayContestant(const Workload& workload, Prefetching prefetching, size_t bytes);
  void Decide(KeyBatch batch);

  size_t bytes() const { return words_.size() * sizeof(uint64_t); }

 private:
  uint64_t& WordOf(const CounterTable::Key& key);

  std::vector<uint64_t> words_;
  Prefetching prefetching_;
};

}  // namespace weir
