#pragma once

#include <cstdint>

#include "base/result.h"
#include "storage/queryable.h"
#include "tsdb/head_view.h"
#include "tsdb/series_extras.h"

namespace tocsin::tsdb {

// Reading what a series has besides floats in order, while its lock is held.

/// Adds to the floats in order of a series, which `out` holds, whatever else `view` may see within
/// [start_ms, end_ms]. Where a time is both in order and out of order, the sample in order counts.
Status MergeExtras(const SeriesExtras& extras, const HeadView& view, int64_t start_ms,
                   int64_t end_ms, storage::SampleBuffer& out);

/// Replaces `out`, the newest float in order, if something else is newer.
Status RaiseLatest(const SeriesExtras& extras, const HeadView& view, int64_t start_ms,
                   int64_t end_ms, storage::SeriesSet::Latest& out);

}  // namespace tocsin::tsdb
