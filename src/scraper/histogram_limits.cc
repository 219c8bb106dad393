#include "scraper/histogram_limits.h"

#include <algorithm>
#include <cmath>

#include "exposition/histogram_buckets.h"

namespace tocsin::scraper {

namespace {

size_t BucketCount(const Histogram& histogram) {
  return histogram.positive_deltas.size() + histogram.negative_deltas.size();
}
size_t BucketCount(const FloatHistogram& histogram) {
  return histogram.positive_buckets.size() + histogram.negative_buckets.size();
}

template <typename AnyHistogram>
bool Limit(const HistogramLimits& limits, AnyHistogram& histogram) {
  if (limits.max_schema < kMaxExponentialSchema && histogram.schema > limits.max_schema) {
    exposition::ReduceResolution(histogram, limits.max_schema);
  }
  if (limits.max_buckets == 0) return true;
  while (BucketCount(histogram) > limits.max_buckets) {
    if (!IsExponentialSchema(histogram.schema) || histogram.schema == kMinExponentialSchema) {
      return false;
    }
    exposition::ReduceResolution(histogram, histogram.schema - 1);
  }
  return true;
}

}  // namespace

int32_t PickMaxSchema(double min_bucket_factor) {
  // The growth of schema 8, the finest there is: 2^(2^-8).
  constexpr double kFinestFactor = 1.00271;
  const double factor = min_bucket_factor <= 1 ? kFinestFactor : min_bucket_factor;
  const double schema = std::floor(-std::log2(std::log2(factor)));
  return static_cast<int32_t>(
      std::clamp<double>(schema, kMinExponentialSchema, kMaxExponentialSchema));
}

bool LimitHistogram(const HistogramLimits& limits, Histogram& histogram) {
  return Limit(limits, histogram);
}
bool LimitHistogram(const HistogramLimits& limits, FloatHistogram& histogram) {
  return Limit(limits, histogram);
}

}  // namespace tocsin::scraper
