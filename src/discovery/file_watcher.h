#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"

namespace tocsin::discovery {

/// Tells when something in a directory changes. An interface, so that tests decide when.
/// Thread-safe.
class FileWatcher {
 public:
  using WatchId = uint64_t;

  virtual ~FileWatcher() = default;
  /// Calls `changed` soon after an entry of `directory` was written and closed, created, moved or
  /// removed; many changes may be one call. It runs on the watcher's thread and must not block.
  /// kNotFound, kUnavailable: the directory cannot be watched.
  virtual Result<WatchId> Watch(const std::string& directory, std::function<void()> changed) = 0;
  /// When this returns, the callback neither runs nor will run. Unknown ids are fine.
  virtual void Unwatch(WatchId id) = 0;
};

/// Watches with Linux' inotify, on a thread of its own that sleeps until something happens.
Result<std::unique_ptr<FileWatcher>> MakeInotifyWatcher();

}  // namespace tocsin::discovery
