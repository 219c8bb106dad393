#pragma once

#include <cstdint>
#include <span>

#include "base/result.h"
#include "storage/queryable.h"
#include "tsdb/head_state.h"

namespace tocsin::tsdb {

// Reading one series while its lock is held: what `sequence` may see, within [start_ms, end_ms].
// `group` is null for a series without rows.

/// Replaces `out` by the samples.
Status ReadSeries(const HeadState& state, SeriesId id, const RowGroup* group, uint32_t slot,
                  uint64_t sequence, int64_t start_ms, int64_t end_ms, storage::SampleBuffer& out);

/// The newest sample, or timestamp kNoSample. Decodes a chunk only if everything newer than the
/// range is in chunks too.
Result<Sample> ReadNewest(const HeadState& state, SeriesId id, const RowGroup* group, uint32_t slot,
                          uint64_t sequence, int64_t start_ms, int64_t end_ms);

/// The same for many series, taking their locks: each target's once, and its rows in one go.
Status ReadLatestOfMany(HeadState& state, std::span<const SeriesId> ids, uint64_t sequence,
                        int64_t start_ms, int64_t end_ms,
                        std::span<storage::SeriesSet::Latest> out);

}  // namespace tocsin::tsdb
