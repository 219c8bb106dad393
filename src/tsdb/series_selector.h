#pragma once

#include <span>
#include <vector>

#include "model/matcher.h"
#include "tsdb/series_index.h"

namespace tocsin::tsdb {

/// The series for which all matchers match, by rising id. Matchers are evaluated on the distinct
/// values of their label: literals and choices by lookup, then prefixes, and only then the regular
/// expression.
std::vector<SeriesId> SelectSeries(const SeriesIndex& index, std::span<const Matcher> matchers);

}  // namespace tocsin::tsdb
