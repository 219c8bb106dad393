#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/fs.h"
#include "base/result.h"
#include "tsdb/wal/segment.h"

namespace tocsin::tsdb {

/// The files that a reader of a log goes through, in order.
struct LogFiles {
  std::vector<SegmentFile> checkpoint;  ///< Of the newest checkpoint; empty if there is none.
  std::vector<SegmentFile> segments;    ///< Those that the checkpoint does not stand for.
  /// Indexes that ought to be there and are not: records are missing.
  std::vector<int64_t> missing_segments;

  uint64_t size_bytes() const;
};

/// What is in `directory` of segments in [first, last], and of the newest checkpoint if `first` is
/// not above what it stands for.
Result<LogFiles> ListLogFiles(Fs& fs, const std::string& directory, int64_t first, int64_t last);

/// Bytes in a log's directory, checkpoints included.
Result<uint64_t> LogSizeBytes(Fs& fs, const std::string& directory);

}  // namespace tocsin::tsdb
