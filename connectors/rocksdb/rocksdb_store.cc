#include "connectors/rocksdb/rocksdb_store.h"

#include <algorithm>
#include <cstdarg>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "rocksdb/db.h"
#include "rocksdb/env.h"
#include "rocksdb/memtablerep.h"
#include "rocksdb/options.h"
#include "rocksdb/write_batch.h"

namespace weir {

namespace {

rocksdb::Slice ToSlice(absl::string_view text) {
  return {text.data(), text.size()};
}

absl::string_view ToView(const rocksdb::Slice& slice) {
  return {slice.data(), slice.size()};
}

absl::Status ToStatus(const rocksdb::Status& status, absl::string_view attempted) {
  if (status.ok()) {
    return absl::OkStatus();
  }
  const std::string message = absl::StrCat(attempted, ": ", status.ToString(),
                                           status.IsNoSpace() ? "; make room on that disk" : "");
  // A file that the store has put down and that is gone is damage as well.
  return status.IsCorruption() || status.IsPathNotFound() ? absl::DataLossError(message)
                                                          : absl::UnavailableError(message);
}

// RocksDB's own log of what it does, for its makers, goes nowhere: a full disk, to which it cannot
// write that it is full, ends the process (7.8).
class NoLog final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;

  void Logv(const char* /*format*/, va_list /*arguments*/) override {}
};

// Of the one who writes: what is in memory is sorted only when it is put away, or for the few who
// read it.
void WriteUnsorted(rocksdb::Options& options) {
  options.memtable_factory = std::make_shared<rocksdb::VectorRepFactory>();
  options.allow_concurrent_memtable_write = false;  // which such memory cannot do
}

rocksdb::Options StoreOptions() {
  constexpr uint64_t kMemtableBytes = uint64_t{64} << 20;
  rocksdb::Options options;
  options.create_if_missing = true;
  // A torn last write is what a crash leaves; anything else is refused.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.write_buffer_size = kMemtableBytes;
  options.enable_blob_files = true;
  options.min_blob_size = uint64_t{4} << 10;
  options.enable_blob_garbage_collection = true;
  // Opening and closing is what a resumed replay does most: keep both short.
  options.max_background_jobs = 2;
  options.info_log = std::make_shared<NoLog>();
  options.stats_dump_period_sec = 0;
  options.avoid_flush_during_shutdown = true;  // the write-ahead log has it all
  return options;
}

// The files that RocksDB keeps in a directory, without its logs for people. They change whenever it
// puts any away, as it says so in the manifest first.
std::vector<std::string> FilesIn(const std::string& directory) {
  std::vector<std::string> files;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (absl::StartsWith(name, "MANIFEST")) {
      const uintmax_t size = entry->file_size(error);
      files.push_back(absl::StrCat(name, " ", size));
    } else if (!absl::StartsWith(name, "LOG")) {
      files.push_back(name);
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

// Beside another process, a file that is missing or seems damaged may only have been put away.
absl::Status UnlessAborted(absl::Status status, const std::string& directory,
                           const std::vector<std::string>& files) {
  return files == FilesIn(directory)
             ? std::move(status)
             : absl::AbortedError(absl::StrCat("another process changed the files of ", directory,
                                               " while they were being read: try again"));
}

// The changes of a batch without those that a later one of it undoes by erasing their key: of a
// first commit that is much of it, since images of all there is take the place of its delta.
std::vector<const StateBatch::Change*> ChangesThatStay(const StateBatch& batch) {
  std::vector<const StateBatch::Change*> stay;
  stay.reserve(batch.changes().size());
  absl::flat_hash_set<absl::string_view> erased;
  for (auto change = batch.changes().rbegin(); change != batch.changes().rend(); ++change) {
    if (erased.empty() || !erased.contains(change->key)) {
      stay.push_back(&*change);
    }
    if (!change->value) {
      erased.insert(change->key);
    }
  }
  std::reverse(stay.begin(), stay.end());
  return stay;
}

// About how many bytes RocksDB writes for them: with room made at once, none is copied as it grows.
size_t SizeOf(absl::Span<const StateBatch::Change* const> changes) {
  constexpr size_t kHeadOfEach = 16;
  size_t size = kHeadOfEach;
  for (const StateBatch::Change* change : changes) {
    size += kHeadOfEach + change->key.size() + (change->value ? change->value->size() : 0);
  }
  return size;
}

class RocksDbStore final : public Store {
 public:
  RocksDbStore(std::string directory, std::unique_ptr<rocksdb::DB> db, Durability durability,
               std::optional<std::vector<std::string>> files)
      : directory_(std::move(directory)),
        db_(std::move(db)),
        durability_(durability),
        files_(std::move(files)) {}

  absl::Status Write(const StateBatch& batch) override {
    const std::vector<const StateBatch::Change*> changes = ChangesThatStay(batch);
    rocksdb::WriteBatch writes(SizeOf(changes));
    for (const StateBatch::Change* change : changes) {
      const rocksdb::Status added =
          change->value ? writes.Put(change->key, *change->value) : writes.Delete(change->key);
      if (!added.ok()) {
        return ToStatus(added, absl::StrCat("writing state to ", directory_));
      }
    }
    rocksdb::WriteOptions options;
    options.sync = durability_ == Durability::kMachine;
    return ToStatus(db_->Write(options, &writes), absl::StrCat("writing state to ", directory_));
  }

  absl::Status Scan(absl::string_view prefix, Visitor visit) override {
    const std::unique_ptr<rocksdb::Iterator> entry(db_->NewIterator(rocksdb::ReadOptions()));
    for (entry->Seek(ToSlice(prefix)); entry->Valid() && entry->key().starts_with(ToSlice(prefix));
         entry->Next()) {
      absl::Status visited =
          visit(ToView(entry->key()).substr(prefix.size()), ToView(entry->value()));
      if (!visited.ok()) {
        return {visited.code(), absl::StrCat(directory_, ": ", visited.message())};
      }
    }
    absl::Status read = ToStatus(entry->status(), absl::StrCat("reading state from ", directory_));
    return read.ok() || !files_ ? read : UnlessAborted(std::move(read), directory_, *files_);
  }

 private:
  std::string directory_;
  std::unique_ptr<rocksdb::DB> db_;
  Durability durability_;
  std::optional<std::vector<std::string>> files_;  // for reading alone: as they were then
};

// RocksDB would make the directory, or say of a missing file only that it is missing.
absl::Status CheckThatThereIsAState(const std::string& directory) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(directory, error);
  if (status.type() == std::filesystem::file_type::not_found) {
    return absl::NotFoundError(absl::StrCat(directory, ": there is no such directory"));
  }
  if (error) {
    return absl::UnavailableError(absl::StrCat(directory, ": ", error.message()));
  }
  if (status.type() != std::filesystem::file_type::directory) {
    return absl::NotFoundError(absl::StrCat(directory, ": this is not a directory"));
  }
  if (!std::filesystem::exists(std::filesystem::path(directory) / "CURRENT", error) && !error) {
    return absl::NotFoundError(absl::StrCat(directory, ": there is no state in this directory"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> OpenRocksDbStoreForReading(const std::string& directory) {
  absl::Status there_is = CheckThatThereIsAState(directory);
  if (!there_is.ok()) {
    return there_is;
  }
  rocksdb::Options options = StoreOptions();
  options.create_if_missing = false;
  // What is open can be read on after its owner has put it away.
  options.max_open_files = -1;
  std::vector<std::string> files = FilesIn(directory);
  rocksdb::DB* opened_db = nullptr;
  const rocksdb::Status opened = rocksdb::DB::OpenForReadOnly(options, directory, &opened_db);
  std::unique_ptr<rocksdb::DB> db(opened_db);
  // A write-ahead log put away between the manifest and it would be missed without an error.
  absl::Status status = UnlessAborted(
      ToStatus(opened, absl::StrCat("opening the state in ", directory)), directory, files);
  if (!status.ok()) {
    return status;
  }
  return std::make_unique<RocksDbStore>(directory, std::move(db), Durability::kMachine,
                                        std::move(files));
}

absl::StatusOr<std::unique_ptr<Store>> OpenRocksDbStore(const std::string& directory,
                                                        Durability durability) {
  rocksdb::Options options = StoreOptions();
  WriteUnsorted(options);
  rocksdb::DB* db = nullptr;
  const rocksdb::Status opened = rocksdb::DB::Open(options, directory, &db);
  // RocksDB has no code for it.
  if (opened.IsIOError() && absl::StrContains(opened.ToString(), "lock hold by current process")) {
    return absl::ResourceExhaustedError(
        absl::StrCat("opening the state in ", directory, ": this process has it open already"));
  }
  if (!opened.ok()) {
    return ToStatus(opened, absl::StrCat("opening the state in ", directory,
                                         " (is it a state directory, and does no other weir "
                                         "process use it?)"));
  }
  return std::make_unique<RocksDbStore>(directory, std::unique_ptr<rocksdb::DB>(db), durability,
                                        std::nullopt);
}

}  // namespace weir
