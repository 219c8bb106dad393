#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "base/fs.h"
#include "base/mutex.h"
#include "base/result.h"

namespace tocsin::tsdb {

/// Makes full segments durable on a thread of its own: syncing 128 MiB takes seconds on a slow
/// disk, and no scrape must wait for that. At most kMaxWaiting segments wait; then Seal() works
/// itself. Thread-safe.
class Sealer {
 public:
  static constexpr size_t kMaxWaiting = 2;

  /// `directory` holds the segments. `report` gets the outcome of each sealing, on any thread.
  Sealer(Fs& fs, std::string directory, std::function<void(const Status&)> report);
  /// Finishes what waits.
  ~Sealer();

  void Seal(std::unique_ptr<WritableFile> segment);

  /// Syncs and closes `segment`, and syncs its directory, here and now.
  Status SealNow(std::unique_ptr<WritableFile> segment);

 private:
  void Run(const std::stop_token& stop);

  // Constant after construction.
  Fs& fs_;
  const std::string directory_;
  const std::function<void(const Status&)> report_;

  Mutex mutex_;
  CondVar changed_;
  std::deque<std::unique_ptr<WritableFile>> waiting_ GUARDED_BY(mutex_);
  std::jthread thread_;  // Last: it uses all of the above.
};

}  // namespace tocsin::tsdb
