#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/float_histogram.h"

namespace tocsin {

/// One bucket of a native histogram with its bounds.
struct HistogramBucket {
  double lower = 0;
  double upper = 0;
  bool includes_lower = false;
  bool includes_upper = false;
  double count = 0;
};

/// A count at a bucket index. Index i of an exponential schema is the bucket that ends at
/// ExponentialBound(i); of custom buckets, the one that ends at custom_values[i].
struct IndexedCount {
  int32_t index = 0;
  double count = 0;
};
using IndexedCounts = std::vector<IndexedCount>;  ///< By rising index.

inline bool UsesCustomBuckets(const FloatHistogram& histogram) {
  return histogram.schema == FloatHistogram::kCustomBucketsSchema;
}

/// The absolute upper bound of bucket `index` in an exponential schema (-4 … 8).
double ExponentialBound(int32_t index, int32_t schema);

/// The positive or negative bucket `index` of a histogram's layout.
HistogramBucket BucketAt(const FloatHistogram& histogram, bool is_positive, IndexedCount at);
/// The zero bucket; exponential schemas only.
HistogramBucket ZeroBucket(const FloatHistogram& histogram);

/// Spans and counts as a list, and back: indexes that follow one another share a span. Counts that
/// are zero stay.
IndexedCounts ListCounts(const std::vector<HistogramSpan>& spans,
                         const std::vector<double>& counts);
void StoreCounts(const IndexedCounts& list, std::vector<HistogramSpan>& spans,
                 std::vector<double>& counts);

/// The populated and the empty buckets of one side, from zero outwards.
std::vector<HistogramBucket> BucketsOf(const FloatHistogram& histogram, bool is_positive);
/// Negative, zero and positive buckets by rising bounds. Replaces `out`. A bucket that the zero
/// bucket overlaps begins where that ends; the zero bucket is there if it is populated.
void ListBuckets(const FloatHistogram& histogram, std::vector<HistogramBucket>& out);

/// `{count:3, sum:4.5, [-0.5,0.5]:1, (1,2]:2}` with the populated buckets.
std::string ToString(const FloatHistogram& histogram);

}  // namespace tocsin
