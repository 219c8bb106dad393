#include "promql/lane_gate.h"

#include <chrono>

namespace tocsin::promql {
namespace {

// Nobody wakes a waiter whose token was canceled or expired, so it looks itself now and then.
constexpr std::chrono::milliseconds kLookAgain{10};

}  // namespace

Status LaneGate::Enter(const CancelToken& deadline, const CancelToken* caller) {
  MutexLock lock(mutex_);
  while (inside_ >= places_) {
    if (deadline.canceled() || (caller != nullptr && caller->canceled())) {
      return Error(ErrorCode::kCanceled, "query was canceled in query queue");
    }
    if (deadline.expired() || (caller != nullptr && caller->expired())) {
      return Error(ErrorCode::kTimeout, "query timed out in query queue");
    }
    left_.wait_for(mutex_, kLookAgain);
  }
  ++inside_;
  return {};
}

void LaneGate::Leave() {
  MutexLock lock(mutex_);
  --inside_;
  left_.notify_one();
}

}  // namespace tocsin::promql
