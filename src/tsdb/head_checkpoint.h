#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

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
  /// Those that were given when it was written; empty after writing.
  std::vector<std::string> caller_records;
};

/// What the writer of a checkpoint asks its caller, each once.
struct HeadCheckpointSource {
  /// Where the next record of the log goes. Called with the commit lock held.
  std::function<WalPosition()> position;
  /// Records, in the encoding of the log, of what the log told somebody else than the head (such
  /// as deletions) before `position`: later than that does no harm. May be empty.
  std::function<std::vector<std::string>()> records;
};

/// Writes all that a head holds to a file, so that a start needs only the log behind `position`.
/// Commits go on meanwhile but for the moment in which the place in the log is noted; memory for
/// one block is used. A crash leaves either the old file or the new. No series may be removed
/// meanwhile. kUnimplemented when the head holds what the file has no place for.
Result<HeadCheckpointReport> WriteHeadCheckpoint(HeadState& state, const HeadCheckpointPlace& place,
                                                 const HeadCheckpointSource& source);

/// Fills an empty head from its checkpoint, before anybody else uses it. kNotFound when there is
/// none. After any error the head is as empty as before, and the whole log is to be replayed:
/// kCorruption for a damaged file, kUnimplemented for another version, kOutOfBounds for one that
/// does not belong to this log (any more).
Result<HeadCheckpointReport> LoadHeadCheckpoint(HeadState& state, const HeadCheckpointPlace& place);

}  // namespace tocsin::tsdb
