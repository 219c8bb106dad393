#pragma once

#include <cstdint>
#include <span>

#include "base/result.h"
#include "storage/queryable.h"
#include "tsdb/head_state.h"
#include "tsdb/head_view.h"

namespace tocsin::tsdb {

// Reading one series while its lock is held: what `view` may see, within [start_ms, end_ms].
// `group` is null for a series without rows.

/// Replaces `out` by the floats in order.
Status ReadFloats(const HeadState& state, SeriesId id, const RowGroup* group, uint32_t slot,
                  const HeadView& view, int64_t start_ms, int64_t end_ms,
                  storage::SampleBuffer& out);

/// Replaces `out` by the samples.
Status ReadSeries(const HeadState& state, SeriesId id, const RowGroup* group, uint32_t slot,
                  const HeadView& view, int64_t start_ms, int64_t end_ms,
                  storage::SampleBuffer& out);

/// The newest sample, or timestamp kNoSample. Decodes a chunk only if everything newer than the
/// range is in chunks too.
Status ReadNewest(const HeadState& state, SeriesId id, const RowGroup* group, uint32_t slot,
                  const HeadView& view, int64_t start_ms, int64_t end_ms,
                  storage::SeriesSet::Latest& out);

/// The same for many series, taking their locks: each target's once, and its rows in one go.
Status ReadLatestOfMany(HeadState& state, std::span<const SeriesId> ids, const HeadView& view,
                        int64_t start_ms, int64_t end_ms,
                        std::span<storage::SeriesSet::Latest> out);

}  // namespace tocsin::tsdb
