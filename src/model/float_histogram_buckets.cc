#include "model/float_histogram_buckets.h"

#include <array>
#include <cmath>
#include <limits>

#include "model/number_text.h"

namespace tocsin {
namespace {

constexpr int32_t kMaxSchema = 8;
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kMaxFinite = std::numeric_limits<double>::max();

/// 2^(i / 2^8) / 2 for the finest schema; coarser ones use every n-th. Rounded from a wider type,
/// so that they are the doubles nearest to the exact values.
std::array<double, 1 << kMaxSchema> MakeFractions() {
  std::array<double, 1 << kMaxSchema> fractions;
  for (size_t i = 0; i < fractions.size(); ++i) {
    fractions[i] = static_cast<double>(
        std::exp2(static_cast<long double>(i) / static_cast<long double>(fractions.size())) / 2);
  }
  return fractions;
}

double CustomBound(const std::vector<double>& bounds, int32_t index) {
  if (index < 0) return -kInfinity;
  return static_cast<size_t>(index) < bounds.size() ? bounds[static_cast<size_t>(index)]
                                                    : kInfinity;
}

void AppendBucket(std::string& out, const HistogramBucket& bucket) {
  out += ", ";
  out += bucket.includes_lower ? '[' : '(';
  out += FormatFloatGeneral(bucket.lower) + "," + FormatFloatGeneral(bucket.upper);
  out += bucket.includes_upper ? ']' : ')';
  out += ":" + FormatFloatGeneral(bucket.count);
}

/// Lets a bucket that lies partly in the zero bucket begin where that ends.
void CutAtZeroBucket(double zero_threshold, HistogramBucket& bucket) {
  if (bucket.upper < 0 && bucket.upper > -zero_threshold) bucket.upper = -zero_threshold;
  if (bucket.lower > 0 && bucket.lower < zero_threshold) bucket.lower = zero_threshold;
}

}  // namespace

double ExponentialBound(int32_t index, int32_t schema) {
  constexpr int kMaxExponent = std::numeric_limits<double>::max_exponent;  // 1024: beyond doubles.
  // The last bucket of finite numbers ends at the largest of them; infinity has the next one.
  if (schema < 0) {
    const int64_t exponent = int64_t{index} * (int64_t{1} << -schema);
    if (exponent == kMaxExponent) return kMaxFinite;
    return std::ldexp(1.0, static_cast<int>(exponent));
  }
  static const std::array<double, 1 << kMaxSchema> kFractions = MakeFractions();
  const auto within = static_cast<uint32_t>(index) & ((uint32_t{1} << schema) - 1);
  const double fraction = kFractions[within << (kMaxSchema - schema)];
  const int exponent = (index >> schema) + 1;
  if (within == 0 && exponent == kMaxExponent + 1) return kMaxFinite;
  return std::ldexp(fraction, exponent);
}

HistogramBucket BucketAt(const FloatHistogram& histogram, bool is_positive, IndexedCount at) {
  HistogramBucket bucket;
  bucket.count = at.count;
  if (UsesCustomBuckets(histogram)) {
    bucket.lower = CustomBound(histogram.custom_values, at.index - 1);
    bucket.upper = CustomBound(histogram.custom_values, at.index);
    bucket.includes_lower = at.index == 0;
    bucket.includes_upper = true;
    return bucket;
  }
  const double inner = ExponentialBound(at.index - 1, histogram.schema);
  const double outer = ExponentialBound(at.index, histogram.schema);
  bucket.lower = is_positive ? inner : -outer;
  bucket.upper = is_positive ? outer : -inner;
  bucket.includes_lower = bucket.lower < 0;
  bucket.includes_upper = bucket.upper > 0;
  return bucket;
}

HistogramBucket ZeroBucket(const FloatHistogram& histogram) {
  return {-histogram.zero_threshold, histogram.zero_threshold, true, true, histogram.zero_count};
}

IndexedCounts ListCounts(const std::vector<HistogramSpan>& spans,
                         const std::vector<double>& counts) {
  IndexedCounts list;
  list.reserve(counts.size());
  int32_t index = 0;
  for (const HistogramSpan& span : spans) {
    index += span.offset;
    for (uint32_t i = 0; i < span.length && list.size() < counts.size(); ++i) {
      list.push_back({index++, counts[list.size()]});
    }
  }
  return list;
}

void StoreCounts(const IndexedCounts& list, std::vector<HistogramSpan>& spans,
                 std::vector<double>& counts) {
  spans.clear();
  counts.clear();
  counts.reserve(list.size());
  int32_t end = 0;
  for (const IndexedCount& at : list) {
    if (spans.empty() || at.index != end) spans.push_back({at.index - end, 0});
    ++spans.back().length;
    counts.push_back(at.count);
    end = at.index + 1;
  }
}

std::vector<HistogramBucket> BucketsOf(const FloatHistogram& histogram, bool is_positive) {
  const IndexedCounts list = is_positive
                                 ? ListCounts(histogram.positive_spans, histogram.positive_buckets)
                                 : ListCounts(histogram.negative_spans, histogram.negative_buckets);
  std::vector<HistogramBucket> buckets;
  buckets.reserve(list.size());
  for (const IndexedCount& at : list) buckets.push_back(BucketAt(histogram, is_positive, at));
  return buckets;
}

void ListBuckets(const FloatHistogram& histogram, std::vector<HistogramBucket>& out) {
  const std::vector<HistogramBucket> negative = BucketsOf(histogram, false);
  out.assign(negative.rbegin(), negative.rend());
  if (histogram.zero_count > 0) out.push_back(ZeroBucket(histogram));
  const std::vector<HistogramBucket> positive = BucketsOf(histogram, true);
  const size_t first_positive = out.size();
  out.insert(out.end(), positive.begin(), positive.end());
  for (size_t i = 0; i < negative.size(); ++i) CutAtZeroBucket(histogram.zero_threshold, out[i]);
  for (size_t i = first_positive; i < out.size(); ++i) {
    CutAtZeroBucket(histogram.zero_threshold, out[i]);
  }
}

std::string ToString(const FloatHistogram& histogram) {
  std::string out = "{count:" + FormatFloatGeneral(histogram.count) +
                    ", sum:" + FormatFloatGeneral(histogram.sum);
  const std::vector<HistogramBucket> negative = BucketsOf(histogram, false);
  for (auto bucket = negative.rbegin(); bucket != negative.rend(); ++bucket) {
    if (bucket->count != 0) AppendBucket(out, *bucket);
  }
  if (histogram.zero_count != 0) AppendBucket(out, ZeroBucket(histogram));
  for (const HistogramBucket& bucket : BucketsOf(histogram, true)) {
    if (bucket.count != 0) AppendBucket(out, bucket);
  }
  return out + "}";
}

}  // namespace tocsin
