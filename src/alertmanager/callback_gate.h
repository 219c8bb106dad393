#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "base/mutex.h"

namespace tocsin::alertmanager {

/// Lets callbacks of timers and requests in as long as their owner lives. The owner closes the gate
/// before its members go; callbacks that come later do nothing. Shared by the owner and its
/// callbacks. Thread-safe.
class CallbackGate {
 public:
  /// Wraps `callback` so that it runs only while `gate` is open.
  template <typename... Arguments>
  static std::function<void(Arguments...)> Guard(std::shared_ptr<CallbackGate> gate,
                                                 std::function<void(Arguments...)> callback) {
    return [gate = std::move(gate), callback = std::move(callback)](Arguments... arguments) {
      if (!gate->Enter()) return;
      callback(std::move(arguments)...);
      gate->Leave();
    };
  }

  /// Waits for the callbacks inside and lets no more in. Not from inside one.
  void Close() {
    MutexLock lock(mutex_);
    is_open_ = false;
    while (inside_ > 0) left_.wait(mutex_);
  }

 private:
  bool Enter() {
    MutexLock lock(mutex_);
    if (!is_open_) return false;
    ++inside_;
    return true;
  }
  void Leave() {
    MutexLock lock(mutex_);
    if (--inside_ == 0) left_.notify_all();
  }

  Mutex mutex_;
  CondVar left_;
  bool is_open_ GUARDED_BY(mutex_) = true;
  int inside_ GUARDED_BY(mutex_) = 0;
};

}  // namespace tocsin::alertmanager
