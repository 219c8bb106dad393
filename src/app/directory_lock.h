#pragma once

#include <memory>
#include <string>

#include "base/result.h"

namespace tocsin::app {

/// Holds the file `lock` in a data directory, so that no second process writes there. The kernel
/// lets go of it however the process ends.
class DirectoryLock {
 public:
  /// Creates the directory if need be. kUnavailable: another process has it.
  static Result<std::unique_ptr<DirectoryLock>> Take(const std::string& directory);
  ~DirectoryLock();
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;

 private:
  explicit DirectoryLock(int descriptor) : descriptor_(descriptor) {}
  const int descriptor_;
};

}  // namespace tocsin::app
