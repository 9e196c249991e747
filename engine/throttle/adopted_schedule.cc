#include "engine/throttle/adopted_schedule.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace weir {

namespace {

const PolicyVersion* FindVersion(const PolicySchedule& schedule, std::optional<TimeMs> from) {
  const auto found =
      std::find_if(schedule.versions.begin(), schedule.versions.end(),
                   [&](const PolicyVersion& version) { return version.effective_from() == from; });
  return found == schedule.versions.end() ? nullptr : &*found;
}

// Whether a version can still take effect where `past` has, at `now`. One without a date comes
// before all others.
bool LiesAhead(const PolicyVersion& version, const PolicySchedule& past,
               std::optional<TimeMs> now) {
  const bool follows =
      past.versions.empty() || past.versions.back().effective_from() < version.effective_from();
  return follows && (!now || version.effective_from() > now);
}

void RemarkOnPast(const PolicyVersion& version, const PolicySchedule& given, std::string& remarks) {
  const PolicyVersion* const same_date = FindVersion(given, version.effective_from());
  if (same_date == nullptr) {
    absl::StrAppend(&remarks, "the policy version effective from ", VersionName(version),
                    " has taken effect and stays, though the policy given does not have it\n");
  } else if (!same_date->DecidesLike(version)) {
    absl::StrAppend(&remarks, "the policy version effective from ", VersionName(version),
                    " stays as it took effect; what the policy given says otherwise about it is "
                    "set aside\n");
  }
}

void RemarkOnSetting(absl::string_view name, DurationMs past, DurationMs given,
                     std::string& remarks) {
  if (past != given) {
    absl::StrAppend(&remarks, name, " stays ", FormatDuration(past), "; the ",
                    FormatDuration(given), " of the policy given is set aside\n");
  }
}

}  // namespace

PolicySchedule AdoptSchedule(const PolicySchedule& past, const PolicySchedule& given,
                             std::optional<TimeMs> now, std::string& remarks) {
  PolicySchedule adopted = past;
  remarks.clear();
  for (const PolicyVersion& version : past.versions) {
    RemarkOnPast(version, given, remarks);
  }
  for (const PolicyVersion& version : given.versions) {
    if (LiesAhead(version, past, now)) {
      adopted.versions.push_back(version);
    } else if (FindVersion(past, version.effective_from()) == nullptr) {
      absl::StrAppend(&remarks, "the policy version effective from ", VersionName(version),
                      " of the policy given is set aside: its date has passed, and what happened "
                      "since was decided without it\n");
    }
  }
  RemarkOnSetting("duplicate_window", past.duplicate_window, given.duplicate_window, remarks);
  RemarkOnSetting("max_ahead", past.max_ahead, given.max_ahead, remarks);
  return adopted;
}

}  // namespace weir
