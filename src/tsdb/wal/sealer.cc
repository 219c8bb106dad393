#include "tsdb/wal/sealer.h"

#include <pthread.h>

#include <utility>

namespace tocsin::tsdb {

Sealer::Sealer(Fs& fs, std::string directory, std::function<void(const Status&)> report)
    : fs_(fs), directory_(std::move(directory)), report_(std::move(report)) {
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
  if (segment) report_(SealNow(std::move(segment)));
  changed_.notify_one();
}

Status Sealer::SealNow(std::unique_ptr<WritableFile> segment) {
  const Status synced = segment->Sync();
  const Status closed = segment->Close();
  const Status listed = fs_.SyncDirectory(directory_);
  for (const Status& status : {synced, closed, listed}) {
    if (!status) return status;
  }
  return {};
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
    report_(SealNow(std::move(segment)));
  }
}

}  // namespace tocsin::tsdb
