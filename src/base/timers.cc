#include "base/timers.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/thread_pool.h"

namespace tocsin {

namespace {

// A step of the machine's clock is noticed this soon: the wait is on the monotonic clock, deadlines
// are not.
constexpr std::chrono::milliseconds kLongestWait(1000);

}  // namespace

struct ThreadTimers::State {
  explicit State(const Clock& the_clock) : clock(the_clock) {}

  const Clock& clock;
  Mutex mutex;
  CondVar queue_changed;
  CondVar callback_done;
  std::map<std::pair<int64_t, TimerId>, std::function<void()>> queue GUARDED_BY(mutex);
  std::unordered_map<TimerId, int64_t> deadline_of GUARDED_BY(mutex);
  // Timers handed to the workers and not finished, with the thread once it has begun.
  std::unordered_map<TimerId, std::thread::id> running GUARDED_BY(mutex);
  std::unordered_map<TimerId, bool> canceled_before_start GUARDED_BY(mutex);
  TimerId next_id GUARDED_BY(mutex) = 1;
  bool stopping GUARDED_BY(mutex) = false;
  std::unique_ptr<ThreadPool> workers;
  std::jthread dispatcher;

  void Dispatch() {
    MutexLock lock(mutex);
    while (!stopping) {
      if (queue.empty()) {
        queue_changed.wait(mutex);
        continue;
      }
      const int64_t wait_ms = queue.begin()->first.first - clock.NowMs();
      if (wait_ms > 0) {
        queue_changed.wait_for(mutex, std::min(std::chrono::milliseconds(wait_ms), kLongestWait));
        continue;
      }
      auto first = queue.extract(queue.begin());
      const TimerId id = first.key().second;
      deadline_of.erase(id);
      running.emplace(id, std::thread::id());
      workers->Submit([this, id, callback = std::move(first.mapped())] { Run(id, callback); });
    }
  }

  void Run(TimerId id, const std::function<void()>& callback) {
    {
      MutexLock lock(mutex);
      if (stopping || canceled_before_start.erase(id) > 0) {
        running.erase(id);
        callback_done.notify_all();
        return;
      }
      running[id] = std::this_thread::get_id();
    }
    callback();
    MutexLock lock(mutex);
    running.erase(id);
    callback_done.notify_all();
  }
};

ThreadTimers::ThreadTimers(const Clock& clock, int worker_count)
    : state_(std::make_unique<State>(clock)) {
  state_->workers = std::make_unique<ThreadPool>("timer", static_cast<size_t>(worker_count));
  state_->dispatcher = std::jthread([state = state_.get()] {
    SetThreadName("timers");
    state->Dispatch();
  });
}

ThreadTimers::~ThreadTimers() {
  {
    MutexLock lock(state_->mutex);
    state_->stopping = true;
  }
  state_->queue_changed.notify_all();
  state_->dispatcher.join();
  state_->workers.reset();
}

Timers::TimerId ThreadTimers::RunAt(int64_t deadline_ms, std::function<void()> callback) {
  MutexLock lock(state_->mutex);
  const TimerId id = state_->next_id++;
  const auto at = state_->queue.emplace(std::pair(deadline_ms, id), std::move(callback)).first;
  state_->deadline_of.emplace(id, deadline_ms);
  if (at == state_->queue.begin()) state_->queue_changed.notify_all();
  return id;
}

void ThreadTimers::Cancel(TimerId id) {
  // Destroyed after the lock is released: a callback may own things whose destructors take locks.
  std::function<void()> dropped;
  MutexLock lock(state_->mutex);
  if (const auto at = state_->deadline_of.find(id); at != state_->deadline_of.end()) {
    const auto entry = state_->queue.find({at->second, id});
    dropped = std::move(entry->second);
    state_->queue.erase(entry);
    state_->deadline_of.erase(at);
    return;
  }
  const auto running = state_->running.find(id);
  if (running == state_->running.end() || running->second == std::this_thread::get_id()) return;
  if (running->second == std::thread::id()) {
    state_->canceled_before_start[id] = true;
    return;
  }
  while (state_->running.contains(id)) state_->callback_done.wait(state_->mutex);
}

Timers::TimerId ManualTimers::RunAt(int64_t deadline_ms, std::function<void()> callback) {
  const TimerId id = next_id_++;
  queue_.emplace(std::pair(deadline_ms, id), std::move(callback));
  return id;
}

void ManualTimers::Cancel(TimerId id) {
  std::erase_if(queue_, [id](const auto& entry) { return entry.first.second == id; });
}

void ManualTimers::AdvanceTo(int64_t now_ms) {
  while (!queue_.empty() && queue_.begin()->first.first <= now_ms) {
    auto first = queue_.extract(queue_.begin());
    clock_.SetMs(std::max(clock_.NowMs(), first.key().first));
    first.mapped()();
  }
  clock_.SetMs(now_ms);
}

}  // namespace tocsin
