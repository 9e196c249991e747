// What the tests of synthetic fleets share: whole fleets at once, and what to count in them.
//
// Layer: tests.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "gtest/gtest.h"

#include "connectors/formats/json_writer.h"
#include "deploy/weir/fleet.h"
#include "engine/alert/alert_code.h"
#include "engine/alert/eui64.h"
#include "engine/alert/event.h"
#include "engine/throttle/policy.h"

namespace weir {

inline std::vector<KeptAlert> All(const FleetOptions& options) {
  Fleet fleet(options);
  std::vector<KeptAlert> alerts;
  KeptAlert alert;
  while (fleet.Next(alert)) {
    alerts.push_back(alert);
  }
  EXPECT_EQ(fleet.counts().all(), alerts.size());
  return alerts;
}

inline std::string Lines(const FleetOptions& options) {
  std::string lines;
  for (const KeptAlert& alert : All(options)) {
    AppendForwarded(View(alert), lines);
  }
  return lines;
}

inline FleetCounts Counts(const FleetOptions& options) {
  Fleet fleet(options);
  KeptAlert alert;
  while (fleet.Next(alert)) {
  }
  return fleet.counts();
}

inline AlertCode Code(absl::string_view text) {
  return *ParseAlertCode(text);
}

using FleetKey = std::pair<Eui64, AlertCode>;

// The keys that pass the default threshold in some window, each with the alerts beyond it.
inline std::map<FleetKey, uint64_t> Stormy(const std::vector<KeptAlert>& alerts) {
  const CodePolicy policy;
  std::map<std::pair<FleetKey, int64_t>, uint64_t> windows;
  for (const KeptAlert& alert : alerts) {
    ++windows[{{*alert.device, alert.code}, WindowOf(*alert.received, policy.window)}];
  }
  std::map<FleetKey, uint64_t> stormy;
  for (const auto& [window, count] : windows) {
    if (count > policy.threshold) {
      stormy[window.first] += count - policy.threshold;
    }
  }
  return stormy;
}

inline void ExpectSame(const Alert& read, const KeptAlert& written) {
  EXPECT_EQ(read.device, written.device);
  EXPECT_EQ(read.code, written.code);
  EXPECT_EQ(read.recipient, written.recipient);
  EXPECT_EQ(read.counter, written.counter);
  EXPECT_EQ(read.received, written.received);
  EXPECT_EQ(read.device_time, written.device_time);
  EXPECT_EQ(read.payload, absl::string_view(written.payload));
}

}  // namespace weir
