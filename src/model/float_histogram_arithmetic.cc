#include "model/float_histogram_arithmetic.h"

#include <algorithm>
#include <cmath>

#include "model/float_histogram_buckets.h"

namespace tocsin {
namespace {

struct ZeroBucketSize {
  double count;
  double threshold;
};

/// The zero bucket if it were at least `threshold` wide. Where that cuts a populated bucket, it
/// grows to that bucket's end.
ZeroBucketSize WidenedZeroBucket(const FloatHistogram& histogram, double threshold) {
  if (threshold == histogram.zero_threshold) return {histogram.zero_count, threshold};
  const std::vector<HistogramBucket> positive = BucketsOf(histogram, true);
  const std::vector<HistogramBucket> negative = BucketsOf(histogram, false);
  for (;;) {
    double count = histogram.zero_count;
    for (const HistogramBucket& bucket : positive) {
      if (bucket.lower >= threshold) break;
      count += bucket.count;
      if (bucket.upper <= threshold) continue;
      if (bucket.count != 0) threshold = bucket.upper;
      break;
    }
    bool has_grown = false;  // Then the positive side has to be looked at again.
    for (const HistogramBucket& bucket : negative) {
      if (bucket.upper <= -threshold) break;
      count += bucket.count;
      if (bucket.lower >= -threshold) continue;
      has_grown = bucket.count != 0;
      if (has_grown) threshold = -bucket.lower;
      break;
    }
    if (!has_grown) return {count, threshold};
  }
}

/// Removes what the zero bucket has swallowed, and empty buckets with it.
void DropSwallowedBuckets(FloatHistogram& histogram) {
  const auto drop = [&](std::vector<HistogramSpan>& spans, std::vector<double>& counts,
                        bool is_positive) {
    IndexedCounts list = ListCounts(spans, counts);
    std::erase_if(list, [&](const IndexedCount& at) {
      const HistogramBucket bucket = BucketAt(histogram, is_positive, at);
      const double inner = is_positive ? bucket.lower : -bucket.upper;
      return at.count == 0 || inner < histogram.zero_threshold;
    });
    StoreCounts(list, spans, counts);
  };
  drop(histogram.positive_spans, histogram.positive_buckets, true);
  drop(histogram.negative_spans, histogram.negative_buckets, false);
}

/// a[i] += sign · b[i], both by rising index.
IndexedCounts MergeCounts(const IndexedCounts& a, const IndexedCounts& b, double sign) {
  IndexedCounts merged;
  merged.reserve(a.size() + b.size());
  size_t next_b = 0;
  for (const IndexedCount& at : a) {
    for (; next_b < b.size() && b[next_b].index < at.index; ++next_b) {
      merged.push_back({b[next_b].index, sign * b[next_b].count});
    }
    merged.push_back(at);
    if (next_b < b.size() && b[next_b].index == at.index) {
      merged.back().count += sign * b[next_b++].count;
    }
  }
  for (; next_b < b.size(); ++next_b) {
    merged.push_back({b[next_b].index, sign * b[next_b].count});
  }
  return merged;
}

/// Counts under new indexes, which rise as the old ones do but may be the same for several.
template <typename NewIndex>
IndexedCounts Reindexed(const IndexedCounts& list, NewIndex new_index) {
  IndexedCounts result;
  result.reserve(list.size());
  for (const IndexedCount& at : list) {
    const int32_t index = new_index(at.index);
    if (!result.empty() && result.back().index == index) {
      result.back().count += at.count;
    } else {
      result.push_back({index, at.count});
    }
  }
  return result;
}

/// Adds one side of an exponential histogram, `coarser` schemas down and without what lies in the
/// zero bucket.
void AddSide(const FloatHistogram& histogram, std::vector<HistogramSpan>& spans,
             std::vector<double>& counts, IndexedCounts other, int32_t coarser, double sign) {
  if (coarser > 0) {
    other = Reindexed(other, [&](int32_t index) { return CoarserIndex(index, coarser); });
  }
  const auto first_outside = std::find_if(other.begin(), other.end(), [&](const IndexedCount& at) {
    return ExponentialBound(at.index, histogram.schema) > histogram.zero_threshold;
  });
  other.erase(other.begin(), first_outside);
  StoreCounts(MergeCounts(ListCounts(spans, counts), other, sign), spans, counts);
}

void AddCustomBuckets(FloatHistogram& histogram, const FloatHistogram& other, double sign,
                      MergeOutcome& outcome) {
  IndexedCounts ours = ListCounts(histogram.positive_spans, histogram.positive_buckets);
  IndexedCounts theirs = ListCounts(other.positive_spans, other.positive_buckets);
  if (histogram.custom_values != other.custom_values) {
    outcome.reconciled_bounds = true;
    const std::vector<double> shared = SharedBounds(histogram.custom_values, other.custom_values);
    ours = Reindexed(ours, [&](int32_t index) {
      return IndexAmongBounds(index, histogram.custom_values, shared);
    });
    theirs = Reindexed(theirs, [&](int32_t index) {
      return IndexAmongBounds(index, other.custom_values, shared);
    });
    histogram.custom_values = shared;
  }
  IndexedCounts merged = MergeCounts(ours, theirs, sign);
  if (outcome.reconciled_bounds) {
    std::erase_if(merged, [](const IndexedCount& at) { return at.count == 0; });
  }
  StoreCounts(merged, histogram.positive_spans, histogram.positive_buckets);
}

MergeOutcome Merge(FloatHistogram& histogram, const FloatHistogram& other, double sign) {
  MergeOutcome outcome;
  const bool is_custom = UsesCustomBuckets(histogram);
  outcome.is_compatible = is_custom == UsesCustomBuckets(other);
  if (!outcome.is_compatible) return outcome;
  histogram.counter_reset_hint = MergeHints(histogram.counter_reset_hint, other.counter_reset_hint,
                                            outcome.has_hint_collision);
  if (!is_custom) histogram.zero_count += sign * ReconcileZeroBuckets(histogram, other);
  histogram.count += sign * other.count;
  histogram.sum += sign * other.sum;
  if (is_custom) {
    AddCustomBuckets(histogram, other, sign, outcome);
    return outcome;
  }
  ReduceResolution(histogram, std::min(histogram.schema, other.schema));
  const int32_t coarser = other.schema - histogram.schema;
  AddSide(histogram, histogram.positive_spans, histogram.positive_buckets,
          ListCounts(other.positive_spans, other.positive_buckets), coarser, sign);
  AddSide(histogram, histogram.negative_spans, histogram.negative_buckets,
          ListCounts(other.negative_spans, other.negative_buckets), coarser, sign);
  return outcome;
}

template <typename Change>
void ChangeCounts(FloatHistogram& histogram, Change change) {
  change(histogram.zero_count);
  change(histogram.count);
  change(histogram.sum);
  for (double& count : histogram.positive_buckets) change(count);
  for (double& count : histogram.negative_buckets) change(count);
}

void CompactSide(std::vector<HistogramSpan>& spans, std::vector<double>& counts) {
  IndexedCounts list = ListCounts(spans, counts);
  std::erase_if(list, [](const IndexedCount& at) { return at.count == 0; });
  StoreCounts(list, spans, counts);
}

}  // namespace

MergeOutcome Add(FloatHistogram& histogram, const FloatHistogram& other) {
  return Merge(histogram, other, 1);
}

MergeOutcome Subtract(FloatHistogram& histogram, const FloatHistogram& other) {
  return Merge(histogram, other, -1);
}

void Multiply(FloatHistogram& histogram, double factor) {
  ChangeCounts(histogram, [factor](double& count) { count *= factor; });
  if (factor < 0) histogram.counter_reset_hint = CounterResetHint::kGauge;
}

void Divide(FloatHistogram& histogram, double divisor) {
  ChangeCounts(histogram, [divisor](double& count) { count /= divisor; });
  if (divisor < 0) histogram.counter_reset_hint = CounterResetHint::kGauge;
  if (divisor != 0) return;
  histogram.positive_spans.clear();
  histogram.positive_buckets.clear();
  histogram.negative_spans.clear();
  histogram.negative_buckets.clear();
}

void Compact(FloatHistogram& histogram) {
  CompactSide(histogram.positive_spans, histogram.positive_buckets);
  CompactSide(histogram.negative_spans, histogram.negative_buckets);
}

void ReduceResolution(FloatHistogram& histogram, int32_t schema) {
  const int32_t coarser = histogram.schema - schema;
  if (coarser == 0) return;
  const auto reduce = [&](std::vector<HistogramSpan>& spans, std::vector<double>& counts) {
    const auto new_index = [&](int32_t index) { return CoarserIndex(index, coarser); };
    StoreCounts(Reindexed(ListCounts(spans, counts), new_index), spans, counts);
  };
  reduce(histogram.positive_spans, histogram.positive_buckets);
  reduce(histogram.negative_spans, histogram.negative_buckets);
  histogram.schema = schema;
}

double ReconcileZeroBuckets(FloatHistogram& histogram, const FloatHistogram& other) {
  ZeroBucketSize theirs{other.zero_count, other.zero_threshold};
  while (theirs.threshold != histogram.zero_threshold) {
    if (histogram.zero_threshold > theirs.threshold) {
      theirs = WidenedZeroBucket(other, histogram.zero_threshold);
    }
    if (theirs.threshold > histogram.zero_threshold) {
      const ZeroBucketSize ours = WidenedZeroBucket(histogram, theirs.threshold);
      histogram.zero_count = ours.count;
      histogram.zero_threshold = ours.threshold;
      DropSwallowedBuckets(histogram);
    }
  }
  return theirs.count;
}

CounterResetHint MergeHints(CounterResetHint a, CounterResetHint b, bool& collides) {
  collides = false;
  if (a == b) return a;
  if (a == CounterResetHint::kGauge || b == CounterResetHint::kGauge) {
    return CounterResetHint::kGauge;
  }
  collides = a != CounterResetHint::kUnknown && b != CounterResetHint::kUnknown;
  return CounterResetHint::kUnknown;
}

std::vector<double> SharedBounds(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> shared;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(shared));
  return shared;
}

int32_t IndexAmongBounds(int32_t index, const std::vector<double>& bounds,
                         const std::vector<double>& target) {
  if (static_cast<size_t>(index) >= bounds.size()) return static_cast<int32_t>(target.size());
  const auto at =
      std::lower_bound(target.begin(), target.end(), bounds[static_cast<size_t>(index)]);
  return static_cast<int32_t>(at - target.begin());
}

bool HasOverflow(const FloatHistogram& histogram) {
  const auto is_infinite = [](double count) { return std::isinf(count); };
  return is_infinite(histogram.zero_count) || is_infinite(histogram.count) ||
         is_infinite(histogram.sum) ||
         std::any_of(histogram.positive_buckets.begin(), histogram.positive_buckets.end(),
                     is_infinite) ||
         std::any_of(histogram.negative_buckets.begin(), histogram.negative_buckets.end(),
                     is_infinite);
}

}  // namespace tocsin
