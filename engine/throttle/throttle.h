// Alert storm protection (SECMP0062): decides for each alert whether it passes, passes as a copy,
// is held back, or was seen before, and keeps account of the alerts held back.
//
// Alerts are decided in rounds. Everything happens at the stream time that is passed in; no clock
// is read, so the same records give the same decisions, whatever the rounds and the number of
// shards. Before an alert is decided, the episodes due by its stream time end, and policy versions
// take effect.
//
// Promises, for each key:
//   - in one window of one policy version at most `threshold` alerts of it pass unchanged;
//   - an alert of an excluded code is never held back, nor is the first alert of a key, nor the
//     first one after an episode;
//   - every alert held back is counted in a copy, in the episode's open account, or (where the
//     policy says `last_word: false`) in `unrepresented`.
//
// A round: Begin; then DealOut, and Decide for every shard, side by side or one after the other,
// as long as DealOut finds something to do.
//
// Threads: one owner, but for Decide: one thread for each shard.
//
// Layer: engine/throttle (engine/alert, engine/base).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/types/span.h"

#include "engine/alert/alert_key.h"
#include "engine/alert/event.h"
#include "engine/base/state_batch.h"
#include "engine/base/units.h"
#include "engine/throttle/counters.h"
#include "engine/throttle/ledger.h"
#include "engine/throttle/open_keys.h"
#include "engine/throttle/policy.h"
#include "engine/throttle/rules.h"
#include "engine/throttle/shard.h"
#include "engine/throttle/timeline.h"
#include "engine/throttle/totals.h"
#include "engine/throttle/window_count.h"

namespace weir {

// The alerts of a round in the order of the log, and how stream time moves in it. Views what
// outlives the round.
struct Round {
  absl::Span<const Arrival> arrivals;
  const Timeline* timeline = nullptr;
  absl::Span<Verdict> verdicts;  // one for each record; those of the arrivals are set
};

class Throttle : private Counters::Owner {
 public:
  // `schedule` outlives the throttle, unless another one follows it.
  Throttle(const PolicySchedule& schedule, size_t shards);
  ~Throttle() override = default;
  Throttle(const Throttle&) = delete;
  Throttle& operator=(const Throttle&) = delete;

  void Begin(const Round& round);

  // Lets the version take effect that the shards have reached, and deals out the alerts up to the
  // next one. False at the end of the round, when there is nothing to decide.
  bool DealOut();

  void Decide(size_t shard);

  size_t shards() const { return shards_.size(); }

  // Between rounds, and only with one shard: lets what is due by `by` happen, at most `limit` keys,
  // as before record 0, but nothing behind the date of the next version. Gives when the last of
  // these was due; the next round does not begin before that.
  std::optional<TimeMs> FireSome(TimeMs by, size_t limit);

  // How many keys FireSome has; counts no further than `limit`.
  size_t CountDue(TimeMs by, size_t limit) const;

  // `by`, or the date of the next version if that is earlier.
  TimeMs UpToNextVersion(TimeMs by) const;

  // Moves what the ledgers of all shards hold behind `entries`, in no particular order.
  void MoveLedgersTo(std::vector<LedgerEntry>& entries);

  // Ends every open episode at `now` for reason `policy` and forgets every count: the state was
  // decided under other versions than the schedule's. `before` is the version they were under.
  void StartAfresh(const PolicyVersion* before, TimeMs now);

  // The earliest time at which an open key is due or a version takes effect.
  std::optional<TimeMs> NextDue() const;

  // Between batches: `schedule` goes on from the present one. The versions that have taken effect
  // are the same in both, and so is the duplicate window. It outlives the throttle, or is followed
  // by another one in turn.
  void GoOnWith(const PolicySchedule& schedule);

  // How many versions of the schedule have taken effect.
  size_t versions_in_force() const { return in_force_; }

  // The version in force; null before the first one.
  const PolicyVersion* version_in_force() const { return rules_.version(); }

  // By AlertCode::index(), with what is open and pending at this moment.
  std::vector<CodeTotals> TotalsByCode() const;

