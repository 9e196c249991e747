#include "engine/throttle/adopted_schedule.h"

#include <algorithm>

#include "absl/status/status.h"
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

// Whether a version has taken effect at `now`.
bool HasHappened(const PolicyVersion& version, std::optional<TimeMs> now) {
  return now && version.effective_from() <= now;
}

void CheckStays(const PolicyVersion& version, const PolicySchedule& next, std::string& problems) {
  const PolicyVersion* const same_date = FindVersion(next, version.effective_from());
  if (same_date == nullptr || !same_date->DecidesLike(version)) {
    absl::StrAppend(&problems, "the version effective from ", VersionName(version),
                    " has taken effect and cannot be ",
                    same_date == nullptr ? "removed" : "changed",
                    ": leave it as it was, and add a version with a later date\n");
  }
}

void CheckSetting(absl::string_view name, DurationMs current, DurationMs next,
                  std::string& problems) {
  if (current != next) {
    absl::StrAppend(&problems, name, " cannot be changed from ", FormatDuration(current), " to ",
                    FormatDuration(next), ": what is remembered was remembered under it\n");
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

absl::Status CheckGoesOn(const PolicySchedule& current, const PolicySchedule& next,
                         std::optional<TimeMs> now) {
  std::string problems;
  for (const PolicyVersion& version : current.versions) {
    if (HasHappened(version, now)) {
      CheckStays(version, next, problems);
    }
  }
  for (const PolicyVersion& version : next.versions) {
    if (HasHappened(version, now) && FindVersion(current, version.effective_from()) == nullptr) {
      absl::StrAppend(&problems, "the version effective from ", VersionName(version),
                      " comes too late: stream time has reached ", FormatTime(*now),
                      "; give it a date after that\n");
    }
  }
  CheckSetting("duplicate_window", current.duplicate_window, next.duplicate_window, problems);
  CheckSetting("max_ahead", current.max_ahead, next.max_ahead, problems);
  return problems.empty() ? absl::OkStatus() : absl::FailedPreconditionError(problems);
}

}  // namespace weir
