#include "connectors/kafka/restorer.h"

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"

#include "connectors/kafka/failpoints.h"
#include "connectors/kafka/kafka_changelog.h"
#include "engine/base/status_macros.h"
#include "engine/pipeline/memory_store.h"

namespace weir {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kTryAgainAfter{5};

// Whether another store, or none, would help.
bool SpeaksAgainstStore(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDataLoss(status) || absl::IsOutOfRange(status) ||
         absl::IsFailedPrecondition(status);
}

}  // namespace

Restorer::Restorer(const ServiceSetup& setup, WorkerWatch& watch)
    : setup_(setup), watch_(watch), thread_([this] { Run(); }) {}

Restorer::~Restorer() {
  Cancel();
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Restorer::Ask(const StandingCommit& standing) {
  {
    const std::lock_guard lock(mutex_);
    asked_.push_back(standing);
  }
  changed_.notify_all();
}

void Restorer::Cancel() {
  std::unique_lock lock(mutex_);
  cancelled_ = true;
  asked_.clear();
  changed_.notify_all();
  changed_.wait(lock, [&] { return !busy_; });
  restored_.clear();
  cancelled_ = false;
}

std::vector<ReadyPartition> Restorer::Take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(restored_, {});
}

void Restorer::Run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return stopping_ || !asked_.empty(); });
    if (stopping_) {
      return;
    }
    const StandingCommit standing = asked_.front();
    asked_.pop_front();
    busy_ = true;
    lock.unlock();
    std::optional<ReadyPartition> ready = RestoreOne(standing);
    lock.lock();
    busy_ = false;
    if (ready && !cancelled_) {
      restored_.push_back(std::move(*ready));
    }
    // Before anybody is told, so that no store stays open.
    ready.reset();
    changed_.notify_all();
  }
}

// Nothing if it was cancelled.
std::optional<ReadyPartition> Restorer::RestoreOne(const StandingCommit& standing) {
  while (!cancelled_) {
    absl::StatusOr<ReadyPartition> restored = Restore(standing);
    if (restored.ok()) {
      return *std::move(restored);
    }
    if (absl::IsCancelled(restored.status())) {
      break;
    }
    watch_.Log(LogLevel::kError,
               absl::StrCat("restoring partition ", standing.partition, " at commit ",
                            standing.number, " failed; it is not processed until this succeeds: ",
                            restored.status().message()));
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kTryAgainAfter, [&] { return cancelled_.load(); });
  }
  return std::nullopt;
}

absl::StatusOr<ReadyPartition> Restorer::Restore(const StandingCommit& standing) {
  for (const bool first_try : {true, false}) {
    absl::StatusOr<std::unique_ptr<Store>> store = setup_.stores.Open(standing.partition);
    absl::Status failed = store.status();
    if (store.ok()) {
      absl::StatusOr<ReadyPartition> ready = RestoreFrom(standing, *std::move(store), true);
      if (ready.ok() || !SpeaksAgainstStore(ready.status())) {
        return ready;
      }
      failed = ready.status();
    }
    if (absl::IsUnavailable(failed) || !first_try) {
      watch_.Log(LogLevel::kError, absl::StrCat("partition ", standing.partition,
                                                " goes without a local store: ", failed.message()));
      break;
    }
    watch_.Log(LogLevel::kWarning,
               absl::StrCat("the local store of partition ", standing.partition,
                            " is put aside, the state is rebuilt: ", failed.message()));
    WEIR_RETURN_IF_ERROR(setup_.stores.PutAside(standing.partition));
  }
  return RestoreFrom(standing, std::make_unique<MemoryStore>(), false);
}

absl::StatusOr<ReadyPartition> Restorer::RestoreFrom(const StandingCommit& standing,
                                                     std::unique_ptr<Store> store, bool on_disk) {
  const Clock::time_point began = Clock::now();
  WEIR_ASSIGN_OR_RETURN(StorePoint point, ReadStorePoint(*store));
  if (standing.number == 0 && point.commit.number == 0) {
    return StartAnew(standing, on_disk ? std::move(store) : nullptr);
  }
  WEIR_RETURN_IF_ERROR(CheckPoint(point, standing));
  CatchUpCounts counts;
  point.log = setup_.log;
  point.written = setup_.clock();
  if (point.commit != standing) {
    WEIR_ASSIGN_OR_RETURN(const std::unique_ptr<KafkaChangelog> changelog,
                          KafkaChangelog::Open(setup_.properties, setup_.settings.group,
                                               setup_.topics, standing.partition, cancelled_));
    WEIR_ASSIGN_OR_RETURN(point, CatchUp(*store, point, standing, *changelog, counts));
  }
  if (point.head.partitions != static_cast<uint32_t>(setup_.cluster.partitions)) {
    return absl::InvalidArgumentError(absl::StrCat(
        setup_.topics.input, " has ", setup_.cluster.partitions, " partitions, the state is of ",
        point.head.partitions,
        ": devices would change partitions without their state. Make a topic with as many as then, "
        "or begin anew with another service.group"));
  }
  std::string remarks;
  ReadyPartition ready;
  WEIR_ASSIGN_OR_RETURN(ready.owned, LoadPartition(*store, point, setup_.policy, remarks));
  if (!remarks.empty()) {
    watch_.Log(LogLevel::kWarning,
               absl::StrCat("partition ", standing.partition,
                            " goes on under the policy that it was decided under: ", remarks));
  }
  ready.follower = std::make_shared<StoreFollower>(on_disk ? std::move(store) : nullptr, point);
  watch_.OnRestored(standing.partition, std::chrono::duration<double>(Clock::now() - began).count(),
                    counts.records);
  static_cast<void>(Failpoint("restored"));
  return ready;
}

// Whether a store may lead to where the log stands.
absl::Status Restorer::CheckPoint(const StorePoint& point, const StandingCommit& standing) const {
  if (point.commit.number == 0) {
    return absl::OkStatus();
  }
  if (point.log != setup_.log || point.commit.partition != standing.partition) {
    return absl::DataLossError(absl::StrCat("it is of ", point.log, ", partition ",
                                            point.commit.partition, ", and this is ", setup_.log));
  }
  if (point.commit.number > standing.number ||
      (point.commit.number == standing.number && point.commit != standing)) {
    return absl::DataLossError(absl::StrCat(
        "it is at commit ", point.commit.number, ", offset ", point.commit.next_offset,
        ", but the group stands at commit ", standing.number, ", offset ", standing.next_offset));
  }
  const DurationMs age = setup_.clock() - point.written;
  if (age.value > setup_.cluster.delete_retention.value / 2) {
    return absl::DataLossError(absl::StrCat("it was last written ", FormatDuration(age),
                                            " ago, and what was erased since may not be "
                                            "told any more: ",
                                            setup_.topics.state, " keeps erasures for ",
                                            FormatDuration(setup_.cluster.delete_retention)));
  }
  return absl::OkStatus();
}

absl::StatusOr<ReadyPartition> Restorer::StartAnew(const StandingCommit& standing,
                                                   std::unique_ptr<Store> store) {
  ReadyPartition ready;
  ready.owned = std::make_unique<OwnedPartition>(standing, setup_.policy);
  StorePoint point;
  point.log = setup_.log;
  point.commit = standing;
  ready.follower = std::make_shared<StoreFollower>(std::move(store), std::move(point));
  return ready;
}

}  // namespace weir
