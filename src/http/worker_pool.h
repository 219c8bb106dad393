#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"

namespace tocsin::http {

/// Threads that run the requests. `core_count` of them stay; when every one is held up (a slow
/// query, a client that reads slowly) and a task has waited, AddWorkerIfStuck() adds one, up to
/// `max_count`, which leaves again when the queue is empty. So cheap requests never wait for
/// expensive ones, and bursts of cheap ones do not make threads. The destructor runs what is queued
/// and joins. Thread-safe.
class WorkerPool {
 public:
  /// A task that waited this long with every worker busy is stuck: far above a cheap request (20
  /// µs), far below what a person notices.
  static constexpr int64_t kStuckNs = 5'000'000;

  WorkerPool(const Clock& clock, std::string name, size_t core_count, size_t max_count);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  void Submit(std::function<void()> task) EXCLUDES(mutex_);
  /// Call every few milliseconds while has_queued().
  void AddWorkerIfStuck() EXCLUDES(mutex_);
  bool has_queued() const EXCLUDES(mutex_);
  size_t thread_count() const EXCLUDES(mutex_);

 private:
  struct Task {
    std::function<void()> run;
    int64_t submitted_ns;
  };

  void AddWorkerLocked() REQUIRES(mutex_);
  void Run(size_t index) EXCLUDES(mutex_);

  const Clock& clock_;
  const std::string name_;
  const size_t core_count_;
  const size_t max_count_;

  mutable Mutex mutex_;
  CondVar ready_;
  std::deque<Task> queue_ GUARDED_BY(mutex_);
  std::vector<std::jthread> threads_ GUARDED_BY(mutex_);
  std::vector<size_t> left_ GUARDED_BY(mutex_);  ///< Indices of threads that ended, to join.
  size_t live_ GUARDED_BY(mutex_) = 0;
  size_t idle_ GUARDED_BY(mutex_) = 0;
  bool stopping_ GUARDED_BY(mutex_) = false;
};

}  // namespace tocsin::http
