#include "engine/pipeline/summary.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"

namespace weir {

namespace {

void Add(const Partition& partition, Summary& summary) {
  summary.read += partition.counts().read;
  summary.dead += partition.counts().dead;
  summary.other += partition.counts().other;
  summary.registry += partition.registry().totals();
  const std::vector<CodeTotals> codes = partition.throttle().TotalsByCode();
  for (uint16_t i = 0; i < AlertCode::kCount; ++i) {
    if (codes[i] != CodeTotals{}) {
      summary.codes[AlertCode::FromIndex(i)] += codes[i];
      summary.totals += codes[i];
    }
  }
}

}  // namespace

Summary Summarise(const std::vector<const Partition*>& partitions, const StormTally& ended) {
  Summary summary;
  absl::flat_hash_map<Eui64, DeviceStorms> storms = ended.devices();
  for (const Partition* partition : partitions) {
    Add(*partition, summary);
    partition->throttle().ForEachOpenKey([&](const AlertKey& key, const OpenKey& open) {
      if (open.episode) {
        storms[key.device] += StormOf(*open.episode);
      }
    });
  }
  summary.storms.assign(storms.begin(), storms.end());
  std::sort(summary.storms.begin(), summary.storms.end(), [](const auto& a, const auto& b) {
    return std::make_pair(b.second.consolidated, a.first) <
           std::make_pair(a.second.consolidated, b.first);
  });
  return summary;
}

}  // namespace weir
