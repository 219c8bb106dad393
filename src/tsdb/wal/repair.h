#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "base/fs.h"
#include "base/result.h"
#include "tsdb/wal/segment.h"

namespace tocsin::tsdb {

/// What was cut off a segment.
struct TornTail {
  uint64_t offset = 0;
  uint64_t removed_bytes = 0;
};

/// Cuts the record that a crash left incomplete off the end of `segment`, if there is one. Reads
/// only as many pages as the last record spans.
Result<std::optional<TornTail>> CutTornTail(Fs& fs, const SegmentFile& segment);

/// Replaces `segment` by one with all its readable records but those that begin at
/// `rejected_offsets`. The original is kept as NNNNNNNN.corrupt. A crash on the way leaves the
/// original in place.
Status RewriteWithoutDamage(Fs& fs, const SegmentFile& segment,
                            const std::set<uint64_t>& rejected_offsets, WalCompression compression);

}  // namespace tocsin::tsdb
