#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "benchmark/benchmark.h"

#include "bench/micro/key_source.h"
#include "bench/micro/stores.h"
#include "bench/micro/suites.h"
#include "connectors/capture/file_descriptor.h"
#include "connectors/capture/output_files.h"
#include "connectors/rocksdb/rocksdb_store.h"
#include "connectors/threads/thread_team.h"
#include "engine/base/check.h"
#include "engine/base/team.h"
#include "engine/pipeline/replay.h"

namespace weir {

namespace {

namespace fs = std::filesystem;

// As the replay does.
constexpr size_t kRound = 2048;

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point started) {
  return std::chrono::duration<double>(Clock::now() - started).count();
}

void Demand(const absl::Status& status) {
  if (!status.ok()) {
    static_cast<void>(std::fprintf(stderr, "%s\n", std::string(status.message()).c_str()));
  }
  WEIR_CHECK(status.ok());
}

std::unique_ptr<Store> OpenStore(const std::string& directory) {
  absl::StatusOr<std::unique_ptr<Store>> store = OpenRocksDbStore(directory);
  Demand(store.status());
  return *std::move(store);
}

// A replay of keys into a store, and nothing else: no captures, no outputs.
class KeyReplay {
 public:
  KeyReplay(const KeySource::Options& keys, Store& store, Team& team)
      : schedule_(WidestSchedule()),
        source_(keys),
        replay_(schedule_, rules_, source_, sink_, &store, team) {}

  void Resume() { Demand(replay_.Resume(false)); }

  void Decide(size_t alerts) {
    for (size_t done = 0; done < alerts;) {
      const size_t round = std::min(kRound, alerts - done);
      Demand(replay_.Step(round).status());
      done += round;
    }
  }

  void Commit() { Demand(replay_.Commit()); }

 private:
  PolicySchedule schedule_;
  SystemRules rules_;
  KeySource source_;
  NoOutput sink_;
  Replay replay_;
};

// ---- Commits

// Which part of a commit is measured, and what writes it.
enum class Part : uint8_t { kCommit, kRocksDb, kFile };

// Commits of a state of a million live keys, each with the same number of changed counters.
class Commits {
 public:
  static constexpr uint64_t kKeys = 1'000'000;

  // One commit for each minute of stream time.
  Commits(const std::string& path, size_t changes, Part part)
      : part_(part),
        changes_(changes),
        store_(part == Part::kFile ? std::make_unique<BareFile>(path) : OpenStore(path)),
        replay_({.keys = kKeys, .alerts_per_hour = 60 * changes}, store_, team_) {
    replay_.Resume();
    replay_.Decide(kKeys);
    replay_.Commit();
  }

  void Run(benchmark::State& state) {
    uint64_t bytes = 0;
    for ([[maybe_unused]] const auto iteration : state) {
      replay_.Decide(changes_);
      const Clock::time_point started = Clock::now();
      replay_.Commit();
      const double seconds = SecondsSince(started);
      state.SetIterationTime(part_ == Part::kCommit ? seconds : store_.seconds());
      bytes += store_.bytes();
    }
    const auto commits = static_cast<int64_t>(state.iterations());
    state.SetItemsProcessed(commits);
    state.SetBytesProcessed(static_cast<int64_t>(bytes));
    state.counters["bytes_per_commit"] = static_cast<double>(bytes) / static_cast<double>(commits);
  }

 private:
  const Part part_;
  const size_t changes_;
  TeamOfOne team_;
  TimedStore store_;
  KeyReplay replay_;
};

// ---- Reopening

// Takes a file's content out of the page cache, as after a start of the machine.
void ForgetPages(const fs::path& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  WEIR_CHECK(file.get() >= 0);
  WEIR_CHECK(::fsync(file.get()) == 0);
  WEIR_CHECK(::posix_fadvise(file.get(), 0, 0, POSIX_FADV_DONTNEED) == 0);
}

// The state that a replay left which ended without warning, and copies of it to reopen: opening one
// changes it.
class LeftState {
 public:
  // Live keys of a day's alerts; the messages of its last hour are remembered too.
  LeftState(std::string path, uint64_t keys)
      : path_(std::move(path)), keys_({.keys = keys, .alerts_per_hour = keys / 24 + 1}) {
    // What a replay decides in 250 ms, after which it commits.
    constexpr uint64_t kCommit = 250'000;
    TeamOfOne team;
    const std::unique_ptr<Store> store = OpenStore(path_);
    KeyReplay replay(keys_, *store, team);
    replay.Resume();
    for (uint64_t done = 0; done < keys; done += kCommit) {
      replay.Decide(std::min(kCommit, keys - done));
      replay.Commit();
    }
  }

