#pragma once

#include <string_view>

#include "base/result.h"

namespace tocsin::exposition {

/// Reads the sample value at `at`, which ends before a blank, a line's end or `end`, when it is a
/// decimal of at most 15 digits and a small exponent, as nearly all are; such a value needs one
/// exact division or multiplication. Returns where it ends, or nullptr when ParseSampleValue must
/// decide.
const char* ParseShortDecimal(const char* at, const char* end, double& value);

/// The value of a whole text as Go's strconv.ParseFloat reads it, without the digit separators and
/// hex exponents that Prometheus refuses. Any NaN is the ordinary one. Errors have Go's words:
/// `strconv.ParseFloat: parsing "x": invalid syntax`.
Result<double> ParseSampleValue(std::string_view text);

/// The form of `le` and `quantile` values: as Go's %g, with ".0" when neither '.' nor 'e' is in it.
std::string FormatOpenMetricsFloat(double value);

}  // namespace tocsin::exposition
