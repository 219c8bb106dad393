#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "model/float_histogram.h"

namespace tocsin {

/// Schemas that upstream writes, and those that it reads for the sake of versions to come.
inline constexpr int32_t kMinExponentialSchema = -4;
inline constexpr int32_t kMaxExponentialSchema = 8;
inline constexpr int32_t kMinReservedSchema = -9;
inline constexpr int32_t kMaxReservedSchema = 52;

inline constexpr bool IsCustomBucketsSchema(int32_t schema) {
  return schema == FloatHistogram::kCustomBucketsSchema;
}
inline constexpr bool IsExponentialSchema(int32_t schema) {
  return kMinExponentialSchema <= schema && schema <= kMaxExponentialSchema;
}
/// Whether the buckets of a histogram with `schema` have a meaning at all.
inline constexpr bool IsKnownSchema(int32_t schema) {
  return IsCustomBucketsSchema(schema) ||
         (kMinReservedSchema <= schema && schema <= kMaxReservedSchema);
}

/// A native histogram with integer counts, as clients send it: the first bucket of each list is a
/// count, every further one the difference to the bucket before. Schemas as in FloatHistogram.
/// Value type.
struct Histogram {
  CounterResetHint counter_reset_hint = CounterResetHint::kUnknown;
  int32_t schema = 0;
  double zero_threshold = 0;
  uint64_t zero_count = 0;
  uint64_t count = 0;
  double sum = 0;  ///< kStaleNan: the marker of the end of a series.
  std::vector<HistogramSpan> positive_spans;
  std::vector<HistogramSpan> negative_spans;
  std::vector<int64_t> positive_deltas;
  std::vector<int64_t> negative_deltas;
  std::vector<double> custom_values;  ///< Upper bounds of custom buckets, rising.
};

/// The same histogram with float counts.
FloatHistogram ToFloat(const Histogram& histogram);

/// Whether spans and buckets agree and counts make sense; kInvalidArgument with upstream's texts
/// (model/histogram/histogram.go, Validate).
Status Validate(const Histogram& histogram);
Status Validate(const FloatHistogram& histogram);

}  // namespace tocsin
