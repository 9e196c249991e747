// Who does the work: one thread, or several that work off tasks together.
//
// The engine starts no threads; it is given a team. Which thread takes which task is left open, so
// tasks must not depend on one another, and no result may depend on the team.
//
// Threads: one owner calls Run and Start and destroys jobs. Tasks and jobs do not call the team.
//
// Layer: engine/base.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "absl/functional/function_ref.h"

namespace weir {

class Team {
 public:
  virtual ~Team() = default;

  // How many threads there are, the owner's own included.
  virtual size_t size() const = 0;

  // Into how many parts work is best cut: more than threads, since parts are not of one size.
  size_t parts() const { return size() == 1 ? 1 : 4 * size(); }

  // Calls task(0) to task(count - 1), each exactly once, and returns when all are done. The owner
  // works too. What happened before is seen by the tasks, what they did by what comes after.
  virtual void Run(size_t count, absl::FunctionRef<void(size_t)> task) = 0;

  // Something that is done beside what the owner goes on with. Destroying it waits until it is
  // done.
  class Job {
   public:
    Job() = default;
    Job(const Job&) = delete;
    Job& operator=(const Job&) = delete;
    virtual ~Job() = default;
  };

  // Begins a job, or does it at once. Null: it is done. The team outlives the job.
  [[nodiscard]] virtual std::unique_ptr<Job> Start(std::function<void()> work) = 0;
};

// The owner alone: everything happens in order, where it is asked for.
class TeamOfOne final : public Team {
 public:
  size_t size() const override { return 1; }

  void Run(size_t count, absl::FunctionRef<void(size_t)> task) override {
    for (size_t i = 0; i < count; ++i) {
      task(i);
    }
  }

  std::unique_ptr<Job> Start(std::function<void()> work) override {
    work();
    return nullptr;
  }
};

}  // namespace weir
