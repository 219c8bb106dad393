#pragma once

#include "promql/selector_rows.h"

namespace tocsin::promql {

/// The rows of an instant selector with `smoothed`: between the samples before and after a step,
/// each within the lookback; without a later one the last value stays.
RowSourcePtr MakeSmoothedRows(std::shared_ptr<const storage::SeriesSet> set,
                              const VectorSelector& selector, const Lookback& lookback,
                              QueryContext& context);

}  // namespace tocsin::promql
