#pragma once

#include <atomic>
#include <cstdint>

#include "base/clock.h"
#include "base/result.h"

namespace tocsin {

/// Tells a running operation to give up: because somebody canceled it or because its deadline
/// passed. Checked often by the operation, set from any thread. Thread-safe.
class CancelToken {
 public:
  /// `deadline_monotonic_ns` is on `clock`'s monotonic time; 0 means none.
  explicit CancelToken(const Clock& clock, int64_t deadline_monotonic_ns = 0)
      : clock_(clock), deadline_monotonic_ns_(deadline_monotonic_ns) {}

  void Cancel() { canceled_.store(true); }
  bool canceled() const { return canceled_.load(std::memory_order_relaxed); }
  bool expired() const {
    return deadline_monotonic_ns_ != 0 && clock_.MonotonicNs() >= deadline_monotonic_ns_;
  }
  /// Success, kCanceled or kTimeout.
  Status Check() const {
    if (canceled()) return Error(ErrorCode::kCanceled, "canceled");
    if (expired()) return Error(ErrorCode::kTimeout, "timed out");
    return {};
  }

 private:
  const Clock& clock_;
  const int64_t deadline_monotonic_ns_;
  std::atomic<bool> canceled_{false};
};

}  // namespace tocsin
