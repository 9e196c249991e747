// Goal: a store gives back what was written; opened for reading alone it shows one commit, changes
// nothing, and says what is wrong with a directory.
// Method: real directories. Opening for writing again makes RocksDB move what it has from its log
// into files, which are then taken away or spoilt under a reader, as their owner might.

#include "connectors/rocksdb/rocksdb_store.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "gtest/gtest.h"

namespace weir {
namespace {

namespace fs = std::filesystem;

using Entries = std::map<std::string, std::string>;
using Opened = absl::StatusOr<std::unique_ptr<Store>>;

absl::Status Read(Store& store, Entries& entries) {
  return store.Scan("", [&](absl::string_view key, absl::string_view value) {
    entries.emplace(key, value);
    return absl::OkStatus();
  });
}

class RocksDbStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "weir-store-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    directory_ = (root_ / "state").string();
  }

  void TearDown() override { fs::remove_all(root_); }

  static void Put(Store& store, const Entries& entries) {
    StateBatch batch;
    for (const auto& [key, value] : entries) {
      batch.Put(key, value);
    }
    ASSERT_TRUE(store.Write(batch).ok());
  }

  // Names and contents of all files.
  Entries Files() const {
    Entries files;
    for (const fs::directory_entry& entry : fs::directory_iterator(directory_)) {
      std::ifstream file(entry.path(), std::ios::binary);
      files[entry.path().filename().string()] = {std::istreambuf_iterator<char>(file), {}};
    }
    return files;
  }

  fs::path BlobFile() const {
    for (const fs::directory_entry& entry : fs::directory_iterator(directory_)) {
      if (entry.path().extension() == ".blob") {
        return entry.path();
      }
    }
    return {};
  }

  // Leaves a store whose value lies in a file of its own.
  void MakeFiles() {
    Put(**OpenRocksDbStore(directory_), {{"key", std::string(100000, 'v')}});
    ASSERT_TRUE(OpenRocksDbStore(directory_).ok());
    ASSERT_FALSE(BlobFile().empty());
  }

  fs::path root_;
  std::string directory_;
};

TEST_F(RocksDbStoreTest, GivesBackWhatWasWritten) {
  const Entries written = {{"a", "1"}, {"b", std::string(100000, 'x')}, {"c", ""}};
  Put(**OpenRocksDbStore(directory_), written);
  Entries read;
  ASSERT_TRUE(Read(**OpenRocksDbStore(directory_), read).ok());
  EXPECT_EQ(read, written);
  Entries read_alone;
  ASSERT_TRUE(Read(**OpenRocksDbStoreForReading(directory_), read_alone).ok());
  EXPECT_EQ(read_alone, written);
}

TEST_F(RocksDbStoreTest, TheLastChangeOfAKeyHolds) {
  const std::unique_ptr<Store> store = *OpenRocksDbStore(directory_);
  Put(*store, {{"erased", "before"}, {"put again", "before"}, {"untouched", "before"}});
  StateBatch batch;
  batch.Put("twice", "1");
  batch.Put("erased", "1");
  batch.Put("put again", "1");
  batch.Put("made and erased", "1");
  batch.Erase("put again");
  batch.Erase("made and erased");
  batch.Erase("erased");
  batch.Erase("unknown");
  batch.Put("put again", "2");
  batch.Put("twice", "2");
  ASSERT_TRUE(store->Write(batch).ok());
  const Entries expected = {{"put again", "2"}, {"twice", "2"}, {"untouched", "before"}};
  Entries read;
  ASSERT_TRUE(Read(*store, read).ok());
  EXPECT_EQ(read, expected);
  Entries read_alone;
  ASSERT_TRUE(Read(**OpenRocksDbStoreForReading(directory_), read_alone).ok());
  EXPECT_EQ(read_alone, expected);
}

