// The service: its workers, each on a thread of its own, until it is told to stop.
//
// A worker whose session fails begins another one, after a pause that grows while they keep
// failing. So what is wrong with the cluster, or with another instance of the same name, makes the
// worker wait and say so, and nothing more.
//
// Threads: one owner; `Stop` by any.
//
// Layer: connectors/kafka.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "connectors/kafka/service_setup.h"
#include "connectors/kafka/service_watch.h"

namespace weir {

class Service {
 public:
  // A worker for each watch. All outlive the service; `setup.stopping` is set before the end.
  Service(const ServiceSetup& setup, std::vector<WorkerWatch*> watches);
  // Waits for the workers.
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  // Whether all workers have ended; waits for at most `timeout`.
  bool HasEnded(std::chrono::milliseconds timeout);

 private:
  void Work(size_t worker, WorkerWatch& watch);

  const ServiceSetup& setup_;
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t at_work_;
  std::vector<std::thread> threads_;
};

}  // namespace weir
