#pragma once

#include "promql/row_source.h"

namespace tocsin::promql {

/// A frame in which no label set occurs twice: rows of the same labels become one, in the place of
/// the first. Error (`vector cannot contain metrics with the same labelset`) where two have a value
/// at the same step.
Result<FramePtr> MergeSameSeries(QueryContext& context, const FramePtr& frame);

/// What happens to rows that become the same series without having a value at the same step.
enum class SameSeries { kMerge, kRefuse };

/// `source` without metric names. With delayed removal they are only marked; else rows that become
/// the same series are merged as above, or refused with the same error.
Result<RowSourcePtr> DropNames(QueryContext& context, const RowSourcePtr& source, size_t steps,
                               SameSeries same = SameSeries::kMerge);

/// `source` under other names, which are merged as above where they are the same.
Result<RowSourcePtr> Rename(QueryContext& context, const RowSourcePtr& source,
                            SeriesTablePtr renamed, size_t steps,
                            SameSeries same = SameSeries::kMerge);

/// Whether some label set occurs twice in `table`.
bool HasSameSeries(const SeriesTable& table);

}  // namespace tocsin::promql
