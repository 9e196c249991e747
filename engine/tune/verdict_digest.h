// One number for all verdicts of a run, so that two runs can be compared alert for alert.
//
// The order of the verdicts does not matter; what they are about, and the marks of copies, do.
//
// Layer: engine/tune (engine/alert, engine/throttle).
#pragma once

#include <cstdint>

#include "engine/alert/event.h"
#include "engine/throttle/ledger.h"

namespace weir {

class VerdictDigest {
 public:
  // What an alert is known by here.
  using Identity = uint64_t;

  static Identity IdentityOf(const Alert& alert) {
    uint64_t hash = Mix(alert.device.value_or(Eui64{}).value, alert.code.index());
    hash = Mix(hash, alert.recipient.value_or(Eui64{}).value);
    hash = Mix(hash, alert.counter.value_or(0));
    hash = Mix(hash, static_cast<uint64_t>(alert.received.value_or(TimeMs{}).value));
    return Mix(hash, static_cast<uint64_t>(alert.device_time.value_or(TimeMs{}).value));
  }

  static uint64_t Forwarded(Identity alert) { return Mix(alert, 1); }

  static uint64_t Copied(Identity alert, const CopyMark& mark) {
    return Mix(Mix(Mix(alert, 2), mark.sequence_id), mark.count);
  }

  static uint64_t Consolidated(Identity alert) { return Mix(alert, 3); }

  void Add(uint64_t verdict) { value_ += verdict; }

  uint64_t value() const { return value_; }

 private:
  static uint64_t Mix(uint64_t hash, uint64_t value) {
    constexpr uint64_t kOdd = 0x9E3779B97F4A7C15;
    hash = (hash ^ value) * kOdd;
    return hash ^ hash >> 32;
  }

  uint64_t value_ = 0;
};

}  // namespace weir
