// Throttling policy: what holds for each alert code, and from when.
//
// A version resolves every code to its limits, says whether the code is excluded, and under which
// code it is counted. A schedule is the dated list of versions. All are values: built once, then
// read.
//
// Source of the rules: SECMP0062 (alert storm protection); the Traffic Management Mechanism
// Document is where the scheme keeps thresholds and the exclusion list. Reference: docs in
// engine/throttle.
//
// Layer: engine/throttle (engine/alert, engine/base).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "engine/alert/alert_code.h"
#include "engine/base/units.h"

namespace weir {

enum class WindowKind : uint8_t { kTumbling, kSliding };

// What passes during an episode.
struct Forward {
  enum class Kind : uint8_t { kFirstPerWindow, kOneIn, kNone };
  Kind kind = Kind::kFirstPerWindow;
  uint64_t n = 0;  // of kOneIn: 2 or more

  friend bool operator==(const Forward&, const Forward&) = default;
};

// The limits of one code.
struct CodePolicy {
  uint64_t threshold = 10;  // alerts of a key that pass in one window, 1..65535
  DurationMs window = kHour;
  WindowKind window_kind = WindowKind::kTumbling;
  uint64_t clear = 10;  // an episode ends with a window of at most so many, 0..threshold
  Forward forward{};
  bool last_word = true;  // forward the last consolidated alert at the end of an episode

  friend bool operator==(const CodePolicy&, const CodePolicy&) = default;
};

// The ordinal of the window that holds `time`, on the grid of the Unix epoch.
constexpr int64_t WindowOf(TimeMs time, DurationMs window) {
  return time.value / window.value;
}

// The codes that the default list excludes: no message with content of its own is held back.
std::vector<bool> DefaultExclusions();

// What a version says before it is resolved. `excluded` has one entry per code.
struct PolicyRules {
  std::optional<TimeMs> effective_from;  // none: in force from the beginning
  std::string note;
  bool pairs_together = false;
  CodePolicy fallback;  // the version's `default`
  std::vector<bool> excluded = DefaultExclusions();
  std::map<AlertCode, CodePolicy> codes;
};

class PolicyVersion {
 public:
  explicit PolicyVersion(const PolicyRules& rules);

  std::optional<TimeMs> effective_from() const { return effective_from_; }

  const std::string& note() const { return note_; }

  // The code under which alerts of `code` are counted: itself, or the lower code of its pair.
  AlertCode counted_as(AlertCode code) const { return codes_[code.index()].counted_as; }

  // Whether alerts of `code` are never throttled.
  bool excluded(AlertCode code) const { return codes_[code.index()].excluded; }

  // The limits that alerts of `code` are counted by: those of counted_as(code).
  const CodePolicy& policy(AlertCode code) const { return policies_[policy_index(code)]; }

  // The distinct limits of the version, and which of them a code has.
  const std::vector<CodePolicy>& policies() const { return policies_; }

  size_t policy_index(AlertCode code) const { return codes_[code.index()].policy; }

  // The codes whose keys start afresh when this version follows `before`: those under which a code
  // is counted, then or now, whose limits, exclusion or counting differ. One entry per code.
  std::vector<bool> KeysTouchedAfter(const PolicyVersion& before) const;

  // The same version, as if it had been in force from the beginning.
  PolicyVersion WithoutDate() const;

  // Whether both decide alike; the note does not matter.
  bool DecidesLike(const PolicyVersion& other) const;

  // The version as the store keeps it, and back; DataLoss if `bytes` are no version.
  std::string Encode() const;
  static absl::StatusOr<PolicyVersion> Decode(absl::string_view bytes);

 private:
  struct Resolution {
    uint16_t policy = 0;  // index into policies_
    bool excluded = false;
    AlertCode counted_as;
  };

  PolicyVersion() = default;

  bool SameFor(AlertCode code, const PolicyVersion& other) const;

  std::optional<TimeMs> effective_from_;
  std::string note_;
  std::vector<CodePolicy> policies_;
  std::vector<Resolution> codes_;  // by AlertCode::index()
};

// How a version is named to people, behind "effective from".
std::string VersionName(const PolicyVersion& version);

struct PolicySchedule {
  std::vector<PolicyVersion> versions;  // ascending by effective date
  DurationMs duplicate_window = kHour;  // 0 turns the search for duplicates off; at most 2 days
  DurationMs max_ahead = kDay;          // how far ahead of stream time a record may move it

  // Without a policy file: the defaults, always.
  static PolicySchedule Default();

  // How many versions have taken effect at `time`; the last of them is in force.
  size_t TakenEffectBy(TimeMs time) const;
};

}  // namespace weir
