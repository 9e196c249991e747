// The policies that the workers of a service go by, which may change while they work.
//
// Threads: any.
//
// Layer: connectors/kafka (engine/throttle).
#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "engine/throttle/policy.h"

namespace weir {

struct Policies {
  std::shared_ptr<const PolicySchedule> live;
  std::shared_ptr<const PolicyVersion> candidate;  // null: no shadow

  friend bool operator==(const Policies&, const Policies&) = default;  // the very same ones
};

class LivePolicies {
 public:
  explicit LivePolicies(Policies policies) : policies_(std::move(policies)) {}

  Policies now() const {
    const std::lock_guard lock(mutex_);
    return policies_;
  }

  void SetLive(std::shared_ptr<const PolicySchedule> live) {
    const std::lock_guard lock(mutex_);
    policies_.live = std::move(live);
  }

  void SetCandidate(std::shared_ptr<const PolicyVersion> candidate) {
    const std::lock_guard lock(mutex_);
    policies_.candidate = std::move(candidate);
  }

 private:
  mutable std::mutex mutex_;
  Policies policies_;
};

}  // namespace weir
