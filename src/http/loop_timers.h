#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <thread>
#include <unordered_map>
#include <utility>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/timers.h"

namespace tocsin::http {

/// Timers that an event loop runs between its other events, on its thread: no thread is woken for
/// them and none takes over. Callbacks must not block. Thread-safe.
class LoopTimers final : public Timers {
 public:
  /// `wake` makes the loop's wait end; called on other threads, when the first deadline changes.
  LoopTimers(const Clock& clock, std::function<void()> wake);

  TimerId RunAt(int64_t deadline_ms, std::function<void()> callback) override;
  void Cancel(TimerId id) override;

  // For the loop's thread.

  void BindToThisThread() { loop_thread_ = std::this_thread::get_id(); }
  /// Milliseconds until the first deadline, at most `at_most_ms`; 0 when it has passed.
  int WaitMs(int at_most_ms) const;
  /// Runs what is due.
  void RunDue();

 private:
  using Queue = std::map<std::pair<int64_t, TimerId>, std::function<void()>>;

  Queue::node_type TakeDue();

  const Clock& clock_;
  const std::function<void()> wake_;
  std::atomic<std::thread::id> loop_thread_{};
  mutable Mutex mutex_;
  CondVar callback_done_;
  Queue queue_ GUARDED_BY(mutex_);
  std::unordered_map<TimerId, int64_t> deadline_of_ GUARDED_BY(mutex_);
  TimerId running_ GUARDED_BY(mutex_) = 0;
  TimerId next_id_ GUARDED_BY(mutex_) = 1;
};

}  // namespace tocsin::http
