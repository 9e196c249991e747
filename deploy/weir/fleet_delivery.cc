#include "deploy/weir/fleet_delivery.h"

#include "deploy/weir/fleet_random.h"

namespace weir {

namespace {

using Random = FleetRandom;

// The random numbers that decide about one message. Two of one device and one millisecond share
// them, which does not matter.
Random FateOf(const FleetReport& report, uint64_t seed, Random::Purpose purpose) {
  const auto time = static_cast<uint64_t>(report.at);
  return {seed, purpose, time * kMaxFleetDevices + report.device};
}

}  // namespace

FleetDelivery::FleetDelivery(const FleetOptions& options)
    : seed_(options.seed),
      late_(Millionths(options.late)),
      duplicate_(Millionths(options.duplicates)),
      end_(options.duration.value) {}

void FleetDelivery::Send(FleetKind kind, const FleetReport& report,
                         std::optional<uint64_t> counter) {
  FleetDispatch dispatch{.report = report,
                         .counter = counter,
                         .kind = kind,
                         .received = report.at,
                         .written = report.at};
  Random lateness = FateOf(report, seed_, Random::Purpose::kLate);
  if (lateness.Below(kMillion) < late_) {
    dispatch.written += lateness.Between(1, kLongestLateness.value);
  }
  waiting_.push({dispatch, tickets_++});
  Random redelivery = FateOf(report, seed_, Random::Purpose::kDuplicate);
  if (!counter || redelivery.Below(kMillion) >= duplicate_) {
    return;
  }
  dispatch.again = true;
  dispatch.received += redelivery.Between(kSecond.value, kLongestRedelivery.value);
  dispatch.written = dispatch.received;
  if (dispatch.received < end_) {
    waiting_.push({dispatch, tickets_++});
  }
}

bool FleetDelivery::Take(int64_t time, FleetDispatch& message) {
  if (waiting_.empty() || waiting_.top().message.written >= time) {
    return false;
  }
  message = waiting_.top().message;
  waiting_.pop();
  return true;
}

}  // namespace weir
