#pragma once

#include <vector>

#include "storage/queryable.h"

namespace tocsin::promql {

/// Gives the histograms of a series, oldest first, the hint that upstream gives them where only
/// their count and sum are used: an unknown one becomes "reset" or "not reset" by what is seen of
/// the sample before it.
void DetectResets(std::vector<storage::HistogramSample>& histograms);

/// Whether the counter of a sample began to count after the sample before it.
bool IsStartTimeReset(int64_t previous_start_ms, int64_t previous_ms, int64_t start_ms,
                      int64_t timestamp_ms);

}  // namespace tocsin::promql
