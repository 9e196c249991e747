#include "deploy/weir/serve_watch.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "deploy/weir/service_log.h"
#include "deploy/weir/wall_clock.h"

#include "spdlog/common.h"

namespace weir {

namespace {

CommitOutcome OutcomeOf(TransactionEnd end) {
  switch (end) {
    case TransactionEnd::kDone:
      return CommitOutcome::kDone;
    case TransactionEnd::kSettledDone:
      return CommitOutcome::kResolvedDone;
    case TransactionEnd::kUndone:
      return CommitOutcome::kRolledBack;
  }
  return CommitOutcome::kDone;
}

OutputStream OutputOf(Stream stream) {
  switch (stream) {
    case Stream::kForwarded:
      return OutputStream::kForwarded;
    case Stream::kConsolidated:
      return OutputStream::kConsolidated;
    case Stream::kEpisodes:
      return OutputStream::kEpisodes;
    case Stream::kDeadLetters:
      return OutputStream::kDeadLetter;
    case Stream::kEnp:
      return OutputStream::kEnp;
    case Stream::kRequestsAccepted:
      return OutputStream::kRequestsAccepted;
    case Stream::kRequestsRejected:
      return OutputStream::kRequestsRejected;
    case Stream::kInventoryRemoved:
      return OutputStream::kInventoryRemoved;
  }
  return OutputStream::kForwarded;
}

spdlog::level::level_enum LevelOf(LogLevel level) {
  switch (level) {
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

}  // namespace

ServeTotals& ServeTotals::operator+=(const ServeTotals& other) {
  read += other.read;
  forwarded += other.forwarded;
  copies += other.copies;
  consolidated += other.consolidated;
  duplicates += other.duplicates;
  dead += other.dead;
  episodes_started += other.episodes_started;
  episodes_ended += other.episodes_ended;
  return *this;
}

int64_t ServeWatch::SteadyMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

ServeWatch::ServeWatch(size_t worker, Metrics& metrics, std::function<int64_t()> steady_ms)
    : worker_(worker),
      metrics_(metrics),
      steady_ms_(std::move(steady_ms)),
      last_beat_ms_(steady_ms_()),
      waits_since_ms_(steady_ms_()) {}

void ServeWatch::Log(LogLevel level, absl::string_view text) {
  LogWith(LevelOf(level), {.worker = worker_}, text);
}

void ServeWatch::LogOf(int32_t partition, LogLevel level, absl::string_view text) const {
  LogWith(LevelOf(level), {.worker = worker_, .partition = partition}, text);
}

void ServeWatch::Beat() {
  last_beat_ms_.store(steady_ms_(), std::memory_order_relaxed);
}

std::chrono::milliseconds ServeWatch::silent_for() const {
  return std::chrono::milliseconds(steady_ms_() - last_beat_ms_.load(std::memory_order_relaxed));
}

void ServeWatch::OnRead(uint64_t records, uint64_t bytes) {
  metrics_.AddRead(worker_, records, bytes);
  const std::lock_guard lock(mutex_);
  totals_.read += records;
}

void ServeWatch::OnTransaction(TransactionEnd end, double seconds,
                               const TransactionCounts& counts) {
  metrics_.AddCommit(worker_, OutcomeOf(end), seconds, counts.records);
  if (end == TransactionEnd::kUndone) {
    return;
  }
  AddToTotals(counts);
  metrics_.SetLastCommit(worker_, WallClockNow());
  for (size_t place = 0; place < counts.consolidated_of.size(); ++place) {
    if (counts.consolidated_of[place] > 0) {
      metrics_.AddConsolidated(place, counts.consolidated_of[place]);
    }
  }
  metrics_.AddAlerts(worker_, Verdict::kForward, counts.forwarded);
  metrics_.AddAlerts(worker_, Verdict::kCopy, counts.copies);
  metrics_.AddAlerts(worker_, Verdict::kConsolidate, counts.consolidated);
  metrics_.AddAlerts(worker_, Verdict::kDuplicate, counts.duplicates);
  metrics_.AddEpisodesStarted(worker_, counts.episodes_started);
  metrics_.AddEpisodesEnded(worker_, counts.episodes_ended);
  for (const auto& [reason, count] : counts.dead) {
    metrics_.AddDeadLetters(worker_, reason, count);
  }
  metrics_.AddSwitchNotices(worker_, true, counts.switched_routed);
  metrics_.AddSwitchNotices(worker_, false, counts.switched_unrouted);
  for (size_t i = 0; i < kRequestReasons; ++i) {
    metrics_.AddRequests(worker_, static_cast<RequestReason>(i), counts.requests[i]);
  }
  metrics_.AddRemovals(worker_, counts.removals);
  for (size_t i = 0; i < kStreams; ++i) {
    metrics_.AddProduced(worker_, OutputOf(static_cast<Stream>(i)), counts.produced[i]);
  }
  metrics_.AddChangelogBytes(worker_, Changelog::kDeltas, counts.changelog_bytes[0]);
  metrics_.AddChangelogBytes(worker_, Changelog::kState, counts.changelog_bytes[1]);
}

void ServeWatch::AddToTotals(const TransactionCounts& counts) {
  const std::lock_guard lock(mutex_);
  totals_.forwarded += counts.forwarded;
  totals_.copies += counts.copies;
  totals_.consolidated += counts.consolidated;
  totals_.duplicates += counts.duplicates;
  totals_.episodes_started += counts.episodes_started;
  totals_.episodes_ended += counts.episodes_ended;
  for (const auto& [reason, count] : counts.dead) {
    totals_.dead += count;
  }
}

void ServeWatch::OnPartitions(uint64_t owned, uint64_t restoring) {
  metrics_.SetPartitions(worker_, owned, restoring);
  const std::lock_guard lock(mutex_);
  restoring_ = restoring;
}

void ServeWatch::OnProgress(const PartitionProgress& progress) {
  metrics_.SetLag(progress.partition, progress.lag, progress.lag_time);
  metrics_.SetStreamTime(progress.partition, progress.stream_time);
  metrics_.SetLiveKeys(progress.partition, progress.live_keys);
  metrics_.SetOpenEpisodes(progress.partition, progress.open_episodes);
  metrics_.SetTableBytes(progress.partition, progress.table_bytes);
  metrics_.SetRecent(progress.partition, progress.recent);
  metrics_.SetPolicyInForce(progress.partition, progress.policy.value_or(TimeMs{}));
  const std::lock_guard lock(mutex_);
  progress_[progress.partition] = progress;
}

void ServeWatch::OnGone(int32_t partition) {
  metrics_.ForgetPartition(partition);
  const std::lock_guard lock(mutex_);
  restore_failures_.erase(partition);
  restorations_.erase(partition);
  store_failed_.erase(partition);
  progress_.erase(partition);
  TellDegraded();
}

void ServeWatch::OnRestoring(int32_t partition, double seconds, uint64_t records, uint64_t target) {
  metrics_.SetRestore(partition, records, target, seconds);
  const std::lock_guard lock(mutex_);
  restorations_[partition] = {.records = records, .target = target, .seconds = seconds};
}

void ServeWatch::OnRestored(int32_t partition, double seconds, uint64_t records) {
  metrics_.SetRestore(partition, records, records, seconds);
  LogOf(partition, LogLevel::kInfo,
        absl::StrCat("partition ", partition, " restored from ", records,
                     " records of the changelogs in ", seconds, " s"));
  const std::lock_guard lock(mutex_);
  restore_failures_.erase(partition);
  restorations_.erase(partition);
}

void ServeWatch::OnRestoreFailed(int32_t partition, const absl::Status& why) {
  const std::lock_guard lock(mutex_);
  restorations_.erase(partition);
  Complaint& told =
      restore_failures_.try_emplace(partition, Complaint{.why = {}, .since_ms = steady_ms_()})
          .first->second;
  if (told.why == why.message()) {
    return;
  }
  told.why = std::string(why.message());
  LogOf(partition, LogLevel::kError,
        absl::StrCat("restoring partition ", partition,
                     " failed; it is not processed until this succeeds: ", told.why));
}

void ServeWatch::OnRebalance() {
  metrics_.AddRebalance(worker_);
  const std::lock_guard lock(mutex_);
  in_group_ = true;
  failure_.reset();
  failures_ = 0;
}

void ServeWatch::OnProducerMade() {
  metrics_.AddProducerRestart(worker_);
}

void ServeWatch::OnFailed(const absl::Status& why) {
  if (absl::IsFailedPrecondition(why)) {
    metrics_.AddFence(worker_);
  }
  const std::lock_guard lock(mutex_);
  in_group_ = false;
  restoring_ = 0;
  restorations_.clear();
  restore_failures_.clear();
  progress_.clear();
  trouble_.reset();
  ++failures_;
  const int64_t now = steady_ms_();
  waits_since_ms_ = now;
  failure_ = {.why = std::string(why.message()), .since_ms = failure_ ? failure_->since_ms : now};
}

void ServeWatch::OnTrouble(const absl::Status& what) {
  const std::lock_guard lock(mutex_);
  if (what.ok()) {
    trouble_.reset();
  } else {
    trouble_ = {.why = std::string(what.message()),
                .since_ms = trouble_ ? trouble_->since_ms : steady_ms_()};
  }
}

void ServeWatch::OnIdleAdvance() {
  metrics_.AddIdleAdvance(worker_);
}

void ServeWatch::OnStoreWrite(int32_t partition, bool written) {
  if (written) {
    metrics_.AddStoreWrite(worker_);
  } else {
    metrics_.AddStoreFailure(worker_);
  }
  const std::lock_guard lock(mutex_);
  store_failed_[partition] = !written;
  TellDegraded();
}

void ServeWatch::TellDegraded() {
  metrics_.SetStoreDegraded(worker_, std::any_of(store_failed_.begin(), store_failed_.end(),
                                                 [](const auto& store) { return store.second; }));
}

std::vector<PartitionProgress> ServeWatch::Progress() const {
  const std::lock_guard lock(mutex_);
  std::vector<PartitionProgress> all;
  for (const auto& [partition, progress] : progress_) {
    all.push_back(progress);
  }
  return all;
}

std::vector<int32_t> ServeWatch::Restoring() const {
  const std::lock_guard lock(mutex_);
  std::vector<int32_t> partitions;
  for (const auto& [partition, restoration] : restorations_) {
    partitions.push_back(partition);
  }
  return partitions;
}

ServeTotals ServeWatch::Totals() const {
  const std::lock_guard lock(mutex_);
  return totals_;
}

// Whole seconds.
std::string ServeWatch::For(int64_t since_ms) const {
  return absl::StrCat((steady_ms_() - since_ms) / 1000, " s");
}

std::string ServeWatch::Waits() const {
  return failure_ ? absl::StrCat("has failed ", failures_, failures_ == 1 ? " time" : " times",
                                 ", first ", For(failure_->since_ms),
                                 " ago, and begins anew: ", failure_->why)
                  : absl::StrCat("has waited for the group's answer for ", For(waits_since_ms_));
}

std::string ServeWatch::Restores() const {
  std::string told =
      absl::StrCat("restores ", restoring_, restoring_ == 1 ? " partition" : " partitions");
  for (const auto& [partition, progress] : restorations_) {
    absl::StrAppend(&told, "; partition ", partition, " has read ", progress.records, " of about ",
                    progress.target, " records in ", std::floor(progress.seconds), " s");
  }
  for (const auto& [partition, failure] : restore_failures_) {
    absl::StrAppend(&told, "; partition ", partition, " has failed for ", For(failure.since_ms),
                    ": ", failure.why);
  }
  return told;
}

std::string ServeWatch::NotReady() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> reasons;
  if (!in_group_) {
    reasons.push_back(Waits());
  } else if (restoring_ > 0) {
    reasons.push_back(Restores());
  }
  if (trouble_) {
    reasons.push_back(
        absl::StrCat("cannot work, for ", For(trouble_->since_ms), ": ", trouble_->why));
  }
  return reasons.empty() ? "" : absl::StrCat("worker ", worker_, " ", absl::StrJoin(reasons, "; "));
}

}  // namespace weir
