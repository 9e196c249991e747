// What a sweep writes down while it goes: by code, by minute, and who was throttled. Kept by each
// shard for its devices, and added up in the end.
//
// A code that is not swept is decided once: what is written for it under setting 0 holds for all.
//
// What holds for a setting and for the rungs below it in its ladder is written down once. Counts by
// setting are complete when the book has been settled.
//
// Threads: one owner.
//
// Layer: engine/tune (engine/alert, engine/base, engine/throttle).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/container/node_hash_map.h"

#include "engine/alert/alert_code.h"
#include "engine/alert/eui64.h"
#include "engine/base/units.h"
#include "engine/tune/delays.h"
#include "engine/tune/setting_groups.h"
#include "engine/tune/setting_set.h"

namespace weir {

// How long alerts that were held back had to wait.
struct WaitCounts {
  Delays told;  // for the next copy
  Delays due;   // for the last word, if no alert comes any more: of what is pending at the end

  WaitCounts& operator+=(const WaitCounts& other);
};

// Of one code under one setting.
struct SettingCounts {
  uint64_t throttled = 0;  // alerts that met or started an episode
  uint64_t copies = 0;     // last words included
  uint64_t pending = 0;    // of what is open at the end
  uint64_t unrepresented = 0;
  uint64_t started = 0;
  uint64_t ended = 0;
  uint64_t excluded_storms = 0;
  WaitCounts waits;

  SettingCounts& operator+=(const SettingCounts& other);
};

// Of one code, what is true of a setting and of the rungs below it in its ladder alike.
struct SharedCounts {
  uint64_t throttled = 0;
  WaitCounts waits;

  SharedCounts& operator+=(const SharedCounts& other);
};

struct CodeCounts {
  uint64_t alerts = 0;
  std::vector<SettingCounts> settings;
  std::vector<SharedCounts> shared;  // by setting; none once the book is settled
};

// Received less passed on. What is added for a setting holds for the rungs below it as well.
class HeldCounts {
 public:
  struct Entry {
    uint32_t setting = 0;
    int64_t held = 0;
  };

  void Add(size_t setting, int64_t held);

  void Add(const HeldCounts& other);

  // What holds for each setting; empty if nothing was added.
  std::vector<int32_t> BySetting(const SettingGroups& groups) const;

 private:
  std::vector<Entry> entries_;  // one for each setting
};

// One code in one minute.
struct MinuteCounts {
  uint64_t received = 0;
  HeldCounts held;
};

// A device or a recipient, with one code.
struct StormCounts {
  SettingSet settings;  // under which it had an episode
  uint64_t alerts = 0;  // in episodes of any setting
};

// Of a pair of codes under one setting: receivers whose last alert of the pair was not the
// device's.
struct PairCounts {
  uint64_t wrong = 0;  // times that one became wrong
  uint64_t open = 0;   // who was wrong at the end
  DurationMs longest;  // that one was wrong

  friend bool operator==(const PairCounts&, const PairCounts&) = default;
};

class SweepBook {
 public:
  using Minutes = absl::node_hash_map<int64_t, MinuteCounts>;  // by minutes since the epoch
  using Storms = absl::node_hash_map<std::pair<Eui64, AlertCode>, StormCounts>;

  explicit SweepBook(size_t settings);

  ~SweepBook() = default;
  SweepBook(SweepBook&&) = default;
  SweepBook& operator=(SweepBook&&) = default;
  SweepBook(const SweepBook&) = delete;
  SweepBook& operator=(const SweepBook&) = delete;

  // `settings`: how many the code has, always the same.
  CodeCounts& Of(AlertCode code, size_t settings);

  MinuteCounts& MinuteOf(AlertCode code, TimeMs at);

  // By setting, under the pair's lower code.
  std::vector<PairCounts>& PairOf(AlertCode lower, size_t settings);

  // The entry of a device or a recipient, which has as many settings as the code.
  static StormCounts& StormOf(Storms& storms, Eui64 who, AlertCode code, size_t settings);

  Storms& devices() { return devices_; }

  Storms& recipients() { return recipients_; }

  // That a device has sent an alert.
  void Saw(Eui64 device) { seen_.insert(device); }

  // To the digests of all settings.
  void AddToAll(uint64_t verdict) { common_ += verdict; }

  void AddTo(size_t setting, uint64_t verdict) { digests_[setting] += verdict; }

  // To that of a setting and of the rungs below it.
  void AddToShared(size_t setting, uint64_t verdict) { shared_digests_[setting] += verdict; }

  // ---- Reading

  // By code, ascending.
  const std::map<AlertCode, CodeCounts>& codes() const { return codes_; }

  const std::map<AlertCode, std::vector<PairCounts>>& pairs() const { return pairs_; }

  const std::map<AlertCode, Minutes>& minutes() const { return minutes_; }

  const Storms& devices() const { return devices_; }

  const Storms& recipients() const { return recipients_; }

  // How many devices have sent an alert.
  uint64_t devices_seen() const { return seen_elsewhere_ + seen_.size(); }

  uint64_t DigestOf(size_t setting) const { return common_ + digests_[setting]; }

  // Adds what another shard has written, about other devices, before either is settled.
  void Add(const SweepBook& other);

  // Once, when all is written: counts for every setting what holds for it and others.
  void Settle(const GroupsByCode& groups);

 private:
  // The minute that a code was last seen in.
  struct LastMinute {
    int64_t minute = -1;
    MinuteCounts* counts = nullptr;
  };

  std::map<AlertCode, CodeCounts> codes_;
  std::map<AlertCode, Minutes> minutes_;
  std::map<AlertCode, std::vector<PairCounts>> pairs_;
  std::vector<CodeCounts*> code_of_;     // by AlertCode::index()
  std::vector<LastMinute> last_minute_;  // likewise
  absl::flat_hash_set<Eui64> seen_;
  uint64_t seen_elsewhere_ = 0;  // devices of other shards
  Storms devices_;
  Storms recipients_;
  uint64_t common_ = 0;
  std::vector<uint64_t> digests_;
  std::vector<uint64_t> shared_digests_;
};

}  // namespace weir
