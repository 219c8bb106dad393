#pragma once

#include <span>
#include <string>
#include <vector>

#include "storage/queryable.h"
#include "tsdb/series_index.h"

namespace tocsin::tsdb {

/// Groups series by the labels in `names` or, with `without`, by all others but the metric name:
/// compares pair ids, and builds label sets for the groups alone.
storage::SeriesGrouping GroupSeries(const SeriesIndex& index, std::span<const SeriesId> ids,
                                    std::span<const std::string> names, bool without);

}  // namespace tocsin::tsdb
