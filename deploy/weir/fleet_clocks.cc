#include "deploy/weir/fleet_clocks.h"

#include <algorithm>

#include "deploy/weir/fleet_random.h"

namespace weir {

namespace {

// In whole seconds, as clocks of devices tell.
int64_t ErrorOf(uint64_t i, uint64_t seed) {
  constexpr int64_t kSeconds = kDay.value / kSecond.value;  // of a day
  constexpr int64_t kYear = 365 * kSeconds;
  FleetRandom random(seed, FleetRandom::Purpose::kWrongClocks, 1 + i);
  const int64_t error = i % 2 == 0 ? -random.Between(30 * kSeconds, 15 * kYear)
                                   : random.Between(kSeconds, 10 * kYear);
  return error * kSecond.value;
}

}  // namespace

FleetClocks::FleetClocks(const FleetOptions& options) {
  FleetRandom choice(options.seed, FleetRandom::Purpose::kWrongClocks, 0);
  const FleetShuffle shuffle(options.devices, choice);
  for (uint64_t i = 0; i < options.wrong_clocks; ++i) {
    wrong_.emplace(shuffle[i], ErrorOf(i, options.seed));
  }
}

TimeMs FleetClocks::Show(uint64_t device, TimeMs time) const {
  constexpr int64_t kLast = kLatestTime.value - kLatestTime.value % kSecond.value;
  const auto wrong = wrong_.find(device);
  return wrong == wrong_.end() ? time
                               : TimeMs{std::clamp(time.value + wrong->second, int64_t{0}, kLast)};
}

}  // namespace weir
