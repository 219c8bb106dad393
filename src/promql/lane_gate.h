#pragma once

#include <cstddef>

#include "base/cancel.h"
#include "base/mutex.h"
#include "base/result.h"

namespace tocsin::promql {

/// Lets a bounded number of queries run at once; the others wait their turn. Thread-safe.
class LaneGate {
 public:
  explicit LaneGate(size_t places) : places_(places) {}

  /// Takes a place. kTimeout or kCanceled, with upstream's text, when a token says so first.
  /// `caller` may be null.
  Status Enter(const CancelToken& deadline, const CancelToken* caller);
  void Leave();

 private:
  const size_t places_;
  Mutex mutex_;
  CondVar left_;
  size_t inside_ GUARDED_BY(mutex_) = 0;
};

/// Leaves the gate at the end of a scope.
class LanePlace {
 public:
  explicit LanePlace(LaneGate& gate) : gate_(gate) {}
  ~LanePlace() { gate_.Leave(); }
  LanePlace(const LanePlace&) = delete;
  LanePlace& operator=(const LanePlace&) = delete;

 private:
  LaneGate& gate_;
};

}  // namespace tocsin::promql
