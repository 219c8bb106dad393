#include "remote/read_gate.h"

#include <chrono>

namespace tocsin::remote {
namespace {

// Nobody wakes a waiter whose request was canceled, so it looks itself now and then.
constexpr std::chrono::milliseconds kLookAgain{10};

}  // namespace

Result<std::shared_ptr<ReadGate::Place>> ReadGate::Enter(const CancelToken* cancel) {
  queries_.Add(1);
  {
    MutexLock lock(mutex_);
    while (inside_ >= places_) {
      if (cancel != nullptr && cancel->canceled()) {
        queries_.Add(-1);
        return Error(ErrorCode::kCanceled, "context canceled");
      }
      left_.wait_for(mutex_, kLookAgain);
    }
    ++inside_;
  }
  return std::make_shared<Place>(*this);
}

void ReadGate::Leave() {
  queries_.Add(-1);
  MutexLock lock(mutex_);
  --inside_;
  left_.notify_one();
}

}  // namespace tocsin::remote