  const KeySource::Options& keys() const { return keys_; }

  // A copy that is as the state was left. The copy before is gone.
  std::string Copy(bool cold) const {
    std::string copy = absl::StrCat(path_, ".copy");
    fs::remove_all(copy);
    fs::create_directory(copy);
    for (const fs::directory_entry& each : fs::directory_iterator(path_)) {
      const fs::path to = fs::path(copy) / each.path().filename();
      // These RocksDB does not change once they are there.
      const fs::path kind = each.path().extension();
      if (kind == ".sst" || kind == ".blob") {
        fs::create_hard_link(each.path(), to);
      } else {
        fs::copy_file(each.path(), to);
      }
      if (cold) {
        ForgetPages(to);
      }
    }
    return copy;
  }

 private:
  std::string path_;
  KeySource::Options keys_;
};

// Opens the state and decides one alert.
void Reopen(const std::string& path, const KeySource::Options& keys, Team& team,
            benchmark::State& state) {
  const Clock::time_point started = Clock::now();
  const std::unique_ptr<Store> store = OpenStore(path);
  KeyReplay replay(keys, *store, team);
  replay.Resume();
  replay.Decide(1);
  state.SetIterationTime(SecondsSince(started));
}

// Opens the state and reads it, without doing anything with what is read.
void OnlyScan(const std::string& path, benchmark::State& state) {
  const Clock::time_point started = Clock::now();
  const std::unique_ptr<Store> store = OpenStore(path);
  size_t bytes = 0;
  Demand(store->Scan("", [&](absl::string_view key, absl::string_view value) {
    bytes += key.size() + value.size();
    return absl::OkStatus();
  }));
  state.SetIterationTime(SecondsSince(started));
  state.counters["state_bytes"] = static_cast<double>(bytes);
}

template <typename Run>
void Add(const std::string& name, Run run) {
  benchmark::RegisterBenchmark(name.c_str(), run)->UseManualTime();
}

void RegisterCommits(const std::string& directory, size_t changes) {
  const std::pair<absl::string_view, Part> kinds[] = {
      {"commit", Part::kCommit}, {"rocksdb", Part::kRocksDb}, {"file", Part::kFile}};
  for (const auto& [name, part] : kinds) {
    const auto commits = std::make_shared<std::unique_ptr<Commits>>();
    const std::string path = absl::StrCat(directory, "/", name, "-", changes);
    Add(absl::StrCat("commit/", name, "/", changes),
        [commits, path, changes, part = part](benchmark::State& state) {
          if (*commits == nullptr) {
            *commits = std::make_unique<Commits>(path, changes, part);
          }
          (*commits)->Run(state);
        });
  }
}

void RegisterReopening(const std::string& directory, size_t keys) {
  const auto place = std::make_shared<std::unique_ptr<LeftState>>();
  // `open(path, keys, state)` opens a copy of the state and sets the iteration's time.
  const auto add = [&](absl::string_view name, bool cold, auto open) {
    Add(absl::StrCat("reopen/", name, "/", keys), [=](benchmark::State& state) {
      if (*place == nullptr) {
        *place = std::make_unique<LeftState>(absl::StrCat(directory, "/keys-", keys), keys);
      }
      for ([[maybe_unused]] const auto iteration : state) {
        open((*place)->Copy(cold), (*place)->keys(), state);
      }
      state.SetItemsProcessed(static_cast<int64_t>(state.iterations()) *
                              static_cast<int64_t>(keys));
    });
  };
  const auto reopen_by = [](size_t threads) {
    const std::shared_ptr<Team> team = MakeThreadTeam(threads);
    return [team](const std::string& path, const KeySource::Options& options,
                  benchmark::State& state) { Reopen(path, options, *team, state); };
  };
  add("replay", false, reopen_by(1));
  add("replay-2", false, reopen_by(2));
  add("replay-cold", true, reopen_by(1));
  add("scan", false,
      [](const std::string& path, const KeySource::Options& /*options*/, benchmark::State& state) {
        OnlyScan(path, state);
      });
}

}  // namespace

void RegisterStore(const StoreOptions& options) {
  for (const size_t changes : {size_t{1'000}, size_t{10'000}, size_t{100'000}}) {
    RegisterCommits(options.directory, changes);
  }
  for (const size_t keys : options.keys) {
    RegisterReopening(options.directory, keys);
  }
}

}  // namespace weir
