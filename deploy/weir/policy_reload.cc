#include "deploy/weir/policy_reload.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

#include "connectors/config/policy_file.h"
#include "connectors/kafka/policy_change.h"

#include "spdlog/spdlog.h"
#include <sys/stat.h>

namespace weir {

namespace {

constexpr std::chrono::seconds kLookEvery{1};

// Longer than a commit usually takes, and short of what anybody takes for a standstill.
constexpr std::chrono::milliseconds kWorkersAnswer{5000};

// FNV-1a: nothing but to tell files apart that people made.
std::string DigestOf(const PolicySchedule& schedule) {
  uint32_t hash = 2166136261U;
  const auto take = [&](absl::string_view bytes) {
    for (const char byte : bytes) {
      hash = (hash ^ static_cast<uint8_t>(byte)) * 16777619U;
    }
  };
  for (const PolicyVersion& version : schedule.versions) {
    take(version.Encode());
  }
  take(absl::StrCat(schedule.duplicate_window.value, " ", schedule.max_ahead.value));
  return absl::StrFormat("%08x", hash);
}

// A pipe, say, has been read once and cannot be followed.
bool CanBeFollowed(const std::string& path) {
  struct stat found {};

  return !path.empty() && (stat(path.c_str(), &found) != 0 || S_ISREG(found.st_mode));
}

// Says `missing` if there is no such file.
std::string StampOf(const std::string& path) {
  struct stat found {};

  if (stat(path.c_str(), &found) != 0) {
    return "missing";
  }
  return absl::StrCat(found.st_dev, " ", found.st_ino, " ", found.st_size, " ",
                      found.st_mtim.tv_sec, ".", found.st_mtim.tv_nsec);
}

absl::string_view NameOf(PolicyUse use) {
  return use == PolicyUse::kLive ? "policy" : "shadow policy";
}

// Each problem in a line of its own.
void LogLines(spdlog::level::level_enum level, absl::string_view head, absl::string_view text) {
  for (const absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    spdlog::log(level, "{}: {}", std::string(head), std::string(line));
  }
}

}  // namespace

std::shared_ptr<const PolicyVersion> CandidateOf(const PolicySchedule& schedule) {
  return std::make_shared<PolicyVersion>(schedule.versions.back());
}

// ---- One file

FollowedPolicy::FollowedPolicy(Begin begin, Metrics& metrics, Apply apply)
    : use_(begin.use), path_(std::move(begin.path)), metrics_(metrics), apply_(std::move(apply)) {
  standing_.file = path_;
  standing_.loaded = begin.now;
  standing_.digest = DigestOf(begin.holds);
  if (use_ == PolicyUse::kLive) {
    metrics_.SetPolicy(standing_.digest, begin.now);
  }
}

PolicyStanding FollowedPolicy::standing() const {
  const std::lock_guard lock(mutex_);
  return standing_;
}

void FollowedPolicy::Look(bool asked, TimeMs now) {
  if (CanBeFollowed(path_) && (HasChanged() || asked || untried_)) {
    Take(asked, now);
  }
}

bool FollowedPolicy::HasChanged() {
  std::string stamp = StampOf(path_);
  const bool changed = stamp != seen_;
  seen_ = std::move(stamp);
  return changed;
}

void FollowedPolicy::Take(bool asked, TimeMs now) {
  std::string remarks;
  const absl::StatusOr<PolicySchedule> schedule = ReadPolicyFile(path_, &remarks);
  if (!schedule.ok()) {
    untried_ = false;
    Refuse(schedule.status(), now);
    return;
  }
  if (DigestOf(*schedule) == standing().digest) {
    untried_ = false;
    Stands();
    if (asked) {
      spdlog::info("{} {}: nothing has changed", std::string(NameOf(use_)), path_);
      metrics_.AddPolicyReload(use_, PolicyReloadOutcome::kUnchanged);
    }
    return;
  }
  const absl::Status applied = apply_(*schedule);
  if (absl::IsDeadlineExceeded(applied)) {
    if (!untried_) {
      spdlog::warn("{} {} is not in force yet and will be tried again: {}",
                   std::string(NameOf(use_)), path_, std::string(applied.message()));
    }
    untried_ = true;
    return;
  }
  untried_ = false;
  if (!applied.ok()) {
    Refuse(applied, now);
    return;
  }
  LogLines(spdlog::level::warn, path_, remarks);
  TakeUp(*schedule, now);
}

void FollowedPolicy::TakeUp(const PolicySchedule& schedule, TimeMs now) {
  const std::string digest = DigestOf(schedule);
  if (use_ == PolicyUse::kLive) {
    metrics_.SetPolicy(digest, now);
  }
  const PolicyVersion& newest = schedule.versions.back();
  spdlog::info("{} {} has been taken up: {} versions, the newest effective from {}{}",
               std::string(NameOf(use_)), path_, schedule.versions.size(), VersionName(newest),
               newest.note().empty() ? "" : absl::StrCat(" (", newest.note(), ")"));
  {
    const std::lock_guard lock(mutex_);
    standing_.loaded = now;
    standing_.digest = digest;
  }
  Stands();
  metrics_.AddPolicyReload(use_, PolicyReloadOutcome::kApplied);
}

// What the file says holds.
void FollowedPolicy::Stands() {
  metrics_.SetPolicyRefused(use_, false);
  const std::lock_guard lock(mutex_);
  standing_.refused_at.reset();
}

void FollowedPolicy::Refuse(const absl::Status& why, TimeMs now) {
  metrics_.SetPolicyRefused(use_, true);
  LogLines(spdlog::level::err,
           absl::StrCat("the ", NameOf(use_), " ", path_,
                        " is refused, and what it was before stays in force"),
           why.message());
  {
    const std::lock_guard lock(mutex_);
    standing_.refused_at = now;
    standing_.refused = std::string(why.message());
  }
  // Last, so that whoever sees it finds the rest.
  metrics_.AddPolicyReload(use_, PolicyReloadOutcome::kRefused);
}

// ---- Both

PolicyReload::PolicyReload(const Files& files, LivePolicies& policies, Errands& errands,
                           Metrics& metrics, std::function<TimeMs()> clock)
    : clock_(std::move(clock)),
      live_({PolicyUse::kLive, files.live, *policies.now().live, clock_()}, metrics,
            [&policies, &errands](const PolicySchedule& schedule) {
              std::vector<std::string> remarks;
              absl::Status changed =
                  ChangePolicy(errands, policies, std::make_shared<PolicySchedule>(schedule),
                               kWorkersAnswer, remarks);
              for (const std::string& remark : remarks) {
                LogLines(spdlog::level::warn, "policy", remark);
              }
              return changed;
            }),
      shadow_({PolicyUse::kShadow, files.shadow, files.shadow_holds, clock_()}, metrics,
              [&policies, &errands](const PolicySchedule& schedule) {
                return ChangeCandidate(errands, policies, CandidateOf(schedule), kWorkersAnswer);
              }) {}

void PolicyReload::Look(bool asked) {
  const auto now = std::chrono::steady_clock::now();
  if (!asked && now < next_look_) {
    return;
  }
  next_look_ = now + kLookEvery;
  live_.Look(asked, clock_());
  shadow_.Look(asked, clock_());
}

}  // namespace weir
