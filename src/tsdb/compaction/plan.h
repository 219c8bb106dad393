#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tsdb/block/block_meta.h"

namespace tocsin::tsdb {

/// The lengths of time that blocks of the levels cover: `min_ms` × 3^n, as long as that is not
/// above `max_ms`. The first is always there.
std::vector<int64_t> BlockRanges(int64_t min_ms, int64_t max_ms);

/// The longest range that Prometheus lets blocks grow to under a retention (0: none).
int64_t MaxBlockRange(int64_t min_ms, int64_t retention_ms);

/// The end of the range of `width_ms` that `timestamp_ms` is in; ranges begin at multiples.
int64_t RangeEnd(int64_t timestamp_ms, int64_t width_ms);

/// Which blocks to compact into one next, as indexes into `blocks`, oldest first; none when there
/// is nothing to do. As Prometheus:
/// 1. the first run of blocks that overlap in time;
/// 2. else, of all but the newest block, those that lie in one range of a level and either fill it
/// or
///    are older than the newest of them;
/// 3. else one large block of whose series more than 5 % have tombstones, or one all of whose
/// series
///    have.
/// Runs with a block that failed to compact before are left alone in 2.
std::vector<size_t> PlanCompaction(std::span<const BlockMeta> blocks,
                                   std::span<const int64_t> ranges_ms);

/// The meta of the block that a compaction of `parents` makes: their time range together, one level
/// above the highest, all their sources. Stats are left empty.
BlockMeta CompactedMeta(const Ulid& ulid, std::span<const BlockMeta> parents);

}  // namespace tocsin::tsdb
