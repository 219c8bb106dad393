#include "http/loop_timers.h"

#include <algorithm>

namespace tocsin::http {

LoopTimers::LoopTimers(const Clock& clock, std::function<void()> wake)
    : clock_(clock), wake_(std::move(wake)) {}

Timers::TimerId LoopTimers::RunAt(int64_t deadline_ms, std::function<void()> callback) {
  TimerId id = 0;
  bool is_first = false;
  {
    MutexLock lock(mutex_);
    id = next_id_++;
    const auto at = queue_.emplace(std::pair(deadline_ms, id), std::move(callback)).first;
    deadline_of_.emplace(id, deadline_ms);
    is_first = at == queue_.begin();
  }
  if (is_first && std::this_thread::get_id() != loop_thread_) wake_();
  return id;
}

void LoopTimers::Cancel(TimerId id) {
  Queue::node_type dropped;  // Destroyed without the lock: it may own things that take locks.
  MutexLock lock(mutex_);
  if (const auto at = deadline_of_.find(id); at != deadline_of_.end()) {
    dropped = queue_.extract({at->second, id});
    deadline_of_.erase(at);
    return;
  }
  if (std::this_thread::get_id() == loop_thread_) return;
  while (running_ == id) callback_done_.wait(mutex_);
}

int LoopTimers::WaitMs(int at_most_ms) const {
  MutexLock lock(mutex_);
  if (queue_.empty()) return at_most_ms;
  const int64_t left_ms = queue_.begin()->first.first - clock_.NowMs();
  return static_cast<int>(std::clamp<int64_t>(left_ms, 0, at_most_ms));
}

LoopTimers::Queue::node_type LoopTimers::TakeDue() {
  MutexLock lock(mutex_);
  if (running_ != 0) {
    running_ = 0;
    callback_done_.notify_all();
  }
  if (queue_.empty() || queue_.begin()->first.first > clock_.NowMs()) return {};
  Queue::node_type due = queue_.extract(queue_.begin());
  running_ = due.key().second;
  deadline_of_.erase(running_);
  return due;
}

void LoopTimers::RunDue() {
  // Those that callbacks add for now wait for the loop's next round, so that sockets get theirs.
  size_t left = 0;
  {
    MutexLock lock(mutex_);
    left = queue_.size();
  }
  for (; left > 0; --left) {
    const Queue::node_type due = TakeDue();
    if (due.empty()) return;
    due.mapped()();
  }
  MutexLock lock(mutex_);
  running_ = 0;
  callback_done_.notify_all();
}

}  // namespace tocsin::http
