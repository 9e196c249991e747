// What the workers of a service have in common.
//
// Layer: connectors/kafka (connectors/formats, engine/pipeline, engine/throttle).
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

#include "connectors/formats/notice_format.h"
#include "connectors/kafka/crash_marks.h"
#include "connectors/kafka/errands.h"
#include "connectors/kafka/housekeeping.h"
#include "connectors/kafka/live_policies.h"
#include "connectors/kafka/parked_partitions.h"
#include "connectors/kafka/properties.h"
#include "connectors/kafka/topics.h"
#include "engine/base/units.h"
#include "engine/pipeline/store_home.h"
#include "engine/pipeline/system_rules.h"

namespace weir {

struct ServiceSettings {
  std::string group;
  std::string instance;
  std::chrono::milliseconds commit_interval{100};
  uint64_t commit_records = 50000;
  std::chrono::milliseconds idle_after{60000};  // 0: never
  NoticeFormat notices = NoticeFormat::kDuis;
};

struct ServiceSetup {
  ServiceSettings settings;
  Topics topics;
  Cluster cluster;
  std::string log;  // which log this is: cluster, topic and group
  const KafkaProperties& properties;
  LivePolicies& policies;
  Errands& errands;
  const SystemRules& rules;
  StoreHome& stores;
  ParkedPartitions& parked;
  Housekeeping& housekeeping;
  const CrashMarks& crash_marks;
  WallClock clock;
  const std::atomic<bool>& stopping;
};

}  // namespace weir
