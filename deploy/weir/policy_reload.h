// Follows the policy files of a service at work: what changes in them takes effect without a
// restart, or is refused and said so, and then what was before holds.
//
// A file is looked at about once a second and when asked. One that cannot be read or is wrong, and
// a policy that would change what has happened, are refused; see ChangePolicy. A service that was
// configured without a file stays so.
//
// Threads: Look by one; the rest by any.
//
// Layer: deploy/weir (connectors/config, connectors/http, connectors/kafka).
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "connectors/http/metrics.h"
#include "connectors/kafka/errands.h"
#include "connectors/kafka/live_policies.h"
#include "engine/base/units.h"

namespace weir {

// How it stands with a policy file.
struct PolicyStanding {
  std::string file;  // empty: none was configured
  TimeMs loaded;     // when what holds was taken up, by the clock
  std::string digest;
  std::optional<TimeMs> refused_at;  // the file as it is now was, then
  std::string refused;               // and why
};

// One file.
class FollowedPolicy {
 public:
  // Puts what the file says in force. DeadlineExceeded: it will be asked again.
  using Apply = std::function<absl::Status(const PolicySchedule& schedule)>;

  // What it begins with.
  struct Begin {
    PolicyUse use = PolicyUse::kLive;
    std::string path;  // empty: none was configured
    const PolicySchedule& holds;
    TimeMs now;
  };

  FollowedPolicy(Begin begin, Metrics& metrics, Apply apply);

  void Look(bool asked, TimeMs now);

  PolicyStanding standing() const;

 private:
  bool HasChanged();
  void Take(bool asked, TimeMs now);
  void TakeUp(const PolicySchedule& schedule, TimeMs now);
  void Stands();
  void Refuse(const absl::Status& why, TimeMs now);

  const PolicyUse use_;
  const std::string path_;
  Metrics& metrics_;
  const Apply apply_;
  // What tells versions of the file apart without reading it. Empty at first, so that a change
  // since the service read it is not missed.
  std::string seen_;
  bool untried_ = false;  // the workers could not be asked about the file as it is now

  mutable std::mutex mutex_;
  PolicyStanding standing_;
};

class PolicyReload {
 public:
  // What the service begins with, read from these files; a path is empty if none is configured.
  struct Files {
    std::string live;
    std::string shadow;
    PolicySchedule shadow_holds;
  };

  // All but `files` outlive it.
  PolicyReload(const Files& files, LivePolicies& policies, Errands& errands, Metrics& metrics,
               std::function<TimeMs()> clock);

  // `asked`: whatever the files look like.
  void Look(bool asked);

  PolicyStanding live() const { return live_.standing(); }

  PolicyStanding shadow() const { return shadow_.standing(); }

 private:
  const std::function<TimeMs()> clock_;
  FollowedPolicy live_;
  FollowedPolicy shadow_;
  std::chrono::steady_clock::time_point next_look_;
};

// The newest version of a policy, which is what a candidate is.
std::shared_ptr<const PolicyVersion> CandidateOf(const PolicySchedule& schedule);

}  // namespace weir
