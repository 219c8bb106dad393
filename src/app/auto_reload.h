#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/fs.h"
#include "base/mutex.h"
#include "base/timers.h"

namespace tocsin::app {

/// Calls `reload` when the contents of some files have changed (--config.auto-reload). Thread-safe.
class AutoReload {
 public:
  /// `patterns` are paths or globs, asked for anew at each look.
  using Patterns = std::function<std::vector<std::string>()>;

  AutoReload(const Clock& clock, Timers& timers, Fs& fs, int64_t interval_ms, Patterns patterns,
             std::function<void()> reload);
  /// When it returns, `reload` neither runs nor will run.
  ~AutoReload();
  AutoReload(const AutoReload&) = delete;
  AutoReload& operator=(const AutoReload&) = delete;

 private:
  void Schedule();
  void Look();
  uint64_t Checksum() const;

  const Clock& clock_;
  Timers& timers_;
  Fs& fs_;
  const int64_t interval_ms_;
  const Patterns patterns_;
  const std::function<void()> reload_;
  uint64_t last_checksum_;  // Confined to the timer's callback after construction.
  Mutex mutex_;
  bool is_stopped_ GUARDED_BY(mutex_) = false;
  Timers::TimerId timer_ GUARDED_BY(mutex_) = 0;
};

}  // namespace tocsin::app
