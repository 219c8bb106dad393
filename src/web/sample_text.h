#pragma once

#include <cstddef>

namespace tocsin::web {

/// No value's text is longer: 21 digits before the point of a value below 1e21, or 17 digits, a
/// sign, a point and leading zeros of one above 1e-6.
inline constexpr size_t kMaxSampleTextBytes = 40;

/// Writes `value` as the HTTP API shows sample values (as AppendFloatApi in model/number_text.h,
/// digit for digit) to `out`, which has room for kMaxSampleTextBytes. Returns the end. Whole
/// numbers and those with few decimals, which most samples are, take a fast way
/// (benchmarks/json_result_benchmark.cc).
char* WriteSampleText(char* out, double value);

}  // namespace tocsin::web
