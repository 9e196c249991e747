// What is done beside the flow, every so often, for each partition that the process has: its store
// is written, and the deltas that nobody needs any more are trimmed.
//
// Nothing of it is needed for a right result. What fails is tried again, and told when it begins to
// fail, when it fails in another way and when it is over.
//
// Threads: any; the work is done on a thread of its own.
//
// Layer: connectors/kafka (engine/pipeline).
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "connectors/kafka/handles.h"
#include "connectors/kafka/properties.h"
#include "connectors/kafka/service_watch.h"
#include "connectors/kafka/store_follower.h"
#include "connectors/kafka/topics.h"
#include "engine/base/units.h"

namespace weir {

using WallClock = std::function<TimeMs()>;

class Housekeeping {
 public:
  // All but the interval outlive it.
  static absl::StatusOr<std::unique_ptr<Housekeeping>> Start(const KafkaProperties& properties,
                                                             const Topics& topics,
                                                             DurationMs interval, WallClock clock);
  // Writes what is pending once more.
  ~Housekeeping();
  Housekeeping(const Housekeeping&) = delete;
  Housekeeping& operator=(const Housekeeping&) = delete;

  void Add(std::shared_ptr<StoreFollower> follower, WorkerWatch& watch);

  // When it returns, nobody here holds the follower any more.
  void Remove(int32_t partition);

 private:
  struct Item {
    std::shared_ptr<StoreFollower> follower;
    WorkerWatch* watch = nullptr;
  };

  Housekeeping(const Topics& topics, DurationMs interval, WallClock clock);

  void Run();
  void VisitAll();
  std::optional<Item> Take(int32_t after);
  void GiveBack();
  void Write(const Item& item);
  absl::Status Trim(StoreFollower& follower);
  void Tell(const Item& item, absl::string_view task, const absl::Status& outcome);
  absl::Status DeleteBelow(int32_t partition, int64_t offset);

  const Topics& topics_;
  const std::chrono::milliseconds interval_;
  const WallClock clock_;
  ClientCallbacks callbacks_;
  KafkaHandle admin_;
  // Of a partition and a task: how it fails, as it was told. Of the thread at work.
  std::map<std::pair<int32_t, absl::string_view>, std::string> failing_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<int32_t, Item> items_;
  int32_t busy_with_ = -1;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace weir
