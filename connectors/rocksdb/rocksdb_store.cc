#include "connectors/rocksdb/rocksdb_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "rocksdb/db.h"
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
  const std::string message = absl::StrCat(attempted, ": ", status.ToString());
  return status.IsCorruption() ? absl::DataLossError(message) : absl::UnavailableError(message);
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
  options.keep_log_file_num = 2;
  options.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  options.stats_dump_period_sec = 0;
  options.avoid_flush_during_shutdown = true;  // the write-ahead log has it all
  return options;
}

class RocksDbStore final : public Store {
 public:
  RocksDbStore(std::string directory, std::unique_ptr<rocksdb::DB> db)
      : directory_(std::move(directory)), db_(std::move(db)) {}

  absl::Status Write(const StateBatch& batch) override {
    rocksdb::WriteBatch writes;
    for (const StateBatch::Change& change : batch.changes()) {
      const rocksdb::Status added =
          change.value ? writes.Put(change.key, *change.value) : writes.Delete(change.key);
      if (!added.ok()) {
        return ToStatus(added, absl::StrCat("writing state to ", directory_));
      }
    }
    rocksdb::WriteOptions options;
    options.sync = true;
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
    return ToStatus(entry->status(), absl::StrCat("reading state from ", directory_));
  }

 private:
  std::string directory_;
  std::unique_ptr<rocksdb::DB> db_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> OpenRocksDbStore(const std::string& directory) {
  rocksdb::DB* db = nullptr;
  const rocksdb::Status opened = rocksdb::DB::Open(StoreOptions(), directory, &db);
  if (!opened.ok()) {
    return ToStatus(opened, absl::StrCat("opening the state in ", directory,
                                         " (is it a state directory, and does no other weir "
                                         "process use it?)"));
  }
  return std::make_unique<RocksDbStore>(directory, std::unique_ptr<rocksdb::DB>(db));
}

}  // namespace weir
