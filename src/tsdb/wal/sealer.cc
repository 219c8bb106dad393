#include "tsdb/wal/sealer.h"

#include <pthread.h>

#include <utility>

namespace tocsin::tsdb {

Sealer::Sealer(SealSegment seal) : seal_(std::move(seal)) {
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
  pthread_setname_np(thread_.native_handle(), "wal-sealer");
}

Sealer::~Sealer() {
  thread_.request_stop();
  changed_.notify_all();
  thread_.join();
}

void Sealer::Seal(std::unique_ptr<WritableFile> segment) {
  {
    MutexLock lock(mutex_);
    if (waiting_.size() < kMaxWaiting) waiting_.push_back(std::move(segment));
  }
  if (segment) seal_(std::move(segment));
  changed_.notify_one();
}

// Clang's analysis does not follow a lock into the wait and its condition.
void Sealer::Run(const std::stop_token& stop) NO_THREAD_SAFETY_ANALYSIS {
  while (true) {
    std::unique_ptr<WritableFile> segment;
    {
      std::unique_lock<Mutex> lock(mutex_);
      changed_.wait(lock, stop, [this]() NO_THREAD_SAFETY_ANALYSIS { return !waiting_.empty(); });
      if (waiting_.empty()) return;  // Told to stop, and nothing left.
      segment = std::move(waiting_.front());
      waiting_.pop_front();
    }
    seal_(std::move(segment));
  }
}

}  // namespace tocsin::tsdb
