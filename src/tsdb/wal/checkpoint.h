#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/fs.h"
#include "base/result.h"
#include "tsdb/wal/segment.h"
#include "tsdb/wal/wal.h"

namespace tocsin::tsdb {

/// What goes into a checkpoint.
struct CheckpointRequest {
  std::string directory;     ///< Of the log.
  int64_t last_segment = 0;  ///< The checkpoint stands for the segments up to and including this.
  int64_t min_time_ms = 0;  ///< Samples, exemplars and tombstones that end before this are dropped.
  std::function<bool(uint64_t ref)> keep_series;
  WalCompression compression = WalCompression::kSnappy;
  uint64_t segment_bytes = uint64_t{128} << 20;
};

/// What became of the records.
struct CheckpointReport {
  uint64_t total_series = 0;
  uint64_t dropped_series = 0;
  uint64_t total_samples = 0;
  uint64_t dropped_samples = 0;
  uint64_t copied_unknown_records = 0;     ///< Of types that we do not decode: kept as they are.
  std::vector<WalCorruption> corruptions;  ///< What could not be read, and so is not in it.
};

/// Writes checkpoint.NNNNNNNN from the newest checkpoint and the segments after it: in a directory
/// of another name that is renamed when complete and durable. Of metadata the newest for each kept
/// series remains. On error there is no new checkpoint, and the log is as before.
Result<CheckpointReport> WriteCheckpoint(Fs& fs, const CheckpointRequest& request);

/// Removes segments up to and including `last_segment`, what was set aside of them, and checkpoints
/// older than `last_segment`'s. Goes on after an error, and returns the first.
Status RemoveSegmentsUpTo(Fs& fs, const std::string& directory, int64_t last_segment);
Status RemoveCheckpointsBefore(Fs& fs, const std::string& directory, int64_t index);

}  // namespace tocsin::tsdb
