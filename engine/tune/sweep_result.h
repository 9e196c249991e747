// What a sweep has found: for every code and setting what would have passed and what not, and for
// any choice of settings what it all comes to.
//
// Layer: engine/tune (engine/alert, engine/base, engine/throttle).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "engine/alert/alert_code.h"
#include "engine/alert/eui64.h"
#include "engine/base/units.h"
#include "engine/tune/setting_groups.h"
#include "engine/tune/sweep_book.h"
#include "engine/tune/sweep_index.h"
#include "engine/tune/sweep_plan.h"
#include "engine/tune/swept_keys.h"
#include "engine/tune/tally.h"

namespace weir {

struct SweepCounts {
  uint64_t read = 0;
  uint64_t dead = 0;
  uint64_t other = 0;       // records that are not alerts, without duplicates
  uint64_t duplicates = 0;  // of alerts and of these
  // Stream time of the first and the last alert, whichever their partitions.
  std::optional<TimeMs> first;
  std::optional<TimeMs> last;
};

// Alerts received and passed on, minute by minute; minutes without any are left out.
struct MinuteOfAlerts {
  TimeMs begin;
  uint64_t received = 0;
  uint64_t passed = 0;
};

struct StormingDevice {
  Eui64 device;
  std::vector<AlertCode> codes;  // that it storms with, ascending
  uint64_t alerts = 0;           // in its storms, by any setting
};

// A pair of codes under one setting, counted one way.
struct PairTally {
  uint64_t consolidated = 0;  // of both codes
  PairCounts counts;
};

struct PairResult {
  PairTally apart;
  PairTally together;
};

class SweepResult {
 public:
  // The books are settled.
  SweepResult(const SweepPlan& plan, const SweepCounts& counts, BothWays<SweepBook> books);

  const SweepCounts& counts() const { return counts_; }

  // Devices that have sent an alert.
  uint64_t devices_seen() const { return books_.planned.devices_seen(); }

  size_t settings() const { return plan_.settings.size(); }

  // Codes of which there was an alert, ascending.
  std::vector<AlertCode> Codes() const;

  // The alerts of one code under one setting. Of codes counted as one, what belongs to their keys
  // (episodes, devices, pending) is told by the code they are counted under.
  Tally Of(AlertCode code, size_t setting) const;

  // All alerts.
  Tally Of(const Choice& choice) const;

  std::vector<MinuteOfAlerts> Minutes(const Choice& choice) const;
  std::vector<MinuteOfAlerts> Minutes(AlertCode code, const Choice& choice) const;

  // Devices that have an episode under every setting, by alerts, most first.
  std::vector<StormingDevice> AlwaysStorming() const;

  // Pairs of codes that clear each other of which an alert was throttled, by the lower code.
  std::vector<AlertCode> Pairs() const;

  PairResult OfPair(AlertCode lower, size_t setting) const;

  // A number that stands for all verdicts of a setting: alert by alert, marks of copies and last
  // words included. Differs if any of them does, but for chance.
  uint64_t Digest(size_t setting) const { return books_.planned.DigestOf(setting); }

 private:
  size_t SettingOf(AlertCode code, const Choice& choice) const;
  static uint64_t Touched(const SweepIndex::Parties& parties, const Choice& choice);

  SweepPlan plan_;
  SweepCounts counts_;
  BothWays<SweepBook> books_;
  GroupsByCode groups_;
  SweepIndex index_;  // of what is planned
};

}  // namespace weir