  // Episodes that are open at this moment.
  uint64_t EpisodesOpen() const;

  // Calls `visit(key, open_key)` for every open key.
  template <typename Visit>
  void ForEachOpenKey(Visit&& visit) const {
    for (const auto& shard : shards_) {
      shard->open_keys().ForEach(visit);
    }
  }

  // Calls `visit` for every key that counts at `now`, the stream time, with its count as it is
  // then. Those whose windows are over behave as if they had never been seen, and are left out.
  // `open` is null unless the key is open.
  using KeyVisitor =
      absl::FunctionRef<void(const AlertKey& key, const WindowCount& count, const OpenKey* open)>;
  void ForEachKey(TimeMs now, KeyVisitor visit) const;

  // The same for the keys of one device: a look-up for each pair of code and recipient there is,
  // and one for each open key.
  void ForEachKeyOf(Eui64 device, TimeMs now, KeyVisitor visit) const;

  const Counters& counters() const { return counters_; }

  // Messages that are remembered, to find duplicates.
  size_t messages_remembered() const;

  size_t journal_size() const { return counters_.journal_size(); }

  void Accept(TimeMs now);
  void Rollback();

  // Writes the batch's delta as commit `number`.
  void Export(uint64_t number, const StateScope& scope) const;

  // Then, unless the batch is rolled back: writes what only keeps a store small. The commit ends at
  // stream time `now`.
  void ExportUpkeep(uint64_t number, TimeMs now, const StateScope& scope);

  // Of the entry with this name.
  static Lifetime LifetimeOf(absl::string_view name);

  // For how long after the end of a commit its expiring entries are needed, in stream time.
  DurationMs KeptFor() const;

  // Takes up one entry of the store; entries come in the order of their names.
  absl::Status Load(absl::string_view name, absl::string_view value);

  // After the last entry, which completes the counters: DataLoss if counters and open keys do not
  // agree with one another, or are not those of stream time `now` under `version`, which may be
  // null. `some_due`: FireSome has come up to `now`, so that some keys may still be due then.
  absl::Status CheckLoaded(const PolicyVersion* version, TimeMs now, bool some_due);

  // Then: the state is that of stream time `now`.
  void FinishLoad(TimeMs now);

 private:
  // Messages seen in one commit, as the store has them.
  struct SeenChunk {
    uint64_t number = 0;  // of the commit
    TimeMs newest;
  };

  bool IsOver(AlertCode code, uint64_t value, TimeMs horizon) const override;

  void VisitCounter(const CounterTable::Key& slot, uint64_t value, TimeMs now,
                    KeyVisitor visit) const;

  void PutInForce(size_t versions);
  void FollowRules(const PolicyVersion* version);
  std::optional<TimeMs> NextVersionAt() const;
  void TakeEffect(TimeMs at);
  void Deal(const Arrival& arrival);

  Shard& ShardFor(Eui64 device) { return *shards_[ShardIndex(device)]; }

  size_t ShardIndex(Eui64 device) const;

  void ExportSeen(uint64_t number, const StateScope& scope) const;
  void EraseSeen(uint64_t number, TimeMs now, const StateScope& scope);
  absl::Status LoadOpenKey(absl::string_view name, absl::string_view value);
  absl::Status LoadSeen(absl::string_view name, absl::string_view value);

  const PolicySchedule* schedule_;
  Rules rules_;
  Totals totals_;
  Counters counters_;
  std::vector<std::unique_ptr<Shard>> shards_;

  size_t in_force_ = 0;           // versions that have taken effect
  size_t accepted_in_force_ = 0;  // the same, at the last Accept

  // The round under way.
  Round round_;
  size_t dealt_ = 0;                    // arrivals that have been dealt out
  std::optional<TimeMs> decide_until_;  // by when what is due happens
  std::optional<TimeMs> version_at_;    // when the version takes effect that the shards go up to
  bool ends_ = true;                    // the shards go up to the end

  std::deque<SeenChunk> seen_chunks_;
};

}  // namespace weir
