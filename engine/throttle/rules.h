// The policy version in force, made ready for deciding.
//
// Threads: read by many; changed while nobody reads.
//
// Layer: engine/throttle (engine/alert, engine/base).
#pragma once

#include <vector>

#include "engine/base/units.h"
#include "engine/throttle/policy.h"
#include "engine/throttle/window_count.h"

namespace weir {

class Rules {
 public:
  // Null: no version has taken effect, so that nothing is counted.
  const PolicyVersion* version() const { return version_; }

  // How counts of a code are kept in a word; there is a version.
  const CountCodec& codec(AlertCode code) const { return codecs_[version_->policy_index(code)]; }

  // By PolicyVersion::policy_index.
  const std::vector<CountCodec>& codecs() const { return codecs_; }

  void PutInForce(const PolicyVersion* version) {
    version_ = version;
    codecs_.clear();
    if (version_ != nullptr) {
      for (const CodePolicy& policy : version_->policies()) {
        codecs_.emplace_back(policy);
      }
    }
  }

 private:
  const PolicyVersion* version_ = nullptr;
  std::vector<CountCodec> codecs_;
};

}  // namespace weir
