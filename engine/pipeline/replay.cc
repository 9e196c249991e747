#include "engine/pipeline/replay.h"

#include <utility>
#include <variant>
#include <vector>

#include "engine/base/status_macros.h"
#include "engine/pipeline/stored_state.h"

namespace weir {

Replay::Replay(const PolicySchedule& schedule, const SystemRules& rules, Source& source, Sink& sink,
               Store* store, Team& team)
    : schedule_(schedule),
      rules_(rules),
      source_(source),
      sink_(sink),
      store_(store),
      team_(team) {}

Partition& Replay::PartitionAt(uint32_t index) {
  while (index >= partitions_.size()) {
    partitions_.push_back(std::make_unique<Partition>(schedule_, rules_, team_.parts()));
  }
  return *partitions_[index];
}

absl::Status Replay::Resume(bool force) {
  StoredCommit commit;
  if (store_ != nullptr) {
    WEIR_ASSIGN_OR_RETURN(commit, ReadCommit(*store_));
  }
  commits_ = commit.number;
  if (commits_ > 0) {
    WEIR_RETURN_IF_ERROR(source_.Seek(commit.position));
  }
  WEIR_RETURN_IF_ERROR(sink_.Reopen(commit.mark));
  position_ = source_.Position();
  if (commits_ > 0) {
    WEIR_RETURN_IF_ERROR(LoadState(force));
  }
  for (const auto& partition : partitions_) {
    resumed_at_ += partition->counts().read;
  }
  return absl::OkStatus();
}

absl::Status Replay::LoadState(bool force) {
  WEIR_RETURN_IF_ERROR(LoadPartitions(
      *store_,
      [this](uint32_t index) -> absl::StatusOr<Partition*> { return &PartitionAt(index); }));
  WEIR_RETURN_IF_ERROR(LoadStorms(*store_, storms_));
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
  for (const Record& record : records_) {
    if (record.partition >= dealt_.size()) {
      PartitionAt(record.partition);
      dealt_.resize(partitions_.size());
    }
    dealt_[record.partition].push_back(static_cast<uint32_t>(&record - records_.data()));
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
    partition->MoveNoticesTo(notices_);
  }
  for (PlainVector<uint32_t>& mine : dealt_) {
    mine.clear();
  }
}

void Replay::DecideSideBySide(const std::vector<Partition*>& partitions) {
  const size_t shards = partitions.front()->throttle().shards();
  team_.Run(partitions.size() * shards,
            [&](size_t task) { partitions[task / shards]->Decide(task % shards); });
}

// Gives the round's results to the sink.
void Replay::WriteResults() {
  PutInOrder(ledger_);
  for (const LedgerEntry& entry : ledger_) {
    if (const auto* event = std::get_if<EpisodeEvent>(&entry.what)) {
      storms_.Add(*event);
    }
  }
  PutInOrder(notices_);
  sink_.Write({.records = records_, .verdicts = verdicts_, .ledger = ledger_, .notices = notices_});
  ledger_.clear();
  notices_.clear();
}

absl::Status Replay::Commit() {
  WEIR_RETURN_IF_ERROR(AwaitCommit());
  WEIR_ASSIGN_OR_RETURN(std::string mark, sink_.Seal());
  position_ = source_.Position();
  ++commits_;
  if (store_ != nullptr) {
    ExportState(std::move(mark));
    job_ = team_.Start([this] { MakeDurable(); });
  }
  for (const auto& partition : partitions_) {
    partition->Accept();
  }
  storms_.Accept();
  uncommitted_ = 0;
  return job_ == nullptr ? durable_ : absl::OkStatus();
}

void Replay::ExportState(std::string mark) {
  PutCommit({.number = commits_, .position = position_, .mark = std::move(mark)}, batch_);
  for (size_t i = 0; i < partitions_.size(); ++i) {
    const StateScope scope = PartitionScope(i, batch_);
    partitions_[i]->Export(commits_, scope);
    partitions_[i]->ExportUpkeep(commits_, scope);
  }
  storms_.Export(StormScope(batch_));
}

// The outputs come first: the state must never tell of more than they hold.
void Replay::MakeDurable() {
  durable_.Update(sink_.Sync());
  if (durable_.ok()) {
    durable_.Update(store_->Write(batch_));
  }
  batch_ = StateBatch();
}

absl::Status Replay::AwaitCommit() {
  job_.reset();
  return durable_;
}

absl::Status Replay::Rollback() {
  WEIR_RETURN_IF_ERROR(AwaitCommit());
  for (const auto& partition : partitions_) {
    partition->Rollback();
  }
  storms_.Rollback();
  uncommitted_ = 0;
  WEIR_RETURN_IF_ERROR(sink_.Discard());
  return source_.Seek(position_);
}

Summary Replay::Summarise() const {
  std::vector<const Partition*> partitions;
  for (const auto& partition : partitions_) {
    partitions.push_back(partition.get());
  }
  return weir::Summarise(partitions, storms_);
}

}  // namespace weir
