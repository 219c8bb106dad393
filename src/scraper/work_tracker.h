#pragma once

#include <cstddef>

#include "base/mutex.h"

namespace tocsin::scraper {

/// Counts scrapes under way, so that stopping can wait for the last. Thread-safe.
class WorkTracker {
 public:
  void Begin() {
    MutexLock lock(mutex_);
    ++running_;
  }
  void End() {
    MutexLock lock(mutex_);
    if (--running_ == 0) idle_.notify_all();
  }
  void WaitUntilIdle() {
    MutexLock lock(mutex_);
    while (running_ > 0) idle_.wait(mutex_);
  }

 private:
  Mutex mutex_;
  CondVar idle_;
  size_t running_ GUARDED_BY(mutex_) = 0;
};

}  // namespace tocsin::scraper
