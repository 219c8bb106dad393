#pragma once

#include <cstdint>
#include <vector>

#include "tsdb/compaction/retention_rules.h"

namespace tocsin::tsdb {

/// What to keep. Each limit works by itself; 0 switches it off.
struct RetentionOptions {
  int64_t time_ms = int64_t{15} * 24 * 60 * 60 * 1000;
  /// Of the whole directory: blocks, log and head chunk files. A hard cap: when no block is left to
  /// drop, the oldest part of the head goes.
  uint64_t size_bytes = 0;
  /// Of the file system that the directory is on; goes before `size_bytes`.
  double percentage = 0;
  /// Shorter times for some series.
  std::vector<RetentionRule> rules;
};

}  // namespace tocsin::tsdb
