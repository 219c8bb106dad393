#include "discovery/task_strand.h"

#include <utility>

namespace tocsin::discovery {

void TaskStrand::Post(std::function<void()> task) {
  {
    MutexLock lock(mutex_);
    if (is_stopped_) return;
    tasks_.push_back(std::move(task));
    if (is_running_) return;
    is_running_ = true;
  }
  run_on_worker_([self = shared_from_this()] { self->Run(); });
}

void TaskStrand::Run() {
  while (true) {
    MutexLock run_lock(run_mutex_);
    std::function<void()> task;
    {
      MutexLock lock(mutex_);
      if (is_stopped_ || tasks_.empty()) {
        is_running_ = false;
        return;
      }
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    task();
  }
}

void TaskStrand::Stop() {
  std::deque<std::function<void()>> dropped;  // Destroyed outside of the locks.
  MutexLock run_lock(run_mutex_);
  MutexLock lock(mutex_);
  is_stopped_ = true;
  dropped.swap(tasks_);
}

}  // namespace tocsin::discovery
