#include "engine/pipeline/replay.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "engine/base/status_macros.h"
#include "engine/base/wire.h"

namespace weir {

namespace {

// Of the state's records. A change to any of them that an older reader would misread raises it.
constexpr uint64_t kStateFormat = 1;

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

Replay::Replay(const PolicySchedule& schedule, Source& source, Sink& sink, Store* store)
    : schedule_(schedule), source_(source), sink_(sink), store_(store) {}

Partition& Replay::PartitionAt(uint32_t index) {
  while (index >= partitions_.size()) {
    partitions_.push_back(std::make_unique<Partition>(schedule_));
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
      [this](absl::string_view key, absl::string_view value) { return sink_.Load(key, value); }));
  for (const auto& partition : partitions_) {
    WEIR_RETURN_IF_ERROR(partition->FinishLoad(force, sink_));
  }
  return absl::OkStatus();
}

absl::StatusOr<size_t> Replay::Step(size_t limit) {
  WEIR_RETURN_IF_ERROR(source_.Read(limit, records_));
  std::vector<Epochs::Pin> pins;
  for (const Record& record : records_) {
    PartitionAt(record.partition);
  }
  for (const auto& partition : partitions_) {
    pins.push_back(partition->Enter());
  }
  for (const Record& record : records_) {
    partitions_[record.partition]->Prefetch(record);
  }
  for (const Record& record : records_) {
    partitions_[record.partition]->Process(record, sink_);
  }
  uncommitted_ += records_.size();
  return records_.size();
}

absl::Status Replay::Commit() {
  WEIR_ASSIGN_OR_RETURN(std::string mark, sink_.Seal());
  position_ = source_.Position();
  ++commits_;
  if (store_ != nullptr) {
    WEIR_RETURN_IF_ERROR(WriteState(std::move(mark)));
  }
  for (const auto& partition : partitions_) {
    partition->Accept();
  }
  sink_.Accept();
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
  sink_.Export(StateScope(batch, std::string(kStormKeys)));
  return store_->Write(batch);
}

absl::Status Replay::Rollback() {
  for (const auto& partition : partitions_) {
    partition->Rollback();
  }
  sink_.Rollback();
  uncommitted_ = 0;
  WEIR_RETURN_IF_ERROR(sink_.Discard());
  return source_.Seek(position_);
}

Summary Replay::Summarise() const {
  Summary summary;
  absl::flat_hash_map<Eui64, DeviceStorms> storms = sink_.devices();
  for (const auto& partition : partitions_) {
    summary.read += partition->counts().read;
    summary.dead += partition->counts().dead;
    summary.other += partition->counts().other;
    const std::vector<CodeTotals> codes = partition->TotalsByCode();
    for (uint16_t i = 0; i < AlertCode::kCount; ++i) {
      if (codes[i] != CodeTotals{}) {
        summary.codes[AlertCode::FromIndex(i)] += codes[i];
        summary.totals += codes[i];
      }
    }
    partition->throttle().open_keys().ForEach([&](const AlertKey& key, const OpenKey& open) {
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
