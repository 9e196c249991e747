// Random logs and policies, and small ones that are known, to run replays over.
//
// Layer: tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

#include "engine/pipeline/replay.h"
#include "tests/support/memory_ports.h"
#include "tests/support/random.h"
#include "tests/support/random_events.h"
#include "tests/support/teams.h"

namespace weir {

constexpr TimeMs kStart{1574985600000};

inline CodePolicy RandomPolicy(Random& random) {
  constexpr DurationMs kWindows[] = {kSecond, kMinute, DurationMs{7 * kMinute.value}, kHour};
  CodePolicy policy;
  policy.threshold = random.OneIn(5) ? 40 + random.Below(60) : 1 + random.Below(6);
  policy.window = kWindows[random.Below(4)];
  policy.window_kind = random.OneIn(2) ? WindowKind::kSliding : WindowKind::kTumbling;
  policy.clear = random.Below(policy.threshold + 1);
  policy.forward.kind = static_cast<Forward::Kind>(random.Below(3));
  policy.forward.n = policy.forward.kind == Forward::Kind::kOneIn ? 2 + random.Below(9) : 0;
  policy.last_word = !random.OneIn(3);
  return policy;
}

inline PolicySchedule RandomSchedule(Random& random) {
  PolicySchedule schedule;
  TimeMs from{kStart.value - kHour.value};
  for (uint64_t i = 1 + random.Below(4); i > 0; --i) {
    PolicyRules rules;
    rules.effective_from = from;
    rules.pairs_together = random.OneIn(2);
    rules.fallback = RandomPolicy(random);
    for (const char* code : {"8020", "8F3F", "8F36", "N39"}) {
      if (random.OneIn(2)) {
        rules.codes[*ParseAlertCode(code)] = RandomPolicy(random);
      }
    }
    if (random.OneIn(2)) {
      rules.excluded.assign(AlertCode::kCount, random.OneIn(4));
    }
    schedule.versions.emplace_back(rules);
    from = TimeMs{from.value + 1 + static_cast<int64_t>(random.Below(2 * kHour.value))};
  }
  schedule.duplicate_window = DurationMs{static_cast<int64_t>(random.Below(3)) * kMinute.value};
  return schedule;
}

inline Record RandomAlert(Random& random, TimeMs now, int64_t offset) {
  constexpr const char* kCodes[] = {"8020", "808D", "8F3F", "8F36", "N39", "8F75", "81BC", "8E01"};
  Alert alert;
  if (!random.OneIn(30)) {
    alert.device = Eui64{random.OneIn(40) ? 0 : 1 + random.Below(random.OneIn(3) ? 200 : 4)};
  }
  alert.code = *ParseAlertCode(kCodes[random.Below(8)]);
  if (random.OneIn(2)) {
    alert.recipient = Eui64{1 + random.Below(2)};
  }
  if (random.OneIn(2)) {
    alert.counter = random.Below(50);
  }
  alert.received = TimeMs{now.value + (random.OneIn(40) ? 3 * kDay.value : 0) -
                          (random.OneIn(30) ? kHour.value : 0)};
  Record record;
  record.partition = static_cast<uint32_t>(random.Below(3));
  record.origin.offset = offset;
  record.event = alert;
  return record;
}

// An alert that tells what became of an instruction.
inline void MakeOutcome(RandomEvents& events, Alert& alert) {
  alert.device = Eui64{1 + alert.device.value_or(Eui64{}).value % 6};
  alert.code = *ParseAlertCode("8F66");
  alert.report = events.AReport();
}

// What its records point to is kept as long as the process.
inline std::vector<Record> RandomLog(Random& random, size_t size) {
  static std::deque<RandomEvents> kept;
  RandomEvents& events = kept.emplace_back(random);
  std::vector<Record> log;
  TimeMs now = kStart;
  const bool has_long_gaps = random.OneIn(4);
  const uint64_t step = 1 + random.Below(20000);
  for (size_t i = 0; i < size; ++i) {
    now = TimeMs{now.value + static_cast<int64_t>(random.Below(step))};
    if (random.OneIn(500)) {
      now = TimeMs{now.value + static_cast<int64_t>(random.Below(2 * kHour.value))};
    }
    if (has_long_gaps && random.OneIn(200)) {
      now = TimeMs{now.value + static_cast<int64_t>(random.Below(kDay.value))};
    }
    Record record = RandomAlert(random, now, static_cast<int64_t>(i));
    if (random.OneIn(50)) {
      record.event = DeadReason::kBadJson;
    } else if (random.OneIn(12)) {
      record.event = events.Other(now);
    } else if (random.OneIn(40)) {
      MakeOutcome(events, std::get<Alert>(record.event));
    }
    log.push_back(record);
  }
  return log;
}

// One device that storms, from kStart on.
inline std::vector<Record> Storm() {
  std::vector<Record> log;
  for (int64_t i = 0; i < 20; ++i) {
    Alert alert;
    alert.device = Eui64{1};
    alert.code = *ParseAlertCode("8F3F");
    alert.received = TimeMs{kStart.value + i};
    Record record;
    record.event = alert;
    record.origin.offset = i;
    log.push_back(record);
  }
  return log;
}

// Versions that begin so long before kStart, with these thresholds.
inline PolicySchedule Versions(const std::vector<std::pair<DurationMs, uint64_t>>& versions) {
  PolicySchedule schedule;
  for (const auto& [before, threshold] : versions) {
    PolicyRules rules;
    rules.effective_from = TimeMs{kStart.value - before.value};
    rules.fallback.threshold = threshold;
    rules.fallback.clear = threshold;
    schedule.versions.emplace_back(rules);
  }
  return schedule;
}

// A replay of the whole log, committed.
inline void RunToTheEnd(const PolicySchedule& schedule, const std::vector<Record>& log,
                        MemorySink& sink, MemoryStore& store) {
  MemorySource source(log);
  Replay replay(schedule, DefaultRules(), source, sink, &store, Alone());
  ASSERT_TRUE(replay.Resume(false).ok());
  ASSERT_TRUE(replay.Step(log.size()).ok());
  ASSERT_TRUE(replay.Commit().ok());
}

// Two summaries say the same.
inline void ExpectSame(const Summary& a, const Summary& b) {
  EXPECT_EQ(a.read, b.read);
  EXPECT_EQ(a.dead, b.dead);
  EXPECT_EQ(a.other, b.other);
  EXPECT_TRUE(a.registry == b.registry);
  EXPECT_EQ(a.codes, b.codes);
  ASSERT_EQ(a.storms.size(), b.storms.size());
  for (size_t i = 0; i < a.storms.size(); ++i) {
    EXPECT_EQ(a.storms[i].first, b.storms[i].first);
    EXPECT_EQ(a.storms[i].second.consolidated, b.storms[i].second.consolidated);
  }
}

}  // namespace weir
