// What came in lately, by alert code: alerts, and how many devices they came from, in the running
// three minutes of a partition's stream time. It tells an outage, which many devices report at
// once, from a storm of a few.
//
// Time is dealt out to buckets of half a minute, counted from the Unix epoch. What is told is of
// the bucket of stream time and the five before it: of the last two and a half to three minutes.
// Devices are estimated (see device_sketch.h). Codes of the catalogue are told each; all others
// together.
//
// Memory: about 6 KiB a code from its first alert until three minutes after its last, and no more
// than that for every code of the catalogue and once for the others: 1.2 MiB. Nothing here depends
// on the number of devices.
//
// It is for people: a function of what it was given and of nothing else, but no part of the
// partition's state, neither rolled back nor stored.
//
// Threads: one owner.
//
// Layer: engine/pipeline (engine/alert, engine/base).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "engine/alert/alert_code.h"
#include "engine/alert/eui64.h"
#include "engine/base/units.h"
#include "engine/pipeline/device_sketch.h"
#include "engine/pipeline/results.h"

namespace weir {

struct RecentCode {
  std::optional<AlertCode> code;  // nothing: all that the catalogue does not have
  uint64_t alerts = 0;
  uint64_t devices = 0;  // estimated

  friend bool operator==(const RecentCode&, const RecentCode&) = default;
};

class RecentCodes {
 public:
  static constexpr DurationMs kBucket{30 * kSecond.value};
  static constexpr size_t kBuckets = 6;

  RecentCodes();

  // Stream time is `now`. An earlier one than before changes nothing.
  void MoveTo(TimeMs now) {
    if (now >= end_) {
      Turn(now);
    }
  }

  // An alert, at stream time.
  void Count(AlertCode code, std::optional<Eui64> device);

  // The alerts of a round, but for duplicates, each at the stream time it brought; `now` is stream
  // time at the end of the round. A round without records lets time pass.
  void Take(const Results& results, TimeMs now);

  // The codes that were counted: ascending, the others last.
  std::vector<RecentCode> Told() const;

 private:
  struct Bucket {
    uint64_t alerts = 0;
    DeviceSketch devices;
  };

  using Row = std::array<Bucket, kBuckets>;

  void Turn(TimeMs now);

  std::vector<std::unique_ptr<Row>> rows_;           // by place in the catalogue, the others last
  size_t current_ = 0;                               // bucket of stream time
  TimeMs end_{std::numeric_limits<int64_t>::min()};  // of that bucket
};

}  // namespace weir
