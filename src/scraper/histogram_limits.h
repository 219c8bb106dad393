#pragma once

#include <cstdint>

#include "model/float_histogram.h"
#include "model/histogram.h"

namespace tocsin::scraper {

/// How fine native histograms may be.
struct HistogramLimits {
  uint64_t max_buckets = 0;  ///< 0: no limit.
  int32_t max_schema = kMaxExponentialSchema;
};

/// The finest schema whose buckets grow by at least `min_bucket_factor`
/// (native_histogram_min_bucket_factor; 0 is no limit).
int32_t PickMaxSchema(double min_bucket_factor);

/// Makes a histogram as coarse as the limits ask. False: even the coarsest has too many buckets, or
/// its buckets are custom ones, which nothing can merge.
bool LimitHistogram(const HistogramLimits& limits, Histogram& histogram);
bool LimitHistogram(const HistogramLimits& limits, FloatHistogram& histogram);

}  // namespace tocsin::scraper
