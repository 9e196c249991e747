// The contestants: everything that can count a batch of alerts, and the baselines.
//
// All are filled with every key of the workload when they are made, by the way they will go on
// counting, and then have the same members: Decide counts the keys of one batch, and bytes() is
// what holds the counts by its own account. Variants of one contestant, such as with and without
// prefetching, are ways to call the same one, so that all of a run have room in memory at once.
//
// Stream time stands still and the threshold is one that no key reaches: every key stays live and
// every alert passes, as nearly all do.
//
// Threads: one for each Turn::thread may be in Decide at the same time, with keys of its own.
//
// Layer: bench (engine/throttle, engine/alert, engine/base).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"

#include "bench/micro/workload.h"
#include "engine/alert/event.h"
#include "engine/base/team.h"
#include "engine/throttle/counter_table.h"
#include "engine/throttle/ledger.h"
#include "engine/throttle/policy.h"
#include "engine/throttle/shard.h"
#include "engine/throttle/throttle.h"
#include "engine/throttle/window_count.h"

namespace weir {

// Threads that count side by side at most.
constexpr size_t kMostThreads = 2;

// Whether keys are prefetched some before they are counted, as the throttle does.
enum class Prefetching : uint8_t { kNone, kGroup };

// How a batch is to be counted, and who does it.
struct Turn {
  Prefetching prefetching = Prefetching::kGroup;
  size_t thread = 0;
  size_t threads = 1;  // that count side by side
};

// What counting one alert does to a word: the throttle's arithmetic, for the contestants that are
// no throttle.
class alignas(64) WordCounter {
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
  explicit TableContestant(const Workload& workload);
  void Decide(KeyBatch batch, const Turn& turn);

  size_t bytes() const { return table_.MemoryBytes(); }

 private:
  bool IsOver(uint32_t tag, uint64_t value, TimeMs horizon) const override;
  void DecideGroup(KeyBatch group, const Turn& turn);

  std::array<WordCounter, kMostThreads> counters_;  // by thread
  CounterTable table_;
};

// The whole throttle, with its rounds, journals, totals and commits: a shard for each of a team. It
// deals alerts out itself, so that it is called by one thread. Its alerts have neither counter nor
// payload: none is remembered to find duplicates.
class ThrottleContestant {
 public:
  // The team outlives it.
  ThrottleContestant(const Workload& workload, Team& team);
  void Decide(KeyBatch batch, const Turn& turn);

  size_t bytes() const { return throttle_.counters().table().MemoryBytes(); }

 private:
  void MakeArrivals(KeyBatch batch, size_t part);

  Team& team_;
  PolicySchedule schedule_;
  Throttle throttle_;
  std::vector<AlertKey> pairs_;  // by tag, from 1; only code and recipient
  int64_t position_ = 0;

  // Of one round.
  std::vector<Alert> alerts_;
  std::vector<Arrival> arrivals_;
  std::vector<Verdict> verdicts_;
};

// A map of Abseil from a 64-bit hash of the key to the same word, for each thread its own. It is
// not atomic, and it would take two keys of the same hash for one.
class FlatMapContestant {
 public:
  // The keys of each thread.
  explicit FlatMapContestant(absl::Span<const Workload> workloads);
  void Decide(KeyBatch batch, const Turn& turn);

  size_t bytes() const;

 private:
  struct alignas(64) Own {
    WordCounter counter;
    absl::flat_hash_map<uint64_t, uint64_t> map;
  };

  std::vector<Own> own_;  // by thread
};

// Adds one to a random word of an array of `bytes` bytes for each key: what the memory can do.
// Of two threads each takes every other cache line of the array, so that they disturb one another
// as little as two can that share a memory: nothing is atomic and no line changes hands.
class ArrayContestant {
 public:
  ArrayContestant(const Workload& workload, size_t bytes);
  void Decide(KeyBatch batch, const Turn& turn);

  size_t bytes() const { return lines_.size() * sizeof(Line); }

 private:
  struct alignas(64) Line {
    std::array<uint64_t, 8> words;
  };

  uint64_t& WordOf(const CounterTable::Key& key, const Turn& turn);

  std::vector<Line> lines_;  // an even number
};

}  // namespace weir
