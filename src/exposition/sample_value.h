#pragma once

#include <string_view>

#include "base/result.h"

namespace tocsin::exposition {

/// The value of a whole text as Go's strconv.ParseFloat reads it, without the digit separators and
/// hex exponents that Prometheus refuses. Any NaN is the ordinary one. Errors have Go's words:
/// `strconv.ParseFloat: parsing "x": invalid syntax`.
Result<double> ParseSampleValue(std::string_view text);

/// The form of `le` and `quantile` values: as Go's %g, with ".0" when neither '.' nor 'e' is in it.
std::string FormatOpenMetricsFloat(double value);

}  // namespace tocsin::exposition
