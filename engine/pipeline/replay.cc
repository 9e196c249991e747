#include "engine/pipeline/replay.h"

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"

#include "engine/base/status_macros.h"
#include "engine/base/wire.h"

namespace weir {

namespace {

// Of the state's records. A change to any of them that an older reader would misread raises it.
constexpr uint64_t kStateFormat = 2;

constexpr uint64_t kMostCommits = uint64_t{1} << 63;  // what is beyond is damaged

constexpr absl::string_view kFormatKey = "format";
constexpr absl::string_view kCommitKey = "commit";
constexpr absl::string_view kPartitionKeys = "partition/";
constexpr absl::string_view kStormKeys = "storm/";

struct CommitEntry {
  uint64_t number = 0;
  std::string position;
  std::string mark;
};

std::string EncodeCommit(const CommitEntry& commit) {
  std::string out;
  PutU64(commit.number, out);
  PutBytes(commit.position, out);
  PutBytes(commit.mark, out);
  return out;
}

absl::Status CheckFormat(Store& store) {
  return store.Scan(kFormatKey, [](absl::string_view /*key*/, absl::string_view value) {
    WireReader in(value);
    const uint64_t format = in.U64();
    return in.done() && format == kStateFormat
               ? absl::OkStatus()
               : absl::FailedPreconditionError(absl::StrCat(
                     "the state is of format ", format, ", this program reads format ",
                     kStateFormat, ": use the release that wrote it, or start a new state"));
  });
}

absl::StatusOr<CommitEntry> ReadCommit(Store& store) {
  CommitEntry commit;
  WEIR_RETURN_IF_ERROR(
      store.Scan(kCommitKey, [&](absl::string_view /*key*/, absl::string_view value) {
        WireReader in(value);
        commit = {in.U64(), std::string(in.Bytes()), std::string(in.Bytes())};
        return in.done() && commit.number > 0 && commit.number < kMostCommits
                   ? absl::OkStatus()
                   : absl::DataLossError("the last commit kept in the state is damaged");
      }));
  if (commit.number == 0) {
    WEIR_RETURN_IF_ERROR(store.Scan("", [](absl::string_view /*key*/, absl::string_view /*value*/) {
      return absl::DataLossError("the state has entries, but does not say where it stands");
    }));
  }
  return commit;
}

}  // namespace

Replay::Replay(const PolicySchedule& schedule, Source& source, Sink& sink, Store* store, Team& team)
    : schedule_(schedule), source_(source), sink_(sink), store_(store), team_(team) {}

Partition& Replay::PartitionAt(uint32_t index) {
  // More shards than threads, since shards are not of one size.
  const size_t shards = team_.size() == 1 ? 1 : 4 * team_.size();
  while (index >= partitions_.size()) {
    partitions_.push_back(std::make_unique<Partition>(schedule_, shards));
  }
  return *partitions_[index];
}

absl::Status Replay::Resume(bool force) {
  CommitEntry commit;
  if (store_ != nullptr) {
    WEIR_RETURN_IF_ERROR(CheckFormat(*store_));
    WEIR_ASSIGN_OR_RETURN(commit, ReadCommit(*store_));
  }
  commits_ = commit.number;
  if (commits_ > 0) {
    WEIR_RETURN_IF_ERROR(source_.Seek(commit.position));
  }
  WEIR_RETURN_IF_ERROR(sink_.Reopen(commit.mark));
  position_ = source_.Position();
  if (commits_ > 0) {
    WEIR_RETURN_IF_ERROR(LoadPartitions(force));
  }
  for (const auto& partition : partitions_) {
    resumed_at_ += partition->counts().read;
  }
  return absl::OkStatus();
}

absl::Status Replay::LoadPartitions(bool force) {
  WEIR_RETURN_IF_ERROR(
      store_->Scan(kPartitionKeys, [this](absl::string_view key, absl::string_view value) {
        WireReader in(key);
        const uint64_t index = in.OrderedU64();
        // Partitions are numbered densely, and the store gives them in order.
        if (!in.ok() || index > partitions_.size()) {
          return absl::DataLossError("the state misses a partition");
        }
        return PartitionAt(static_cast<uint32_t>(index)).Load(in.rest(), value);
      }));
  WEIR_RETURN_IF_ERROR(store_->Scan(
      kStormKeys,
      [this](absl::string_view key, absl::string_view value) { return storms_.Load(key, value); }));
  for (const auto& partition : partitions_) {
    WEIR_RETURN_IF_ERROR(partition->FinishLoad(force));
    // What force has ended, partition by partition.
    partition->MoveLedgerTo(ledger_);
    WriteResults();
  }
  return absl::OkStatus();
}

absl::StatusOr<size_t> Replay::Step(size_t limit) {
  WEIR_RETURN_IF_ERROR(source_.Read(limit, records_));
  Decide();
  WriteResults();
  uncommitted_ += records_.size();
  return records_.size();
}

void Replay::Decide() {
  for (uint32_t i = 0; i < records_.size(); ++i) {
    PartitionAt(records_[i].partition);
    dealt_.resize(partitions_.size());
    dealt_[records_[i].partition].push_back(i);
  }
  verdicts_.resize(records_.size());
  std::vector<Partition*> at_work;
  for (size_t i = 0; i < dealt_.size(); ++i) {
    if (!dealt_[i].empty()) {
      partitions_[i]->Begin(records_, dealt_[i], absl::MakeSpan(verdicts_));
      at_work.push_back(partitions_[i].get());
    }
  }
  const std::vector<Partition*> all = at_work;
  const auto has_ended = [](Partition* partition) { return !partition->DealOut(); };
  for (std::erase_if(at_work, has_ended); !at_work.empty(); std::erase_if(at_work, has_ended)) {
    DecideSideBySide(at_work);
  }
  for (Partition* partition : all) {
    partition->MoveLedgerTo(ledger_);
  }
  for (std::vector<uint32_t>& mine : dealt_) {
    mine.clear();
  }
}

void Replay::DecideSideBySide(const std::vector<Partition*>& partitions) {
  const size_t shards = partitions.front()->throttle().shards();
  team_.Run(partitions.size() * shards,
            [&](size_t task) { partitions[task / shards]->Decide(task % shards); });
}

// Gives the round's results to the sink. The ledgers have left those of each key in order.
void Replay::WriteResults() {
  std::stable_sort(ledger_.begin(), ledger_.end(),
                   [](const LedgerEntry& a, const LedgerEntry& b) { return a.order < b.order; });
  for (const LedgerEntry& entry : ledger_) {
    if (const auto* event = std::get_if<EpisodeEvent>(&entry.what)) {
      storms_.Add(*event);
    }
  }
  sink_.Write({.records = records_, .verdicts = verdicts_, .ledger = ledger_});
  ledger_.clear();
}

absl::Status Replay::Commit() {
  const Sink::Seals how = store_ == nullptr ? Sink::Seals::kForThisRun : Sink::Seals::kDurably;
  WEIR_ASSIGN_OR_RETURN(std::string mark, sink_.Seal(how));
  position_ = source_.Position();
  ++commits_;
  if (store_ != nullptr) {
    WEIR_RETURN_IF_ERROR(WriteState(std::move(mark)));
  }
  for (const auto& partition : partitions_) {
    partition->Accept();
  }
  storms_.Accept();
  uncommitted_ = 0;
  return absl::OkStatus();
}

absl::Status Replay::WriteState(std::string mark) {
  StateBatch batch;
  if (commits_ == 1) {
    std::string format;
    PutU64(kStateFormat, format);
    batch.Put(std::string(kFormatKey), std::move(format));
  }
  batch.Put(std::string(kCommitKey), EncodeCommit({commits_, position_, std::move(mark)}));
  for (size_t i = 0; i < partitions_.size(); ++i) {
    std::string prefix(kPartitionKeys);
    PutOrderedU64(i, prefix);
    partitions_[i]->Export(commits_, StateScope(batch, std::move(prefix)));
  }
  storms_.Export(StateScope(batch, std::string(kStormKeys)));
  return store_->Write(batch);
}

absl::Status Replay::Rollback() {
  for (const auto& partition : partitions_) {
    partition->Rollback();
  }
  storms_.Rollback();
  uncommitted_ = 0;
  WEIR_RETURN_IF_ERROR(sink_.Discard());
  return source_.Seek(position_);
}

Summary Replay::Summarise() const {
  Summary summary;
  absl::flat_hash_map<Eui64, DeviceStorms> storms = storms_.devices();
  for (const auto& partition : partitions_) {
    summary.read += partition->counts().read;
    summary.dead += partition->counts().dead;
    summary.other += partition->counts().other;
    const std::vector<CodeTotals> codes = partition->throttle().TotalsByCode();
    for (uint16_t i = 0; i < AlertCode::kCount; ++i) {
      if (codes[i] != CodeTotals{}) {
        summary.codes[AlertCode::FromIndex(i)] += codes[i];
        summary.totals += codes[i];
      }
    }
    partition->throttle().ForEachOpenKey([&](const AlertKey& key, const OpenKey& open) {
      if (open.episode) {
        storms[key.device] += {.episodes = 1,
                               .alerts = open.episode->alerts,
                               .consolidated = open.episode->alerts - open.episode->sequence};
      }
    });
  }
  summary.storms.assign(storms.begin(), storms.end());
  std::sort(summary.storms.begin(), summary.storms.end(), [](const auto& a, const auto& b) {
    return std::make_pair(b.second.consolidated, a.first) <
           std::make_pair(a.second.consolidated, b.first);
  });
  return summary;
}

}  // namespace weir
