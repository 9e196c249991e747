// Alert storm protection (SECMP0062): decides for each alert whether it passes, passes as a copy,
// or is held back, and keeps account of the alerts held back.
//
// Everything happens at the stream time that is passed in; no clock is read, so the same records
// give the same decisions. Before an alert is decided, the caller advances the throttle to the
// stream time, which ends the episodes due and lets policy versions take effect.
//
// Promises, for each key:
//   - in one window of one policy version at most `threshold` alerts of it pass unchanged;
//   - an alert of an excluded code is never held back, nor is the first alert of a key, nor the
//     first one after an episode;
//   - every alert held back is counted in a copy, in the episode's open account, or (where the
//     policy says `last_word: false`) in `unrepresented`.
//
// Threads: one owner.
//
// Layer: engine/throttle (engine/alert, engine/base).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"

#include "engine/alert/alert_key.h"
#include "engine/alert/event.h"
#include "engine/base/state_batch.h"
#include "engine/base/units.h"
#include "engine/throttle/counters.h"
#include "engine/throttle/open_keys.h"
#include "engine/throttle/policy.h"
#include "engine/throttle/throttle_output.h"
#include "engine/throttle/totals.h"
#include "engine/throttle/window_count.h"

namespace weir {

class Throttle : private Counters::Owner {
 public:
  // `schedule` and `totals` outlive the throttle.
  Throttle(const PolicySchedule& schedule, Totals& totals);
  ~Throttle() override = default;
  Throttle(const Throttle&) = delete;
  Throttle& operator=(const Throttle&) = delete;

  // Keep one while calling Prefetch, Advance and Decide.
  [[nodiscard]] Epochs::Pin Enter() { return counters_.Enter(); }

  // Asks the processor for what Decide will need.
  void Prefetch(const Alert& alert);

  // Everything due at or before `now`: windows' ends and policy versions, in order.
  void Advance(TimeMs now, ThrottleOutput& output);

  // Decides one alert, read at `position`, at stream time `now`, to which Advance has been called.
  void Decide(const Alert& alert, int64_t position, TimeMs now, ThrottleOutput& output);

  // Ends every open episode at `now` for reason `policy` and forgets every count: the state was
  // decided under other versions than the schedule's. `before` is the version they were under.
  void StartAfresh(const PolicyVersion* before, TimeMs now, ThrottleOutput& output);

  // How many versions of the schedule have taken effect.
  size_t versions_in_force() const { return in_force_; }

  // Adds `pending` and `open` of the open episodes to totals by AlertCode::index().
  void AddOpenTo(std::vector<CodeTotals>& codes) const;

  const OpenKeys& open_keys() const { return open_keys_; }

  const Counters& counters() const { return counters_; }

  size_t journal_size() const { return counters_.journal_size(); }

  void Accept(TimeMs now);
  void Rollback();

  // Writes the batch as commit `number`.
  void Export(uint64_t number, const StateScope& scope);

  // Takes up one entry of the store; entries come in the order of their names.
  absl::Status Load(absl::string_view name, absl::string_view value);

  // After the last entry: DataLoss if counters and open keys do not agree with one another, or are
  // not those of stream time `now` under `version`, which may be null.
  absl::Status CheckLoaded(const PolicyVersion* version, TimeMs now);

  // Then: the state is that of stream time `now`.
  void FinishLoad(TimeMs now);

 private:
  // What counting one alert says.
  enum class Verdict : uint8_t { kPass, kPassStorm, kStart };

  bool IsOver(AlertCode code, uint64_t value, TimeMs horizon) const override;

  const CountCodec& Codec(AlertCode code) const;
  void PutInForce(size_t versions);
  void TakeEffect(size_t version, TimeMs at, ThrottleOutput& output);
  void FireDueBy(TimeMs now, ThrottleOutput& output);
  void EndWindow(const AlertKey& key, TimeMs at, ThrottleOutput& output);
  void EndEpisode(const AlertKey& key, EpisodeEvent::Reason reason, TimeMs at,
                  ThrottleOutput& output);
  void Close(const AlertKey& key);
  void TryCompact(const AlertKey& key);

  static Verdict CountAlert(const CodePolicy& policy, bool excluded, TimeMs now,
                            WindowCount& count);
  void DecideOpen(const Alert& alert, const AlertKey& key, int64_t position, TimeMs now,
                  ThrottleOutput& output);
  void Act(Verdict verdict, const Alert& alert, const AlertKey& key, TimeMs now,
           ThrottleOutput& output);
  void Throttled(const Alert& alert, const AlertKey& key, ThrottleOutput& output);
  void Pass(const Alert& alert, ThrottleOutput& output);
  void CopyOut(const Alert& alert, Episode& episode, ThrottleOutput& output);
  EpisodeEvent Event(EpisodeEvent::Kind kind, const AlertKey& key, TimeMs at) const;

  const PolicySchedule& schedule_;
  Totals& totals_;
  Counters counters_;
  OpenKeys open_keys_;

  size_t in_force_ = 0;                     // versions that have taken effect
  size_t accepted_in_force_ = 0;            // the same, at the last Accept
  const PolicyVersion* version_ = nullptr;  // the one in force
  std::vector<CountCodec> codecs_;          // by PolicyVersion::policy_index
};

}  // namespace weir
