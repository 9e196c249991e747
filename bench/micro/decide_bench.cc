#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "benchmark/benchmark.h"

#include "bench/micro/contestants.h"
#include "bench/micro/memory.h"
#include "bench/micro/processors.h"
#include "bench/micro/suites.h"
#include "bench/micro/workload.h"
#include "connectors/threads/thread_team.h"
#include "engine/base/team.h"

namespace weir {

namespace {

// A contestant, and what making it took.
template <typename Contestant>
class Filled {
 public:
  template <typename... Arguments>
  explicit Filled(size_t keys, Arguments&&... arguments) {
    using Clock = std::chrono::steady_clock;
    const auto count = static_cast<double>(keys);
    const size_t before = ResidentBytes();
    const Clock::time_point started = Clock::now();
    contestant_.emplace(arguments...);
    fills_per_second_ = count / std::chrono::duration<double>(Clock::now() - started).count();
    bytes_per_key_ = static_cast<double>(contestant_->bytes()) / count;
    resident_per_key_ =
        (static_cast<double>(ResidentBytes()) - static_cast<double>(before)) / count;
  }

  Contestant& contestant() { return *contestant_; }

  void Tell(benchmark::State& state) const {
    state.counters["bytes_per_key"] = bytes_per_key_;
    state.counters["resident_bytes_per_key"] = resident_per_key_;
    state.counters["fills_per_second"] = fills_per_second_;
  }

 private:
  std::optional<Contestant> contestant_;
  double fills_per_second_ = 0;
  double bytes_per_key_ = 0;
  double resident_per_key_ = 0;
};

// All contestants for one number of keys, made when first asked for. Their repetitions take turns,
// so they live side by side; variants, and one thread and two where they can, share one.
class Contest {
 public:
  explicit Contest(const DecideOptions& options)
      : options_(options), processors_(options.processors) {}

  void Table(benchmark::State& state, Prefetching prefetching) {
    Run(
        state, prefetching, [this]() -> auto& { return TheTable(); });
  }

  void ThrottleByOne(benchmark::State& state) {
    Run(
        state, Prefetching::kGroup, [this]() -> auto& { return Made(throttle_, All(), one_); });
  }

  // The team works for one thread of the benchmark.
  void ThrottleByTwo(benchmark::State& state) {
    Run(
        state,
        Prefetching::kGroup, [this]() -> auto& { return Made(throttle_by_two_, All(), Two()); });
  }

  void FlatMap(benchmark::State& state, Prefetching prefetching) {
    Run(
        state, prefetching, [&]() -> auto& {
          return state.threads() == 1 ? Made(flat_map_, absl::MakeSpan(&All(), 1))
                                      : Made(flat_maps_, Halves());
        });
  }

  // As large as the table.
  void Array(benchmark::State& state, Prefetching prefetching) {
    Run(
        state, prefetching, [this]() -> auto& {
          return Made(array_, All(), TheTable().contestant().bytes());
        });
  }

 private:
  // Counts batch after batch: of all keys, or of the thread's half of them.
  template <typename Get>
  void Run(benchmark::State& state, Prefetching prefetching, Get&& get) {
    const Turn turn = {.prefetching = prefetching,
                       .thread = static_cast<size_t>(state.thread_index()),
                       .threads = static_cast<size_t>(state.threads())};
    processors_.Pin(turn.thread);
    std::unique_lock<std::mutex> lock(making_);
    auto& filled = get();
    Workload& workload = turn.threads == 1 ? All() : Halves()[turn.thread];
    lock.unlock();
    size_t decided = 0;
    for ([[maybe_unused]] const auto iteration : state) {
      const KeyBatch batch = workload.Next();
      filled.contestant().Decide(batch, turn);
      decided += batch.size();
    }
    state.SetItemsProcessed(static_cast<int64_t>(decided));
    // What the threads say is added up.
    if (turn.thread == 0) {
      filled.Tell(state);
    }
  }

  template <typename Contestant, typename... Arguments>
  Filled<Contestant>& Made(std::unique_ptr<Filled<Contestant>>& place, Arguments&&... arguments) {
    if (place == nullptr) {
      place = std::make_unique<Filled<Contestant>>(options_.keys, arguments...);
    }
    return *place;
  }

  Filled<TableContestant>& TheTable() { return Made(table_, All()); }

  Workload& All() {
    if (!all_) {
      all_.emplace(options_.keys, options_.batch);
    }
    return *all_;
  }

  absl::Span<Workload> Halves() {
    for (size_t i = halves_.size(); i < kMostThreads; ++i) {
      halves_.emplace_back(options_.keys, options_.batch, i, kMostThreads);
    }
    return absl::MakeSpan(halves_);
  }

  // A thread starts on the processor of whoever starts it.
  Team& Two() {
    if (two_ == nullptr) {
      processors_.Pin(1);
      two_ = MakeThreadTeam(kMostThreads);
      processors_.Pin(0);
    }
    return *two_;
  }

  DecideOptions options_;
  Processors processors_;
  std::mutex making_;  // held while anything below is made
  std::optional<Workload> all_;
  std::vector<Workload> halves_;
  TeamOfOne one_;
  std::unique_ptr<Team> two_;
  std::unique_ptr<Filled<TableContestant>> table_;
  std::unique_ptr<Filled<ThrottleContestant>> throttle_;
  std::unique_ptr<Filled<ThrottleContestant>> throttle_by_two_;
  std::unique_ptr<Filled<FlatMapContestant>> flat_map_;
  std::unique_ptr<Filled<FlatMapContestant>> flat_maps_;
  std::unique_ptr<Filled<ArrayContestant>> array_;
};

template <typename Run>
benchmark::internal::Benchmark* Register(absl::string_view name, const DecideOptions& options,
                                         Run run) {
  return benchmark::RegisterBenchmark(absl::StrCat(name, "/", options.keys).c_str(), run);
}

// What both numbers of threads have; `threads` of them call the contestants side by side.
void RegisterContestants(const std::shared_ptr<Contest>& contest, const DecideOptions& options,
                         absl::string_view suite, int threads) {
  const auto add = [&](absl::string_view name, auto member, Prefetching prefetching) {
    benchmark::internal::Benchmark* const added =
        Register(absl::StrCat(suite, "/", name), options,
                 [contest, member, prefetching](benchmark::State& state) {
                   (contest.get()->*member)(state, prefetching);
                 });
    if (threads > 1) {
      added->Threads(threads)->UseRealTime();
    }
  };
  add("table", &Contest::Table, Prefetching::kGroup);
  add("table-unfetched", &Contest::Table, Prefetching::kNone);
  add("flat_hash_map", &Contest::FlatMap, Prefetching::kGroup);
  add("flat_hash_map-unfetched", &Contest::FlatMap, Prefetching::kNone);
  add("array", &Contest::Array, Prefetching::kNone);
  add("array-fetched", &Contest::Array, Prefetching::kGroup);
}

}  // namespace

void RegisterDecide(const DecideOptions& options) {
  const auto contest = std::make_shared<Contest>(options);
  RegisterContestants(contest, options, "decide", 1);
  Register("decide/throttle", options,
           [contest](benchmark::State& state) { contest->ThrottleByOne(state); });
  if (options.threads == kMostThreads) {
    RegisterContestants(contest, options, "decide-2", 2);
    Register("decide-2/throttle", options, [contest](benchmark::State& state) {
      contest->ThrottleByTwo(state);
    })->UseRealTime();
  }
}

}  // namespace weir
