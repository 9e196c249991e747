#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "benchmark/benchmark.h"

#include "bench/micro/contestants.h"
#include "bench/micro/memory.h"
#include "bench/micro/suites.h"
#include "bench/micro/workload.h"

namespace weir {

namespace {

// A contestant, and what making it took.
template <typename Contestant>
class Filled {
 public:
  template <typename... Arguments>
  explicit Filled(const Workload& workload, Arguments... arguments) : rounds_(workload) {
    using Clock = std::chrono::steady_clock;
    const auto keys = static_cast<double>(workload.keys().size());
    const size_t before = ResidentBytes();
    const Clock::time_point started = Clock::now();
    contestant_.emplace(workload, arguments...);
    fills_per_second_ = keys / std::chrono::duration<double>(Clock::now() - started).count();
    bytes_per_key_ = static_cast<double>(contestant_->bytes()) / keys;
    resident_per_key_ = (static_cast<double>(ResidentBytes()) - static_cast<double>(before)) / keys;
  }

  const Contestant& contestant() const { return *contestant_; }

  void Run(benchmark::State& state) {
    size_t decided = 0;
    for ([[maybe_unused]] const auto iteration : state) {
      const KeyBatch batch = rounds_.Next();
      contestant_->Decide(batch);
      decided += batch.size();
    }
    state.SetItemsProcessed(static_cast<int64_t>(decided));
    state.counters["bytes_per_key"] = bytes_per_key_;
    state.counters["resident_bytes_per_key"] = resident_per_key_;
    state.counters["fills_per_second"] = fills_per_second_;
  }

 private:
  Rounds rounds_;
  std::optional<Contestant> contestant_;
  double fills_per_second_ = 0;
  double bytes_per_key_ = 0;
  double resident_per_key_ = 0;
};

// All contestants for one number of keys, made when first asked for. Their repetitions take turns,
// so they live side by side.
class Contest {
 public:
  explicit Contest(const DecideOptions& options) : options_(options) {}

  Filled<TableContestant>& Table() { return Made(table_, Prefetching::kGroup); }

  Filled<TableContestant>& TableUnfetched() { return Made(table_unfetched_, Prefetching::kNone); }

  Filled<ThrottleContestant>& TheThrottle() { return Made(throttle_); }

  Filled<FlatMapContestant>& FlatMap() { return Made(flat_map_, Prefetching::kGroup); }

  Filled<FlatMapContestant>& FlatMapUnfetched() {
    return Made(flat_map_unfetched_, Prefetching::kNone);
  }

  // The arrays are as large as the table.

  Filled<ArrayContestant>& Array() {
    return Made(array_, Prefetching::kNone, Table().contestant().bytes());
  }

  Filled<ArrayContestant>& ArrayFetched() {
    return Made(array_fetched_, Prefetching::kGroup, Table().contestant().bytes());
  }

 private:
  template <typename Contestant, typename... Arguments>
  Filled<Contestant>& Made(std::unique_ptr<Filled<Contestant>>& place, Arguments... arguments) {
    if (!workload_) {
      workload_.emplace(options_.keys, options_.batch);
    }
    if (place == nullptr) {
      place = std::make_unique<Filled<Contestant>>(*workload_, arguments...);
    }
    return *place;
  }

  DecideOptions options_;
  std::optional<Workload> workload_;
  std::unique_ptr<Filled<TableContestant>> table_;
  std::unique_ptr<Filled<TableContestant>> table_unfetched_;
  std::unique_ptr<Filled<ThrottleContestant>> throttle_;
  std::unique_ptr<Filled<FlatMapContestant>> flat_map_;
  std::unique_ptr<Filled<FlatMapContestant>> flat_map_unfetched_;
  std::unique_ptr<Filled<ArrayContestant>> array_;
  std::unique_ptr<Filled<ArrayContestant>> array_fetched_;
};

}  // namespace

void RegisterDecide(const DecideOptions& options) {
  const auto contest = std::make_shared<Contest>(options);
  const auto add = [&](absl::string_view name, auto member) {
    benchmark::RegisterBenchmark(
        absl::StrCat("decide/", name, "/", options.keys).c_str(),
        [contest, member](benchmark::State& state) { (contest.get()->*member)().Run(state); });
  };
  add("table", &Contest::Table);
  add("table-unfetched", &Contest::TableUnfetched);
  add("throttle", &Contest::TheThrottle);
  add("flat_hash_map", &Contest::FlatMap);
  add("flat_hash_map-unfetched", &Contest::FlatMapUnfetched);
  add("array", &Contest::Array);
  add("array-fetched", &Contest::ArrayFetched);
}

}  // namespace weir
