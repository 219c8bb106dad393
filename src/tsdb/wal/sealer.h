#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <thread>

#include "base/fs.h"
#include "base/mutex.h"

namespace tocsin::tsdb {

/// Makes full segments durable on a thread of its own: syncing 128 MiB takes seconds on a slow
/// disk, and no scrape must wait for that. At most kMaxWaiting segments wait; then Seal() works
/// itself. Thread-safe.
class Sealer {
 public:
  static constexpr size_t kMaxWaiting = 2;

  using SealSegment = std::function<void(std::unique_ptr<WritableFile>)>;

  /// `seal` does the work, on any thread.
  explicit Sealer(SealSegment seal);
  /// Finishes what waits.
  ~Sealer();

  void Seal(std::unique_ptr<WritableFile> segment);

 private:
  void Run(const std::stop_token& stop);

  const SealSegment seal_;

  Mutex mutex_;
  CondVar changed_;
  std::deque<std::unique_ptr<WritableFile>> waiting_ GUARDED_BY(mutex_);
  std::jthread thread_;  // Last: it uses all of the above.
};

}  // namespace tocsin::tsdb
