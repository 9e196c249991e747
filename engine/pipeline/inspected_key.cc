#include "engine/pipeline/inspected_key.h"

#include <algorithm>
#include <tuple>

#include "engine/alert/catalogue.h"

namespace weir {

namespace {

// The partition has a version in force, as it has counted something.
InspectedKey KeyIn(const Partition& partition, uint32_t index, const AlertKey& key,
                   const WindowCount& count, const OpenKey* open) {
  const PolicyVersion& version = *partition.throttle().version_in_force();
  const CodePolicy& policy = version.policy(key.code);
  const TimeMs at = partition.now().value_or(TimeMs{});
  InspectedKey inspected{.partition = index,
                         .key = key,
                         .now = at,
                         .version = &version,
                         .policy = &policy,
                         .excluded = version.excluded(key.code),
                         .count = count,
                         .measure = Measure(count, policy, at),
                         .open = open,
                         .episode = open != nullptr && open->episode ? &*open->episode : nullptr};
  const std::optional<AlertCode> pair = PairedCode(key.code);
  if (pair && version.counted_as(*pair) == key.code) {
    inspected.counted_with = pair;
  }
  return inspected;
}

}  // namespace

std::vector<InspectedKey> KeysOf(const Partition& partition, uint32_t index, Eui64 device) {
  std::vector<InspectedKey> keys;
  partition.throttle().ForEachKeyOf(
      device, partition.now().value_or(TimeMs{}),
      [&](const AlertKey& key, const WindowCount& count, const OpenKey* open) {
        keys.push_back(KeyIn(partition, index, key, count, open));
      });
  std::sort(keys.begin(), keys.end(),
            [](const InspectedKey& a, const InspectedKey& b) { return a.key < b.key; });
  return keys;
}

std::vector<InspectedKey> EpisodesOf(const Partition& partition, uint32_t index) {
  std::vector<InspectedKey> keys;
  partition.throttle().ForEachOpenKey([&](const AlertKey& key, const OpenKey& open) {
    if (open.episode) {
      keys.push_back(KeyIn(partition, index, key, open.count, &open));
    }
  });
  return keys;
}

bool HoldsBackMore(const InspectedKey& a, const InspectedKey& b) {
  const uint64_t consolidated_a = a.episode->consolidated();
  const uint64_t consolidated_b = b.episode->consolidated();
  return std::tie(consolidated_b, a.key, a.partition) <
         std::tie(consolidated_a, b.key, b.partition);
}

}  // namespace weir
