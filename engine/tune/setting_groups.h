// The settings of a code, so that what they have in common is done once: in groups that count in
// the same windows, and of these in ladders that differ in how far one has to climb.
//
// An episode ends with a window, and so a key that starts afresh counts on from zero with the next
// one, as every other key does. Only a sliding window still sees the window before, in which a key
// under another setting may have had counts that this one has forgotten.
//
// A key that is throttled at a rung is so at all rungs below: what starts an episode there does so
// below, and what ends one below does so there. Not with a sliding window, for the reason above, so
// its ladders have one rung each.
//
// Threads: any, once built.
//
// Layer: engine/tune (engine/alert, engine/base, engine/throttle).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/alert/alert_code.h"
#include "engine/base/units.h"
#include "engine/throttle/policy.h"
#include "engine/throttle/window_count.h"
#include "engine/tune/setting_set.h"
#include "engine/tune/sweep_plan.h"

namespace weir {

// Settings that differ in their limits alone, of ascending `threshold` and `clear`.
struct Ladder {
  struct Rung {
    uint64_t threshold = 0;
    uint64_t clear = 0;
    size_t setting = 0;  // its number
    SettingSet up_to;    // this and all rungs below
  };

  Forward forward;
  bool last_word = true;
  std::vector<Rung> rungs;
};

struct SettingGroup {
  CodePolicy lowest;  // the one of the lowest threshold
  CountCodec codec;
  std::vector<Ladder> ladders;
};

struct SettingGroups {
  std::vector<SettingGroup> groups;
  size_t settings = 0;
};

SettingGroups GroupsOf(const std::vector<CodePolicy>& settings);

// The groups of every code of a plan.
class GroupsByCode {
 public:
  explicit GroupsByCode(const SweepPlan& plan);

  // Exclusions, and under which code each is counted.
  const PolicyVersion& version() const { return version_; }

  // The code that clears or pairs with this one, as the catalogue has it.
  std::optional<AlertCode> PartnerOf(AlertCode code) const { return partner_[code.index()]; }

  bool pairs_together() const { return pairs_together_; }

  const SettingGroups& Of(AlertCode counted_as) const { return all_[IndexOf(counted_as)]; }

  // Of all(), which one a code has.
  size_t IndexOf(AlertCode counted_as) const { return index_[counted_as.index()]; }

  // Of the codes that are swept.
  const SettingGroups& swept() const { return all_.front(); }

  // How many settings two codes have together, of which one may not be swept.
  size_t SettingsOfPair(AlertCode a, AlertCode b) const {
    return std::max(Of(version_.counted_as(a)).settings, Of(version_.counted_as(b)).settings);
  }

  const std::vector<SettingGroups>& all() const { return all_; }

  // The most groups that a code has.
  size_t most_groups() const;

  // A key is not over before the longest of its code's windows is: the least of these.
  DurationMs least_memory() const;

 private:
  bool pairs_together_;
  PolicyVersion version_;
  std::vector<SettingGroups> all_;  // what is swept; then one for each policy that is not
  std::vector<size_t> index_;       // by AlertCode::index()
  std::vector<std::optional<AlertCode>> partner_;  // likewise
};

}  // namespace weir
