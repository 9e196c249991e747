#include "connectors/kafka/restorer.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"

#include "connectors/kafka/failpoints.h"
#include "connectors/kafka/kafka_changelog.h"
#include "engine/base/status_macros.h"
#include "engine/pipeline/memory_store.h"

namespace weir {

namespace {

constexpr std::chrono::milliseconds kTryAgainAfter{5000};
constexpr std::chrono::milliseconds kTryAgainSoon{100};
constexpr std::chrono::milliseconds kTellEvery{500};

// Tells, now and then, how far the reading of the changelogs has come.
class ToldChangelog final : public ChangelogSource {
 public:
  // Both outlive it.
  ToldChangelog(KafkaChangelog& changelog, int32_t partition, WorkerWatch& watch)
      : changelog_(changelog), partition_(partition), watch_(watch) {}

  absl::StatusOr<ChangelogPosition> Begin() override { return changelog_.Begin(); }

  absl::Status Seek(const ChangelogPosition& position) override {
    WEIR_RETURN_IF_ERROR(changelog_.Seek(position));
    Tell();
    return absl::OkStatus();
  }

  absl::StatusOr<std::optional<ChangelogRecord>> Next() override {
    absl::StatusOr<std::optional<ChangelogRecord>> record = changelog_.Next();
    records_ += record.ok() && record->has_value() ? 1U : 0U;
    if (Clock::now() - told_ >= kTellEvery) {
      Tell();
    }
    return record;
  }

 private:
  using Clock = std::chrono::steady_clock;

  // Not every offset has a record: so many as those passed had.
  void Tell() {
    told_ = Clock::now();
    const uint64_t passed = changelog_.passed();
    const double share =
        passed == 0 ? 1 : static_cast<double>(records_) / static_cast<double>(passed);
    const auto target = static_cast<uint64_t>(static_cast<double>(changelog_.offsets()) * share);
    watch_.OnRestoring(partition_, std::chrono::duration<double>(told_ - began_).count(), records_,
                       std::max(target, records_));
  }

