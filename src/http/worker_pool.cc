#include "http/worker_pool.h"

#include "base/thread_pool.h"

namespace tocsin::http {

WorkerPool::WorkerPool(const Clock& clock, std::string name, size_t core_count, size_t max_count)
    : clock_(clock), name_(std::move(name)), core_count_(core_count), max_count_(max_count) {
  MutexLock lock(mutex_);
  while (live_ < core_count_) AddWorkerLocked();
}

WorkerPool::~WorkerPool() {
  std::vector<std::jthread> threads;
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    threads.swap(threads_);
  }
  ready_.notify_all();
}

void WorkerPool::Submit(std::function<void()> task) {
  {
    MutexLock lock(mutex_);
    queue_.push_back({std::move(task), clock_.MonotonicNs()});
  }
  ready_.notify_one();
}

void WorkerPool::AddWorkerIfStuck() {
  MutexLock lock(mutex_);
  if (queue_.empty() || idle_ > 0 || live_ >= max_count_ || stopping_) return;
  if (clock_.MonotonicNs() - queue_.front().submitted_ns >= kStuckNs) AddWorkerLocked();
}

bool WorkerPool::has_queued() const {
  MutexLock lock(mutex_);
  return !queue_.empty();
}

size_t WorkerPool::thread_count() const {
  MutexLock lock(mutex_);
  return live_;
}

void WorkerPool::AddWorkerLocked() {
  ++live_;
  size_t index = threads_.size();
  if (left_.empty()) {
    threads_.emplace_back();
  } else {
    index = left_.back();
    left_.pop_back();
  }
  // Assigning over an ended thread joins it: it holds the lock no more.
  threads_[index] = std::jthread([this, index] { Run(index); });
}

void WorkerPool::Run(size_t index) {
  SetThreadName(name_ + "-" + std::to_string(index));
  for (;;) {
    std::function<void()> task;
    {
      MutexLock lock(mutex_);
      const bool is_surplus = live_ > core_count_;
      while (queue_.empty()) {
        if (stopping_) return;
        if (is_surplus) {
          --live_;
          left_.push_back(index);
          return;
        }
        ++idle_;
        ready_.wait(mutex_);
        --idle_;
      }
      task = std::move(queue_.front().run);
      queue_.pop_front();
    }
    task();
  }
}

}  // namespace tocsin::http
