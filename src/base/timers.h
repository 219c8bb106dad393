#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "base/clock.h"
#include "base/mutex.h"

namespace tocsin {

/// Runs callbacks at points in time: the only way a component waits. Rule groups, alert groups,
/// scrape rounds and flushes are all callbacks that schedule their next one, so tests run them in
/// virtual time.
class Timers {
 public:
  using TimerId = uint64_t;

  virtual ~Timers() = default;

  /// Runs `callback` once, soon after the clock reaches `deadline_ms` (Unix time; the past means
  /// now). Callbacks of different timers may run at the same time on different threads.
  virtual TimerId RunAt(int64_t deadline_ms, std::function<void()> callback) = 0;

  /// Makes sure the callback is neither running nor will run when this returns (called from within
  /// the callback itself it does not wait). Unknown and finished ids are fine.
  virtual void Cancel(TimerId id) = 0;
};

/// Timers on a thread of their own and a few workers; the deadline is read against `clock`.
/// The destructor joins; callbacks not yet due are dropped. Thread-safe.
class ThreadTimers final : public Timers {
 public:
  ThreadTimers(const Clock& clock, int worker_count);
  ~ThreadTimers() override;
  TimerId RunAt(int64_t deadline_ms, std::function<void()> callback) override;
  void Cancel(TimerId id) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Timers in virtual time: callbacks run inside AdvanceTo on the caller's thread, in order of
/// deadline. Thread-compatible: one user at a time.
class ManualTimers final : public Timers {
 public:
  explicit ManualTimers(ManualClock& clock) : clock_(clock) {}
  TimerId RunAt(int64_t deadline_ms, std::function<void()> callback) override;
  void Cancel(TimerId id) override;

  /// Moves the clock to `now_ms`, stopping at each deadline on the way to run its callback.
  void AdvanceTo(int64_t now_ms);
  void AdvanceBy(int64_t delta_ms) { AdvanceTo(clock_.NowMs() + delta_ms); }
  size_t pending() const { return queue_.size(); }

 private:
  ManualClock& clock_;
  TimerId next_id_ = 1;
  std::map<std::pair<int64_t, TimerId>, std::function<void()>> queue_;
};

}  // namespace tocsin
