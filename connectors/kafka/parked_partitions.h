// Partitions that a worker of this process had and may have again, or another worker of it: their
// state stays warm from one assignment to the next.
//
// What is parked is only of use if the partition's last commit is still the one at which it was
// parked; whoever takes it checks that.
//
// Threads: any.
//
// Layer: connectors/kafka (engine/pipeline).
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

#include "connectors/kafka/store_follower.h"
#include "engine/pipeline/owned_partition.h"
#include "engine/pipeline/recent_codes.h"

namespace weir {

// A partition with what follows its commits and what it tells of the last minutes.
struct ReadyPartition {
  std::unique_ptr<OwnedPartition> owned;
  std::shared_ptr<StoreFollower> follower;
  std::shared_ptr<const PolicySchedule> policy;  // what it was last told to go by
  RecentCodes recent{};
};

class ParkedPartitions {
 public:
  // What nobody has taken for so long belongs to another process by now.
  static constexpr std::chrono::minutes kKeptFor{5};

  void Park(ReadyPartition partition) {
    const std::lock_guard lock(mutex_);
    const int32_t number = partition.owned->number();
    parked_[number] = {std::move(partition), Clock::now()};
  }

  // Without a partition in it if there is none.
  ReadyPartition Take(int32_t number) {
    const std::lock_guard lock(mutex_);
    auto found = parked_.extract(number);
    return found.empty() ? ReadyPartition{} : std::move(found.mapped().partition);
  }

  // One that was parked too long ago; without a partition in it if there is none.
  ReadyPartition TakeStale() {
    const std::lock_guard lock(mutex_);
    for (auto entry = parked_.begin(); entry != parked_.end(); ++entry) {
      if (Clock::now() - entry->second.since > kKeptFor) {
        return std::move(parked_.extract(entry).mapped().partition);
      }
    }
    return {};
  }

 private:
  using Clock = std::chrono::steady_clock;

  struct Parked {
    ReadyPartition partition;
    Clock::time_point since;
  };

  std::mutex mutex_;
  std::map<int32_t, Parked> parked_;
};

}  // namespace weir
