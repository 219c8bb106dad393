#include "model/float_histogram_comparison.h"

#include <algorithm>
#include <bit>

#include "model/float_histogram_arithmetic.h"
#include "model/float_histogram_buckets.h"

namespace tocsin {
namespace {

bool SameBits(double a, double b) {
  return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b);
}

bool SameCounts(const std::vector<HistogramSpan>& a_spans, const std::vector<double>& a_counts,
                const std::vector<HistogramSpan>& b_spans, const std::vector<double>& b_counts) {
  if (a_counts.size() != b_counts.size()) return false;
  const IndexedCounts a = ListCounts(a_spans, a_counts);
  const IndexedCounts b = ListCounts(b_spans, b_counts);
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const IndexedCount& x, const IndexedCount& y) {
                      return x.index == y.index && SameBits(x.count, y.count);
                    });
}

/// Whether a populated bucket of `previous` has less in `now`, or is not there.
bool AnyFell(const IndexedCounts& now, const IndexedCounts& previous) {
  size_t next = 0;
  for (const IndexedCount& before : previous) {
    while (next < now.size() && now[next].index < before.index) ++next;
    const bool is_there = next < now.size() && now[next].index == before.index;
    if (is_there ? now[next].count < before.count : before.count != 0) return true;
  }
  return false;
}

bool CustomBucketsFell(const FloatHistogram& now, const FloatHistogram& previous) {
  // Both cut down to the bounds they share; nothing else of them matters here.
  const std::vector<double> shared = SharedBounds(now.custom_values, previous.custom_values);
  const auto cut_down = [&](const FloatHistogram& histogram) {
    IndexedCounts result;
    for (const IndexedCount& at :
         ListCounts(histogram.positive_spans, histogram.positive_buckets)) {
      const int32_t index = IndexAmongBounds(at.index, histogram.custom_values, shared);
      if (result.empty() || result.back().index != index) result.push_back({index, 0});
      result.back().count += at.count;
    }
    return result;
  };
  return AnyFell(cut_down(now), cut_down(previous));
}

/// What `histogram` has outside its zero bucket on one side.
IndexedCounts OutsideZero(const FloatHistogram& histogram, bool is_positive) {
  IndexedCounts list = is_positive
                           ? ListCounts(histogram.positive_spans, histogram.positive_buckets)
                           : ListCounts(histogram.negative_spans, histogram.negative_buckets);
  std::erase_if(list, [&](const IndexedCount& at) {
    return ExponentialBound(at.index, histogram.schema) <= histogram.zero_threshold;
  });
  return list;
}

bool ExponentialBucketsFell(const FloatHistogram& now, const FloatHistogram& previous) {
  // A finer schema or a narrower zero bucket come with a restart only.
  if (now.schema > previous.schema || now.zero_threshold < previous.zero_threshold) return true;
  FloatHistogram before = previous;
  // A stand-in of the new width shows what the old zero bucket would hold.
  FloatHistogram width;
  width.schema = previous.schema;
  width.zero_threshold = now.zero_threshold;
  ReconcileZeroBuckets(before, width);
  if (before.zero_threshold != now.zero_threshold) return true;  // It cuts a populated bucket.
  if (now.zero_count < before.zero_count) return true;
  ReduceResolution(before, now.schema);
  return AnyFell(OutsideZero(now, true), OutsideZero(before, true)) ||
         AnyFell(OutsideZero(now, false), OutsideZero(before, false));
}

}  // namespace

bool IsSame(const FloatHistogram& a, const FloatHistogram& b) {
  return a.schema == b.schema && SameBits(a.count, b.count) && SameBits(a.sum, b.sum) &&
         (!UsesCustomBuckets(a) || a.custom_values == b.custom_values) &&
         a.zero_threshold == b.zero_threshold && SameBits(a.zero_count, b.zero_count) &&
         SameCounts(a.negative_spans, a.negative_buckets, b.negative_spans, b.negative_buckets) &&
         SameCounts(a.positive_spans, a.positive_buckets, b.positive_spans, b.positive_buckets);
}

bool HasReset(const FloatHistogram& now, const FloatHistogram& previous) {
  if (now.counter_reset_hint == CounterResetHint::kReset) return true;
  if (now.counter_reset_hint == CounterResetHint::kNotReset) return false;
  if (now.count < previous.count) return true;
  if (!UsesCustomBuckets(now)) {
    // From custom to exponential: the schema number rises.
    return UsesCustomBuckets(previous) || ExponentialBucketsFell(now, previous);
  }
  return !UsesCustomBuckets(previous) || CustomBucketsFell(now, previous);
}

}  // namespace tocsin
