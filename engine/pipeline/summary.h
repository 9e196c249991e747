// What a replay found, in numbers. Results only: the same for every run over the same input.
//
// Layer: engine/pipeline (engine/alert, engine/throttle).
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "engine/alert/alert_code.h"
#include "engine/alert/eui64.h"
#include "engine/pipeline/partition.h"
#include "engine/pipeline/registry.h"
#include "engine/pipeline/storm_tally.h"
#include "engine/throttle/totals.h"

namespace weir {

// read = dead + duplicates() + other + alerts;
// alerts = forwarded + copies + consolidated = forwarded + what the copies stand for + pending +
// unrepresented.
struct Summary {
  uint64_t read = 0;
  uint64_t dead = 0;
  uint64_t other = 0;                     // records that are not alerts, without duplicates
  RegistryTotals registry;                // what they were and what came of them
  CodeTotals totals;                      // of all codes
  std::map<AlertCode, CodeTotals> codes;  // those with anything to tell

  // Devices that have stormed, open episodes included, most consolidated first.
  std::vector<std::pair<Eui64, DeviceStorms>> storms;

  // Of alerts and of other records.
  uint64_t duplicates() const { return totals.duplicates + registry.duplicates; }
};

// Of these partitions, and the storms that have `ended` in them.
Summary Summarise(const std::vector<const Partition*>& partitions, const StormTally& ended);

}  // namespace weir
