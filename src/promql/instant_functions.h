#pragma once

#include <functional>
#include <vector>

#include "promql/row_source.h"

namespace tocsin::promql {

/// Changes one computed row in place. Must be safe to call from many threads.
using RowChange = std::function<void(const GridView& rows, size_t row)>;

/// The rows of `inner` with `change` applied to each.
RowSourcePtr MapRows(RowSourcePtr inner, RowChange change);

/// The change that a function of one instant vector (and scalars, a value a step) makes to floats,
/// or null if `id` is not such a function. Histograms are dropped.
RowChange FindFloatFunction(FunctionId id, std::vector<std::vector<double>> scalars);

/// The same for functions of the calendar; the values are Unix seconds. Null if `id` is none.
double (*FindDateFunction(FunctionId id))(double unix_seconds);

/// The change of a function of native histograms to floats, or null. Floats are dropped.
RowChange FindHistogramFunction(FunctionId id);

}  // namespace tocsin::promql
