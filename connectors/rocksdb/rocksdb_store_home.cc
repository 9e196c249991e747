#include "connectors/rocksdb/rocksdb_store_home.h"

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"

#include "connectors/rocksdb/rocksdb_store.h"

namespace weir {

std::string RocksDbStoreHome::PathOf(int32_t partition) const {
  return absl::StrCat(directory_, "/", partition);
}

absl::StatusOr<std::unique_ptr<Store>> RocksDbStoreHome::Open(int32_t partition) {
  std::error_code error;
  std::filesystem::create_directories(directory_, error);
  if (error) {
    return absl::UnavailableError(
        absl::StrCat("making the state directory ", directory_, ": ", error.message()));
  }
  return OpenRocksDbStore(PathOf(partition), Durability::kProcess);
}

absl::Status RocksDbStoreHome::PutAside(int32_t partition) {
  const std::string path = PathOf(partition);
  const std::string aside = absl::StrCat(path, ".aside");
  std::error_code error;
  std::filesystem::remove_all(aside, error);
  if (!error && std::filesystem::exists(path, error)) {
    std::filesystem::rename(path, aside, error);
  }
  return error ? absl::UnavailableError(absl::StrCat("putting the state ", path, " aside as ",
                                                     aside, ": ", error.message()))
               : absl::OkStatus();
}

absl::Status RocksDbStoreHome::Discard(int32_t partition) {
  const std::string path = PathOf(partition);
  std::error_code error;
  std::filesystem::remove_all(path, error);
  return error ? absl::UnavailableError(
                     absl::StrCat("taking the state ", path, " away: ", error.message()))
               : absl::OkStatus();
}

}  // namespace weir
