#pragma once

#include <vector>

#include "model/float_histogram_buckets.h"

namespace tocsin::promql {

/// What NaN observations, which are in no bucket, did to an answer.
enum class NanEffect { kNone, kSkewed, kIsNan };

struct NativeAnswer {
  double value = 0;
  NanEffect nan_effect = NanEffect::kNone;
};

/// The `quantile` of a native histogram: linear inside custom buckets and the zero bucket, else
/// exponential. `scratch` spares allocations.
NativeAnswer NativeQuantile(double quantile, const FloatHistogram& histogram,
                            std::vector<HistogramBucket>& scratch);

/// The fraction of observations between the bounds; kSkewed: NaN observations are in none.
NativeAnswer NativeFraction(double lower, double upper, const FloatHistogram& histogram,
                            std::vector<HistogramBucket>& scratch);

}  // namespace tocsin::promql