TEST_F(RocksDbStoreTest, AReaderChangesNothing) {
  MakeFiles();
  const Entries before = Files();
  {
    const Opened store = OpenRocksDbStoreForReading(directory_);
    ASSERT_TRUE(store.ok()) << store.status();
    Entries read;
    EXPECT_TRUE(Read(**store, read).ok());
    StateBatch batch;
    batch.Put("key", "other");
    EXPECT_EQ((*store)->Write(batch).code(), absl::StatusCode::kUnavailable);
  }
  EXPECT_EQ(Files(), before);
}

TEST_F(RocksDbStoreTest, AReaderSeesOneCommitBesideTheOwner) {
  const Opened owner = OpenRocksDbStore(directory_);
  Put(**owner, {{"a", "1"}, {"b", "1"}});
  const Opened reader = OpenRocksDbStoreForReading(directory_);
  ASSERT_TRUE(reader.ok()) << reader.status();
  Put(**owner, {{"a", "2"}, {"b", "2"}});
  Entries read;
  ASSERT_TRUE(Read(**reader, read).ok());
  EXPECT_EQ(read, (Entries{{"a", "1"}, {"b", "1"}}));
  Entries read_later;
  ASSERT_TRUE(Read(**OpenRocksDbStoreForReading(directory_), read_later).ok());
  EXPECT_EQ(read_later, (Entries{{"a", "2"}, {"b", "2"}}));
}

TEST_F(RocksDbStoreTest, ThereIsOneOwner) {
  const Opened owner = OpenRocksDbStore(directory_);
  ASSERT_TRUE(owner.ok());
  EXPECT_EQ(OpenRocksDbStore(directory_).status().code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(RocksDbStoreTest, AFileThatIsPutAwayMeansTryAgain) {
  MakeFiles();
  const Opened reader = OpenRocksDbStoreForReading(directory_);
  ASSERT_TRUE(reader.ok());
  fs::remove(BlobFile());
  Entries read;
  const absl::Status status = Read(**reader, read);
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted) << status;
  EXPECT_NE(status.message().find(directory_), absl::string_view::npos);
}

TEST_F(RocksDbStoreTest, AFileThatIsSpoiltIsAnError) {
  MakeFiles();
  const Opened reader = OpenRocksDbStoreForReading(directory_);
  ASSERT_TRUE(reader.ok());
  std::ofstream(BlobFile(), std::ios::binary) << std::string(100, 'x');
  Entries read;
  const absl::Status status = Read(**reader, read);
  EXPECT_TRUE(absl::IsDataLoss(status) || absl::IsUnavailable(status)) << status;
  EXPECT_NE(status.message().find(directory_), absl::string_view::npos);
}

TEST_F(RocksDbStoreTest, AFileThatIsMissingIsDamage) {
  for (const std::string kind : {"CURRENT", "MANIFEST", ".sst", ".blob"}) {
    fs::remove_all(directory_);
    MakeFiles();
    size_t removed = 0;
    for (const auto& [name, content] : Files()) {
      if (name.find(kind) != std::string::npos) {
        removed += fs::remove(fs::path(directory_) / name) ? 1U : 0U;
      }
    }
    ASSERT_GT(removed, 0U) << kind;
    const Opened store = OpenRocksDbStore(directory_);
    Entries read;
    const absl::Status status = store.ok() ? Read(**store, read) : store.status();
    EXPECT_TRUE(absl::IsDataLoss(status)) << kind << ": " << status;
  }
}

TEST_F(RocksDbStoreTest, AReaderWantsAState) {
  const auto code = [](const fs::path& directory) {
    return OpenRocksDbStoreForReading(directory.string()).status().code();
  };
  EXPECT_EQ(code(directory_), absl::StatusCode::kNotFound);
  EXPECT_FALSE(fs::exists(directory_));
  fs::create_directory(directory_);
  EXPECT_EQ(code(directory_), absl::StatusCode::kNotFound);
  EXPECT_TRUE(fs::is_empty(directory_));
  std::ofstream(root_ / "file") << "mine";
  EXPECT_EQ(code(root_ / "file"), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace weir
