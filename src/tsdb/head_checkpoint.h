#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/fs.h"
#include "base/result.h"
#include "tsdb/wal/segment.h"

namespace tocsin::tsdb {

struct HeadState;

/// Where a head's checkpoint is, and the log that it belongs to.
struct HeadCheckpointPlace {
  Fs& fs;                     ///< Must outlive it.
  std::string path;           ///< Of the file; while it is written there is one with `.tmp` beside.
  std::string log_directory;  ///< Of the log that the head writes.
};

/// What was written or read.
struct HeadCheckpointReport {
  WalPosition position;  ///< The log from here on is not contained.
  uint64_t series = 0;
  uint64_t size_bytes = 0;
};

/// Writes all that a head holds to a file, so that a start needs only the log behind `position`.
/// Commits go on meanwhile but for the moment in which the place in the log is noted; memory for
/// one block is used. `position` says where the next record of the log goes; it is called with the
/// commit lock held. A crash leaves either the old file or the new. No series may be removed
/// meanwhile. kUnimplemented when the head holds what the file has no place for.
Result<HeadCheckpointReport> WriteHeadCheckpoint(HeadState& state, const HeadCheckpointPlace& place,
                                                 const std::function<WalPosition()>& position);

/// Fills an empty head from its checkpoint, before anybody else uses it. kNotFound when there is
/// none. After any error the head is as empty as before, and the whole log is to be replayed:
/// kCorruption for a damaged file, kUnimplemented for another version, kOutOfBounds for one that
/// does not belong to this log (any more).
Result<HeadCheckpointReport> LoadHeadCheckpoint(HeadState& state, const HeadCheckpointPlace& place);

}  // namespace tocsin::tsdb
