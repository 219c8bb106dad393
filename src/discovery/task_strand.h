#pragma once

#include <deque>
#include <functional>
#include <memory>

#include "base/mutex.h"

namespace tocsin::discovery {

/// Runs tasks one after the other, in order, on the workers of a DiscoveryEnvironment: what only
/// tasks touch needs no lock. Owned by shared_ptr, as workers hold it while they run. Thread-safe.
class TaskStrand : public std::enable_shared_from_this<TaskStrand> {
 public:
  using RunOnWorker = std::function<void(std::function<void()>)>;

  explicit TaskStrand(RunOnWorker run_on_worker) : run_on_worker_(std::move(run_on_worker)) {}

  /// Runs `task` soon, on a worker or, with workers that run at once, before it returns. Drops it
  /// after Stop().
  void Post(std::function<void()> task);

  /// When it returns, no task runs or will run. Not from a task.
  void Stop();

 private:
  void Run();

  const RunOnWorker run_on_worker_;
  Mutex run_mutex_;  // Held while a task runs. Taken before mutex_.
  Mutex mutex_;
  std::deque<std::function<void()>> tasks_ GUARDED_BY(mutex_);
  bool is_running_ GUARDED_BY(mutex_) = false;  // A worker has been asked, or is at it.
  bool is_stopped_ GUARDED_BY(mutex_) = false;
};

}  // namespace tocsin::discovery
