#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "storage/queryable.h"
#include "tsdb/head_state.h"
#include "tsdb/head_view.h"

namespace tocsin::tsdb {

/// Appends one series as chunks, while its lock is held: what `view` may see that overlaps
/// [start_ms, end_ms], by rising time. Full chunks are copied as they are; rows and pending samples
/// are encoded, and so is everything where kinds or orders of samples mix. `group` is null for a
/// series without rows.
Status ReadSeriesChunks(const HeadState& state, SeriesId id, const RowGroup* group, uint32_t slot,
                        const HeadView& view, int64_t start_ms, int64_t end_ms,
                        std::vector<storage::EncodedChunk>& out);

}  // namespace tocsin::tsdb