  KafkaChangelog& changelog_;
  const int32_t partition_;
  WorkerWatch& watch_;
  const Clock::time_point began_ = Clock::now();
  Clock::time_point told_ = began_;
  uint64_t records_ = 0;
};

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
    asked_.push_back({.standing = standing, .not_before = Clock::now()});
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
  while (std::optional<Asked> asked = WaitForWork(lock)) {
    busy_ = true;
    lock.unlock();
    absl::StatusOr<ReadyPartition> restored = Restore(asked->standing);
    lock.lock();
    busy_ = false;
    if (!cancelled_) {
      if (restored.ok()) {
        restored_.push_back(*std::move(restored));
      } else {
        watch_.OnRestoreFailed(asked->standing.partition, restored.status());
        // Another worker, which is about to lose the partition, may have its store still.
        asked->not_before =
            Clock::now() +
            (absl::IsResourceExhausted(restored.status()) ? kTryAgainSoon : kTryAgainAfter);
        asked_.push_back(*asked);
      }
    }
    // Before anybody is told, so that no store stays open.
    restored = absl::CancelledError();
    changed_.notify_all();
  }
}

// What has been due for longest; nothing if the restorer is to end.
std::optional<Restorer::Asked> Restorer::WaitForWork(std::unique_lock<std::mutex>& lock) {
  while (!stopping_) {
    const auto next = std::min_element(
        asked_.begin(), asked_.end(),
        [](const Asked& one, const Asked& other) { return one.not_before < other.not_before; });
    if (next == asked_.end()) {
      changed_.wait(lock);
    } else if (next->not_before > Clock::now()) {
      changed_.wait_until(lock, Clock::time_point(next->not_before));
    } else {
      const Asked asked = *next;
      asked_.erase(next);
      return asked;
    }
  }
  return std::nullopt;
}

absl::StatusOr<ReadyPartition> Restorer::Restore(const StandingCommit& standing) {
  if (standing.number == 0) {
    WEIR_RETURN_IF_ERROR(CheckThatNothingStands(standing));
  }
  absl::StatusOr<ReadyPartition> ready = RestoreOnDisk(standing);
  if (!absl::IsUnavailable(ready.status())) {
    return ready;
  }
  watch_.Log(LogLevel::kError,
             absl::StrCat("partition ", standing.partition,
                          " goes without a local store: ", ready.status().message(),
                          ". Nothing is lost, as Kafka has the state too; once this is mended, a "
                          "restart makes the store anew"));
  return RestoreFrom(standing, {.store = std::make_unique<MemoryStore>(), .on_disk = false});
}

// Unavailable if the disk does not serve. Once the store is empty, what fails is not its fault.
absl::StatusOr<ReadyPartition> Restorer::RestoreOnDisk(const StandingCommit& standing) {
  bool emptied = false;
  for (;;) {
    absl::StatusOr<OpenStore> from = Open(standing.partition);
    const bool is_empty = emptied || (from.ok() && from->is_empty());
    absl::StatusOr<ReadyPartition> ready =
        from.ok() ? RestoreFrom(standing, *std::move(from)) : from.status();
    if (ready.ok() || !SpeaksAgainstStore(ready.status())) {
      return ready;
    }
    if (is_empty) {
      // Half a state is none.
      static_cast<void>(setup_.stores.Discard(standing.partition));
      return ready;
    }
    watch_.Log(LogLevel::kWarning,
               absl::StrCat("the local store of partition ", standing.partition,
                            " is put aside, the state is rebuilt: ", ready.status().message()));
    WEIR_RETURN_IF_ERROR(setup_.stores.PutAside(standing.partition));
    emptied = true;
  }
}

absl::StatusOr<Restorer::OpenStore> Restorer::Open(int32_t partition) {
  OpenStore opened;
  WEIR_ASSIGN_OR_RETURN(opened.store, setup_.stores.Open(partition));
  WEIR_ASSIGN_OR_RETURN(opened.point, ReadStorePoint(*opened.store));
  return opened;
}

absl::StatusOr<ReadyPartition> Restorer::RestoreFrom(const StandingCommit& standing,
                                                     OpenStore from) {
  const Clock::time_point began = Clock::now();
  if (standing.number == 0 && from.is_empty()) {
    return StartAnew(standing, from.on_disk ? std::move(from.store) : nullptr);
  }
  StorePoint point = std::move(from.point);
  WEIR_RETURN_IF_ERROR(CheckPoint(point, standing));
  CatchUpCounts counts;
  point.log = setup_.log;
  point.written = setup_.clock();
  if (point.commit != standing) {
    WEIR_ASSIGN_OR_RETURN(const std::unique_ptr<KafkaChangelog> changelog,
                          KafkaChangelog::Open(setup_.properties, setup_.settings.group,
                                               setup_.topics, standing.partition, cancelled_));
    ToldChangelog told(*changelog, standing.partition, watch_);
    WEIR_ASSIGN_OR_RETURN(point, CatchUp(*from.store, point, standing, told, counts));
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
  ready.policy = setup_.policies.now().live;
  WEIR_ASSIGN_OR_RETURN(ready.owned,
                        LoadPartition(*from.store, point, *ready.policy, setup_.rules, remarks));
  if (!remarks.empty()) {
    watch_.Log(LogLevel::kWarning,
               absl::StrCat("partition ", standing.partition,
                            " goes on under the policy that it was decided under: ", remarks));
  }
  ready.follower =
      std::make_shared<StoreFollower>(from.on_disk ? std::move(from.store) : nullptr, point);
  watch_.OnRestored(standing.partition, std::chrono::duration<double>(Clock::now() - began).count(),
                    counts.records);
  static_cast<void>(Failpoint("restored"));
  return ready;
}

// A group that was empty for long is forgotten, and its offsets with it: to begin at the beginning
// would then be to write everything once more.
absl::Status Restorer::CheckThatNothingStands(const StandingCommit& standing) {
  WEIR_ASSIGN_OR_RETURN(const std::unique_ptr<KafkaChangelog> changelog,
                        KafkaChangelog::Open(setup_.properties, setup_.settings.group,
                                             setup_.topics, standing.partition, cancelled_));
  WEIR_ASSIGN_OR_RETURN(const bool is_empty, changelog->IsEmpty());
  return is_empty
             ? absl::OkStatus()
             : absl::InternalError(absl::StrCat(
                   "the group ", setup_.settings.group, " has no committed offset for ",
                   setup_.topics.input, " [", standing.partition, "], but ", setup_.topics.deltas,
                   " or ", setup_.topics.state,
                   " hold commits: the group was deleted, or empty for longer than the brokers' "
                   "offsets.retention.minutes. To process all of the input once more, make the two "
                   "topics anew, or choose another service.group"));
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
  ready.policy = setup_.policies.now().live;
  ready.owned = std::make_unique<OwnedPartition>(standing, *ready.policy, setup_.rules);
  StorePoint point;
  point.log = setup_.log;
  point.commit = standing;
  ready.follower = std::make_shared<StoreFollower>(std::move(store), std::move(point));
  return ready;
}

}  // namespace weir
