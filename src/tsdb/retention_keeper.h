#pragma once

#include <cstdint>

#include "base/result.h"
#include "tsdb/head.h"
#include "tsdb/retention_options.h"
#include "tsdb/upkeep_environment.h"

namespace tocsin::tsdb {

/// Drops blocks that are beyond the retention by time or size. For one thread at a time.
class RetentionKeeper {
 public:
  explicit RetentionKeeper(const UpkeepEnvironment& environment) : environment_(environment) {}

  /// Drops blocks; their files go when nobody reads them.
  void DropBlocks(const RetentionOptions& retention);

  /// How many bytes the whole directory may have by `retention`; 0: any number.
  uint64_t LimitBytes(const RetentionOptions& retention) const;
  /// What the log, the head's chunk files and the log of samples out of order take on disk.
  uint64_t HeadBytes() const;

 private:
  const UpkeepEnvironment& environment_;
};

}  // namespace tocsin::tsdb
