#include "base/thread_pool.h"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <thread>
#include <utility>
#include <vector>

#include "base/mutex.h"

namespace tocsin {

void SetThreadName(const std::string& name) {
  pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
}

struct ThreadPool::State {
  Mutex mutex;
  CondVar changed;
  std::deque<std::function<void()>> queue GUARDED_BY(mutex);
  bool stopping GUARDED_BY(mutex) = false;
  std::vector<std::jthread> threads;  // Constant after construction.

  void Work() {
    for (;;) {
      std::function<void()> task;
      {
        MutexLock lock(mutex);
        while (queue.empty() && !stopping) changed.wait(mutex);
        if (queue.empty()) return;
        task = std::move(queue.front());
        queue.pop_front();
      }
      task();
    }
  }
};

ThreadPool::ThreadPool(std::string name, size_t thread_count) : state_(std::make_unique<State>()) {
  state_->threads.reserve(thread_count);
  for (size_t i = 0; i < thread_count; ++i) {
    state_->threads.emplace_back([state = state_.get(), name, i] {
      SetThreadName(name + "-" + std::to_string(i));
      state->Work();
    });
  }
}

ThreadPool::~ThreadPool() {
  {
    MutexLock lock(state_->mutex);
    state_->stopping = true;
  }
  state_->changed.notify_all();
}

void ThreadPool::Submit(std::function<void()> task) {
  {
    MutexLock lock(state_->mutex);
    state_->queue.push_back(std::move(task));
  }
  state_->changed.notify_one();
}

size_t ThreadPool::thread_count() const { return state_->threads.size(); }

namespace {

// Shared by the caller of ParallelFor and the tasks it submitted; a task that starts after all
// indices are taken touches only this, never the caller's frame.
struct ParallelLoop {
  explicit ParallelLoop(size_t loop_count) : count(loop_count) {}
  const size_t count;
  std::atomic<size_t> next{0};
  Mutex mutex;
  CondVar all_done;
  size_t done GUARDED_BY(mutex) = 0;

  void Run(const std::function<void(size_t)>& body) {
    size_t completed = 0;
    for (size_t i = next.fetch_add(1); i < count; i = next.fetch_add(1)) {
      body(i);
      ++completed;
    }
    if (completed == 0) return;
    MutexLock lock(mutex);
    done += completed;
    if (done == count) all_done.notify_all();
  }
};

}  // namespace

void ThreadPool::ParallelFor(size_t count, const std::function<void(size_t)>& body) {
  if (count == 0) return;
  if (count == 1 || state_->threads.empty()) {
    for (size_t i = 0; i < count; ++i) body(i);
    return;
  }
  auto loop = std::make_shared<ParallelLoop>(count);
  const size_t helpers = std::min(count - 1, state_->threads.size());
  // `body` is borrowed: it is called only for indices below count, all of which end before we
  // return.
  for (size_t i = 0; i < helpers; ++i) Submit([loop, &body] { loop->Run(body); });
  loop->Run(body);
  MutexLock lock(loop->mutex);
  while (loop->done != count) loop->all_done.wait(loop->mutex);
}

}  // namespace tocsin
